"""What the emulator lacks for pipelines and their policies, added to its tables.

Resource types it does not know are kept as they were resolved, in the SSM parameter
/cn-testkit/STACK/LOGICAL_ID, from where tests read them:
  AWS::CodePipeline::Pipeline, AWS::CodeBuild::ReportGroup, AWS::IAM::OIDCProvider

Authorization, each as AWS does it:
- `${aws:username}` in a resource stands for the user's name.
- GetParameters is checked on the parameter's ARN (here on that of the first).
- Operations on a change set that is named by its ARN alone are checked on its stack.
- `cloudformation:RoleArn`, `cloudformation:ChangeSetName` and `kms:SigningAlgorithm` are condition keys.
- A role that trusts a service can be assumed by that service; the account's root plays it.
- Requests on loopback count as TLS, which the tests have none of.

Events of resources carry `ResourceProperties`, the resolved properties as JSON.
"""

import contextvars
import json
import re
from dataclasses import replace

KEPT_TYPES = {
    "AWS::CodePipeline::Pipeline": "arn:{partition}:codepipeline:{region}:{account}:{name}",
    "AWS::CodeBuild::ReportGroup": "arn:{partition}:codebuild:{region}:{account}:report-group/{name}",
    "AWS::IAM::OIDCProvider": "arn:{partition}:iam::{account}:oidc-provider/{name}",
}

request_keys = contextvars.ContextVar("request_keys", default={})


def keep_types(partition):
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import ssm
    from ministack.services.cloudformation import provisioners

    def name_of(logical_id, props):
        url = props.get("Url", "")
        return url.removeprefix("https://") or props.get("Name") or logical_id

    def create_with(pattern):
        def create(logical_id, props, stack):
            name = name_of(logical_id, props)
            arn = pattern.format(partition=partition, region=get_region(), account=get_account_id(), name=name)
            kept = {"Name": f"/cn-testkit/{stack}/{logical_id}", "Type": "String", "Overwrite": True}
            ssm._put_parameter({**kept, "Value": json.dumps(props)})
            # `Ref` of a pipeline is its name, of the others their ARN.
            return name if ":codepipeline:" in pattern else arn, {"Arn": arn}

        return {"create": create, "delete": lambda physical_id, props: None}

    for kind, pattern in KEPT_TYPES.items():
        provisioners._RESOURCE_HANDLERS[kind] = create_with(pattern)


def correct_authorization(partition):
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import cloudformation

    first_match = iam_evaluator._first_match
    condition_key = iam_evaluator._resolve_condition_key
    resource_arn = iam_actions.extract_resource_arn
    trust_matches = iam_evaluator._trust_principal_matches

    def first_match_of_user(ctx, statements, effect):
        if ":user/" in ctx.principal_arn:
            name = ctx.principal_arn.rsplit("/", 1)[1]
            written = [
                replace(s, resources=[r.replace("${aws:username}", name) for r in s.resources]) for s in statements
            ]
            # Callers compare what they get, so they get the statement as it was.
            found = first_match(ctx, written, effect)
            return found and statements[written.index(found)]
        return first_match(ctx, statements, effect)

    def value(query, name):
        found = query.get(name, "")
        return found[0] if isinstance(found, list) else found

    def resource_arn_of(service, method, path, headers, body, query, region, account):
        found = resource_arn(service, method, path, headers, body, query, region, account)
        keys = {}
        if service == "cloudformation":
            keys["cloudformation:rolearn"] = value(query, "RoleARN")
            keys["cloudformation:changesetname"] = value(query, "ChangeSetName")
            change_set = cloudformation._change_sets.get(value(query, "ChangeSetName"))
            if found == "*" and change_set:
                found = change_set["StackId"]
        elif service in ("kms", "ssm"):
            sent = json.loads(body) if body else {}
            if service == "kms":
                keys["kms:signingalgorithm"] = sent.get("SigningAlgorithm")
            elif found == "*" and sent.get("Names"):
                found = f"arn:{partition}:ssm:{region}:{account}:parameter/{sent['Names'][0].lstrip('/')}"
        request_keys.set({name: text for name, text in keys.items() if text})
        return found

    def condition_key_of(key, ctx):
        if key.lower() == "aws:securetransport":
            return "true"
        if key.lower() in request_keys.get():
            return request_keys.get()[key.lower()]
        return condition_key(key, ctx)

    def trust_matches_service(principal, caller_arn, federated):
        is_service = isinstance(principal, dict) and "Service" in principal
        if is_service and not federated and caller_arn.endswith(":root"):
            return True
        return trust_matches(principal, caller_arn, federated)

    iam_evaluator._first_match = first_match_of_user
    iam_evaluator._resolve_condition_key = condition_key_of
    iam_evaluator._trust_principal_matches = trust_matches_service
    iam_actions.extract_resource_arn = resource_arn_of


def tell_properties():
    from xml.sax.saxutils import escape
    from ministack.services import cloudformation
    from ministack.services.cloudformation import handlers, stacks

    add_event = stacks._add_event
    describe = handlers._describe_stack_events

    def add_event_and_properties(stack_id, stack_name, logical_id, resource_type, status, *rest, **more):
        add_event(stack_id, stack_name, logical_id, resource_type, status, *rest, **more)
        if logical_id != stack_name or status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return
        # The resources are known once the operation is over; its events get them then.
        resources = (cloudformation._stacks.get(stack_name) or {}).get("_resources", {})
        for event in reversed(cloudformation._stack_events[stack_id][:-1]):
            if event["LogicalResourceId"] == stack_name:
                break
            found = resources.get(event["LogicalResourceId"])
            if found and event["ResourceStatus"].startswith(("CREATE", "UPDATE")):
                event["ResourceProperties"] = json.dumps(found.get("Properties", {}), default=str)

    def describe_with_properties(params):
        status, headers, body = describe(params)
        told = {}
        for events in cloudformation._stack_events.values():
            told.update({e["EventId"]: e["ResourceProperties"] for e in events if "ResourceProperties" in e})

        def add(match):
            text = told.get(match[1])
            return match[0] + (f"<ResourceProperties>{escape(text)}</ResourceProperties>" if text else "")

        return status, headers, re.sub("<EventId>(.*?)</EventId>", add, body.decode()).encode()

    stacks._add_event = add_event_and_properties
    handlers._ACTION_HANDLERS["DescribeStackEvents"] = describe_with_properties


def apply(partition):
    keep_types(partition)
    correct_authorization(partition)
    tell_properties()
