#!/usr/bin/env python3
"""Writes the generated tables of crates/cn-template/src/china/data.

    python3 generate.py OUTDIR

`cargo xtask china-data` runs it twice, in two environments with packages from PyPI:

    requirements.txt          cfn-lint: resource types and instance classes per region
                              aws-sam-translator: AWS managed policies per partition
    requirements-schema.txt   the last cfn-lint that kept a schema per region: properties and values

What is installed decides which tables are written. The first line of each names its source, whose
row in sources.tsv gets the version and the date; rows are sorted and tab-separated, so a new version
of a source shows as a readable difference. The other tables are kept by hand.
"""
import datetime
import importlib
import importlib.metadata
import json
import pathlib
import re
import sys

REGIONS = {"u": "us-east-1", "n": "cn-north-1", "w": "cn-northwest-1"}
LEGEND = "u = us-east-1, n = cn-north-1, w = cn-northwest-1"


def write(path, source, columns, rows):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        print(f"# source: {source}", file=out)
        print(f"# {columns}", file=out)
        for row in sorted(set(rows)):
            print(*row, sep="\t", file=out)
    print(f"{path.name}: {len(set(rows))} rows")


def schemas():
    import cfnlint.data.schemas

    return pathlib.Path(cfnlint.data.schemas.__path__[0])


def provider(letter):
    """Resource types of a region, each with the name of its schema."""
    file = schemas() / "providers" / f"{REGIONS[letter]}.json"
    if file.exists():
        types = json.loads(file.read_text())
    else:
        module = REGIONS[letter].replace("-", "_")
        types = importlib.import_module(f"cfnlint.data.schemas.providers.{module}").types
    return {name: digest for name, digest in types.items() if "::" in name}


def flatten(schema):
    """What a schema accepts: (kind, path) for properties, enum values and required properties."""
    found, seen = set(), set()
    strip = lambda path: re.sub(r"<[^>]*>", "", path)

    def walk(node, path, depth=0):
        if not isinstance(node, dict) or depth > 40:
            return
        ref = node.get("$ref")
        if ref:
            name = ref.split("/")[-1]
            if not ref.startswith("#/definitions/") or f"<{name}>" in path or (name, path) in seen:
                return
            seen.add((name, path))
            return walk(schema.get("definitions", {}).get(name, {}), f"{path}<{name}>", depth + 1)
        for key, value in (node.get("properties") or {}).items():
            found.add(("property", strip(f"{path}/{key}")))
            walk(value, f"{path}/{key}", depth + 1)
        for value in node.get("enum") or []:
            found.add(("enum", f"{strip(path)}={value}"))
        if isinstance(node.get("items"), dict):
            walk(node["items"], path, depth + 1)
        for key in ("anyOf", "oneOf", "allOf"):
            for part in node.get(key) or []:
                walk(part, path, depth + 1)
        for part in (node.get("patternProperties") or {}).values():
            walk(part, f"{path}/*", depth + 1)
        if isinstance(node.get("required"), list):
            found.update(("required", strip(f"{path}/{name}")) for name in node["required"])

    walk(schema, "")
    read_only = {path.removeprefix("/properties") for path in schema.get("readOnlyProperties") or []}
    return {(kind, path) for kind, path in found if kind != "property" or path not in read_only}


def types(out, source):
    known = {letter: provider(letter) for letter in REGIONS}
    every = set().union(*known.values())
    write(
        out / "types.tsv",
        source,
        f"resource type, regions whose registry has it: {LEGEND}",
        [(name, "".join(letter for letter in REGIONS if name in known[letter])) for name in every],
    )


def properties(out, source):
    folder = schemas() / "resources"
    known = {letter: provider(letter) for letter in REGIONS}
    cache = {}

    def accepted(digest):
        if digest not in cache:
            cache[digest] = flatten(json.loads((folder / f"{digest}.json").read_text()))
        return cache[digest]

    rows = []
    for name in known["u"]:
        missing = {}
        for letter in "nw":
            digest = known[letter].get(name)
            if digest is None or digest == known["u"][name]:
                continue
            there, here = accepted(known["u"][name]), accepted(digest)
            paths = {path for kind, path in here if kind == "property"}
            for kind, path in there - here:
                # An enum that is not checked at all over there forbids nothing.
                if kind == "enum" and not any(k == "enum" and p.split("=")[0] == path.split("=")[0] for k, p in here):
                    continue
                if kind == "property" and path.rpartition("/")[0] not in paths | {""}:
                    continue  # its parent is missing already
                if kind in ("property", "enum"):
                    missing.setdefault((kind, path), []).append(letter)
            for kind, path in here - there:
                if kind == "required":
                    missing.setdefault(("required", path), []).append(letter)
        for (kind, path), letters in missing.items():
            if not any(character in path for character in "\t\n"):
                rows.append((name, kind, path, "".join(letters)))
    write(
        out / "schema.tsv",
        source,
        f"resource type, what is missing (property, enum) or demanded (required) there and not in us-east-1, path, where: {LEGEND}",
        rows,
    )


def policies(out, source):
    from samtranslator.internal.managed_policies import _BUNDLED_MANAGED_POLICIES as bundled

    rows = {}
    for letter, partition in (("a", "aws"), ("c", "aws-cn")):
        for arn in bundled[partition].values():
            rows.setdefault(arn.split(":policy/", 1)[1], []).append(letter)
    write(
        out / "policies.tsv",
        source,
        "path of an AWS managed policy, partitions that have it: a = aws, c = aws-cn",
        [(path, "".join(letters)) for path, letters in rows.items()],
    )


def instance_classes(out, source):
    base = schemas() / "extensions"
    rows = {}
    for folder, kind in (
        ("aws_rds_dbinstance", "AWS::RDS::DBInstance/DBInstanceClass"),
        ("aws_rds_dbcluster", "AWS::RDS::DBCluster/DBClusterInstanceClass"),
        ("aws_dax_cluster", "AWS::DAX::Cluster/NodeType"),
    ):
        for path in sorted((base / folder).glob("*enum.json")):
            data = json.loads(path.read_text())
            for letter, region in REGIONS.items():
                for value in by_region(data, region):
                    rows.setdefault((kind, value), set()).add(letter)
    write(
        out / "classes.tsv",
        source,
        f"resource type and property, instance class, regions that offer it: {LEGEND}",
        [(kind, value, "".join(l for l in REGIONS if l in letters)) for (kind, value), letters in rows.items()],
    )


def by_region(data, region):
    if region in data:
        return set(walk_enums(data[region]))
    return set()


def walk_enums(node):
    if isinstance(node, dict):
        yield from (value for value in node.get("enum") or [] if isinstance(value, str) and "." in value)
        for value in node.values():
            yield from walk_enums(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk_enums(value)


def look(out, source, title, url, seen):
    """Records a source in sources.tsv: what was looked at, and when."""
    path = out / "sources.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    rows = {line.split("\t", 1)[0]: line for line in lines if not line.startswith("#")}
    rows[source] = "\t".join((source, title, url, seen))
    body = [rows[name] for name in sorted(rows)]
    path.write_text("\n".join(head + body) + "\n", encoding="utf-8", newline="\n")


def main():
    out = pathlib.Path(sys.argv[1])
    today = datetime.date.today().isoformat()
    lint = importlib.metadata.version("cfn-lint")
    url = f"https://github.com/aws-cloudformation/cfn-lint/tree/v{lint}"
    version = schemas() / "version.json"
    if not version.exists():
        properties(out, "cfn-lint-schema")
        look(out, "cfn-lint-schema", f"cfn-lint {lint}: the last release with a schema per region", url, today)
        return
    date = json.loads(version.read_text())["schema_date"][:10]
    types(out, "cfn-lint-types")
    instance_classes(out, "cfn-lint-types")
    look(out, "cfn-lint-types", f"cfn-lint {lint}: resource types and instance classes per region", url, date)
    sam = importlib.metadata.version("aws-sam-translator")
    policies(out, "sam-policies")
    url = f"https://github.com/aws/serverless-application-model/tree/v{sam}"
    look(out, "sam-policies", f"aws-sam-translator {sam}: managed policies per partition", url, today)


if __name__ == "__main__":
    main()
