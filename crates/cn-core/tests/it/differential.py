"""Packages templates with the AWS CLI's own code, without S3, and compares.

Reads folders, one a line: `template` names the template, `ours` is what we made
of it. Both are loaded with the AWS CLI's loader. Prints one JSON line per folder.
"""
import hashlib, json, os, re, sys

from awscli.customizations.cloudformation import artifact_exporter, yamlhelper

LOCATION = re.compile(r"(s3://bkt/|https://s3\.cn-north-1\.amazonaws\.com\.cn/bkt/)p/[0-9a-f]+(\.[\w.-]+)?")
# Handled by SAM and by us, left as they are by the AWS CLI.
OURS_ALONE = {"DefinitionUri", "BodyS3Location", "CodeS3Location", "TemplateURL", "ModulePackage", "SchemaHandlerPackage", "SchemaUri", "CodeUri"}


class Uploader:
    artifact_metadata = None

    def upload_with_dedup(self, file_name, extension=None):
        with open(file_name, "rb") as file:
            digest = hashlib.md5(file.read()).hexdigest()
        return "s3://bkt/p/" + digest + ("." + extension if extension else "")

    def to_path_style_s3_url(self, key, version=None):
        return "https://s3.cn-north-1.amazonaws.com.cn/bkt/" + key


def plain(node):
    """The node with every location of ours as the same word."""
    if isinstance(node, dict):
        bucket = {"S3Bucket": "S3Key", "Bucket": "Key"}
        for name, key in bucket.items():
            if node.get(name) == "bkt" and key in node:
                return "LOCATION"
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(item) for item in node]
    if isinstance(node, str) and LOCATION.fullmatch(node):
        return "LOCATION"
    return node


def differences(ours, theirs, path=()):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            here = path + (str(key),)
            if key not in ours:
                # Cases 16 and 18: code that is elsewhere is not packaged again.
                has_code = "InlineCode" in ours or "ImageUri" in ours or ours.get("PackageType") == "Image"
                if key in ("CodeUri", "Code") and has_code or key == "CodeUri" and theirs[key] == "LOCATION" and Globals.code:
                    continue
                yield here, "absent", theirs[key]
            elif key not in theirs:
                yield here, ours[key], "absent"
            else:
                yield from differences(ours[key], theirs[key], here)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (one, other) in enumerate(zip(ours, theirs)):
            yield from differences(one, other, path + (str(at),))
    elif ours != theirs:
        if ours == "LOCATION" and isinstance(theirs, str) and (path[-1] in OURS_ALONE or "Fn::If" in path or path[0] in ("Globals", "Transform")):
            return
        yield path, ours, theirs


class Globals:
    code = False


for line in sys.stdin:
    folder = line.rstrip("\n")
    with open(os.path.join(folder, "template"), encoding="utf-8") as file:
        name = file.read()
    with open(os.path.join(folder, "ours"), encoding="utf-8") as file:
        ours = yamlhelper.yaml_parse(file.read())
    said = {"folder": folder, "error": None, "differences": []}
    try:
        theirs = artifact_exporter.Template(name, folder, Uploader()).export()
        theirs = yamlhelper.yaml_parse(yamlhelper.yaml_dump(theirs))
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            again = yamlhelper.yaml_parse(yamlhelper.yaml_dump(yamlhelper.yaml_parse(file.read())))
        # Ours goes through the same mill: what the AWS CLI breaks by writing anew is not the subject.
        ours = yamlhelper.yaml_parse(yamlhelper.yaml_dump(ours))
        Globals.code = "CodeUri" in ((again.get("Globals") or {}).get("Function") or {})
        found = differences(plain(ours), plain(theirs))
        said["differences"] = [["/".join(path), str(one)[:200], str(other)[:200]] for path, one, other in found]
    except Exception as error:
        said["error"] = repr(error)[:300]
    print(json.dumps(said))
