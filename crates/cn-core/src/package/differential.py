"""Packages templates with the AWS CLI's own code, without S3, and compares.

Reads folders, one a line. In each, PROJECT holds the template that `name`
names; `ours` is what we made of it, unless we refused it, and `objects` what we
would upload. Both
results are loaded with the AWS CLI's loader, and each location is compared by
what lies there: a zip by names, contents and execute bits, a template as a
template, anything else by its bytes. Prints one JSON line per folder.
"""
import hashlib, json, os, re, sys, zipfile

from awscli.customizations.cloudformation import artifact_exporter, yamlhelper

PROJECT = "outer/above/further/project"
LOCATION = re.compile(r"(?:s3://bkt/|https://s3\.cn-north-1\.amazonaws\.com\.cn/bkt/)(p/[0-9a-f]+(?:\.[\w.-]+)?)")

# What we package and the AWS CLI does not, by resource type and first property:
# SAM does (its table), or users asked for it.
OURS_ALONE = {
    ("AWS::Serverless::HttpApi", "DefinitionUri"),
    ("AWS::Serverless::GraphQLApi", "SchemaUri"),
    ("AWS::Serverless::GraphQLApi", "Functions"),
    ("AWS::Serverless::GraphQLApi", "Resolvers"),
    ("AWS::ApiGatewayV2::Api", "BodyS3Location"),
    ("AWS::AppSync::Resolver", "CodeS3Location"),
    ("AWS::AppSync::FunctionConfiguration", "CodeS3Location"),
    ("AWS::CloudFormation::StackSet", "TemplateURL"),
    ("AWS::CloudFormation::ModuleVersion", "ModulePackage"),
    ("AWS::CloudFormation::ResourceVersion", "SchemaHandlerPackage"),
    ("AWS::Glue::Job", "DefaultArguments"),
}


class Object:
    """What lies at a location."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.is_zip = zipfile.is_zipfile(path)
        self.files = {}
        if self.is_zip:
            with zipfile.ZipFile(path) as archive:
                for entry in archive.infolist():
                    mode = entry.external_attr >> 16
                    digest = hashlib.sha256(archive.read(entry)).hexdigest()
                    self.files[entry.filename] = (digest, bool(mode & 0o111), mode & 0o170000)


class Uploader:
    artifact_metadata = None

    def __init__(self):
        self.objects = {}

    def upload_with_dedup(self, file_name, extension=None):
        with open(file_name, "rb") as file:
            digest = hashlib.md5(file.read()).hexdigest()
        key = "p/" + digest + ("." + extension if extension else "")
        self.objects[key] = Object(file_name)
        return "s3://bkt/" + key

    def to_path_style_s3_url(self, key, version=None):
        return "https://s3.cn-north-1.amazonaws.com.cn/bkt/" + key


def located(node, objects):
    """The node with every location as the object that lies there."""
    if isinstance(node, dict):
        for bucket, key in {"S3Bucket": "S3Key", "Bucket": "Key"}.items():
            if node.get(bucket) == "bkt" and len(node) == 2 and key in node:
                return (key, objects[node[key]])
        return {key: located(value, objects) for key, value in node.items()}
    if isinstance(node, list):
        return [located(item, objects) for item in node]
    found = LOCATION.fullmatch(node) if isinstance(node, str) else None
    if found:
        form = node[: node.index("bkt")]
        return (form, objects[found.group(1)])
    return node


class Comparison:
    def __init__(self, source):
        self.source = source
        self.ours, self.theirs = {}, {}
        self.tolerated, self.objects = [], 0

    def tolerate(self, path, ours, theirs):
        """The name of the documented difference that this is, if it is one.

        * `ours`, `theirs`: a pair where there is an object, "absent" where there is nothing.
        """
        is_ours, is_theirs = isinstance(ours, tuple), isinstance(theirs, tuple)
        if path[0] == "Resources" and len(path) > 3 and path[2] == "Properties":
            resource = self.source["Resources"][path[1]]
            kind, properties = resource["Type"], resource["Properties"]
            name = path[3]
            if len(path) == 4 and ours == "absent" and is_theirs and name not in properties:
                function = (self.source.get("Globals") or {}).get("Function") or {}
                is_image = lambda node: node.get("PackageType") == "Image"
                is_function = kind in ("AWS::Serverless::Function", "AWS::Lambda::Function")
                if is_function and ("InlineCode" in properties or "ImageUri" in properties or is_image(properties)):
                    return "case 16: code that is elsewhere"
                if kind == "AWS::Serverless::Function" and ("CodeUri" in function or is_image(function)):
                    return "case 18: code of all functions"
            if path[3:] == ("Command", "ScriptLocation") and ours == "absent" and "Fn::If" in properties["Command"]:
                return "case 13: a Glue command that depends"
            was_left = isinstance(theirs, str) and theirs != "absent"
            if was_left and is_ours and (kind, name) in OURS_ALONE:
                return "a property that SAM packages"
            if was_left and kind == "AWS::Glue::Job" and name == "DefaultArguments" and LOCATION.search(str(ours)):
                return "a property that SAM packages"
            if was_left and is_ours and path[4:5] == ("Fn::If",):
                return "both branches of a condition"
        was_left = isinstance(theirs, str) and is_ours
        if path == ("Globals", "Function", "CodeUri") and was_left:
            return "case 18: code of all functions"
        is_section = path[0] == "Transform" and path[-2:] == ("Parameters", "Location")
        if is_section and was_left:
            return "case 39: the section that includes"
        return None

    def values(self, ours, theirs, path=()):
        if isinstance(ours, dict) and isinstance(theirs, dict):
            for key in {**ours, **theirs}:
                yield from self.values(ours.get(key, "absent"), theirs.get(key, "absent"), path + (str(key),))
        elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
            for at, (one, other) in enumerate(zip(ours, theirs)):
                yield from self.values(one, other, path + (str(at),))
        elif isinstance(ours, tuple) and isinstance(theirs, tuple) and ours[0] == theirs[0]:
            yield from self.contents(ours[1], theirs[1], path)
        elif isinstance(ours, tuple) or isinstance(theirs, tuple) or ours != theirs:
            name = self.tolerate(path, ours, theirs) if path else None
            if name:
                self.tolerated.append(name)
            else:
                yield path, ours, theirs

    def contents(self, ours, theirs, path):
        self.objects += 1
        if ours.is_zip and theirs.is_zip:
            if ours.files != theirs.files:
                yield path, ours.files, theirs.files
        elif path[-1] in ("TemplateURL", "Location") and "Parameters" not in path:
            # A nested template: the AWS CLI writes it anew, and its source is the same for both.
            nested = Comparison(yamlhelper.yaml_parse(ours.bytes.decode()))
            one, other = (loaded(object.bytes.decode()) for object in (ours, theirs))
            yield from nested.values(located(one, self.ours), located(other, self.theirs))
            self.objects += nested.objects
            self.tolerated += nested.tolerated
        elif ours.bytes != theirs.bytes:
            yield path, ours.bytes, theirs.bytes


def loaded(text):
    # Ours goes through the same mill: what the AWS CLI breaks by writing anew is not the subject.
    return yamlhelper.yaml_parse(yamlhelper.yaml_dump(yamlhelper.yaml_parse(text)))


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


for line in sys.stdin:
    folder = line.rstrip("\n")
    project, name = os.path.join(folder, PROJECT), read(folder, "name")
    # Case 23: the AWS CLI looks for files of code in the working folder.
    os.chdir(project)
    said = {"folder": folder, "error": None, "differences": [], "tolerated": [], "objects": 0}
    try:
        uploader = Uploader()
        source = loaded(read(project, name))
        theirs = artifact_exporter.Template(name, project, uploader).export()
        if not os.path.exists(os.path.join(folder, "ours")):
            print(json.dumps(said))
            continue
        comparison = Comparison(source)
        comparison.theirs = uploader.objects
        for key in os.listdir(os.path.join(folder, "objects")):
            comparison.ours["p/" + key] = Object(os.path.join(folder, "objects", key))
        ours = located(loaded(read(folder, "ours")), comparison.ours)
        theirs = located(loaded(yamlhelper.yaml_dump(theirs)), comparison.theirs)
        found = [["/".join(path), str(one)[:300], str(other)[:300]] for path, one, other in comparison.values(ours, theirs)]
        said.update(differences=found, tolerated=comparison.tolerated, objects=comparison.objects)
    except Exception as error:
        said["error"] = repr(error)[:300]
    print(json.dumps(said))
