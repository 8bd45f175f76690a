use fs_err as fs;

use super::super::read::read;
use super::super::request::Symlinks;
use super::*;

/// A folder of files to package.
struct Project {
    _scratch: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(scratch.path().canonicalize().unwrap()).unwrap();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self {
            _scratch: scratch,
            root,
        }
    }

    fn plan(&self) -> Planned<Plan> {
        self.plan_for("cn-north-1")
    }

    fn plan_for(&self, region: &str) -> Planned<Plan> {
        plan_of(&self.request(), region)
    }

    fn request(&self) -> Request {
        Request {
            template: Some(self.root.join("template.yaml")),
            outputs: vec![self.root.join("out.yaml")],
            prefix: "p".parse().unwrap(),
            ..Request::new("/elsewhere".into())
        }
    }
}

fn plan_of(request: &Request, region: &str) -> Planned<Plan> {
    let destination = Destination {
        region: region.parse().unwrap(),
        bucket: "bkt".parse().unwrap(),
    };
    plan(request, &destination, &read(request).unwrap())
}

fn codes(planned: &Planned<Plan>) -> Vec<&'static str> {
    planned
        .findings()
        .iter()
        .map(|finding| finding.code.id)
        .collect()
}

const FUNCTION: &str = "Resources:\r\n  # 函数\r\n  F:\r\n    Type: AWS::Lambda::Function\r\n    Properties:\r\n      Role: !Sub arn:aws:iam::${AWS::AccountId}:role/r\r\n      Code: src   # 代码\r\n";

#[test]
fn only_what_had_to_change_changes() {
    let project = Project::new(&[("template.yaml", FUNCTION), ("src/a.py", "x")]);
    let planned = project.plan();
    assert_eq!(codes(&planned), [""; 0]);
    let key = planned.unchecked().uploads[0].key.as_str();
    let location = format!("Code: {{\"S3Bucket\": \"bkt\", \"S3Key\": \"{key}\"}}   #");
    let expected = FUNCTION
        .replace("arn:aws:", "arn:aws-cn:")
        .replace("Code: src   #", &location);
    assert_eq!(planned.unchecked().packaged, expected);
    let rewrite = &planned.unchecked().rewrites[0];
    assert_eq!(
        (rewrite.line, rewrite.before.contains("arn:aws:")),
        (6, true)
    );
}

#[test]
fn packaging_for_the_templates_own_partition_rewrites_nothing() {
    let project = Project::new(&[("template.yaml", FUNCTION), ("src/a.py", "x")]);
    assert!(
        project
            .plan_for("us-east-1")
            .unchecked()
            .packaged
            .contains("arn:aws:iam")
    );
    assert_eq!(project.plan_for("us-east-1").unchecked().rewrites, []);
}

#[test]
fn one_file_of_code_becomes_an_archive_of_its_base_name() {
    let template = FUNCTION.replace("src  ", "lib/a.py");
    let project = Project::new(&[("template.yaml", &template), ("lib/a.py", "x")]);
    let planned = project.plan();
    let Body::Archive(files) = &planned.unchecked().uploads[0].body else {
        panic!("not an archive")
    };
    assert_eq!(
        files
            .iter()
            .map(|file| file.name.as_str())
            .collect::<Vec<_>>(),
        ["a.py"]
    );
}

#[test]
fn one_folder_of_two_functions_is_one_upload() {
    let twice = FUNCTION.replace("Resources:\r\n", "").replace("F:", "G:");
    let project = Project::new(&[
        ("template.yaml", &format!("{FUNCTION}{twice}")),
        ("src/a.py", "x"),
    ]);
    let planned = project.plan();
    assert_eq!(planned.unchecked().uploads.len(), 1);
    assert_eq!(
        planned.unchecked().uploads[0].needed_by,
        ["F.Code", "G.Code"]
    );
}

#[test]
fn the_packaged_template_never_packages_itself() {
    let template = FUNCTION.replace("src  ", ".    ");
    let project = Project::new(&[("template.yaml", &template), ("a.py", "x")]);
    let before = project.plan();
    fs::write(project.root.join("out.yaml"), "packaged").unwrap();
    fs::write(project.root.join("out.yaml.manifest.json"), "{}").unwrap();
    let after = project.plan();
    assert_eq!(before.unchecked().uploads, after.unchecked().uploads);
    assert_eq!(after.unchecked().left_out.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_result_in_the_folder_is_known_by_any_name_and_never_replaces_a_source() {
    use std::os::unix::fs::symlink;
    let files = [
        ("template.yaml", FUNCTION),
        ("src/a.py", "x"),
        ("src/.cnignore", ""),
        ("src/data.json", "{\"a\": 1}"),
        ("src/.cn-tools-AbCdEf.tmp", "left by a run that was killed"),
    ];
    let project = Project::new(&files);
    symlink("src", project.root.join("build")).unwrap();
    symlink("../template.yaml", project.root.join("src/link.yaml")).unwrap();
    let with = |output: &str| Request {
        outputs: vec![project.root.join(output)],
        ..project.request()
    };
    let before = plan_of(&with("build/packaged.yaml"), "cn-north-1");
    let packaged = &before.unchecked().packaged;
    fs::write(project.root.join("src/packaged.yaml"), packaged).unwrap();
    let after = plan_of(&with("build/packaged.yaml"), "cn-north-1");
    assert_eq!(before.unchecked().uploads, after.unchecked().uploads);
    let sources = [
        "src/a.py",
        "build/a.py",
        "build/.cnignore",
        "src/data.json",
        "template.yaml",
        "src/../template.yaml",
        "build/link.yaml",
    ];
    for source in sources {
        let refused = read(&with(source)).unwrap_err();
        assert!(
            matches!(refused, super::super::ReadError::Output(_)),
            "{source}: {refused}"
        );
    }
}

#[test]
fn nested_templates_are_packaged_inside_out() {
    let stack = |url: &str| {
        format!(
            "Resources: {{S: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}}}"
        )
    };
    let project = Project::new(&[
        ("template.yaml", &stack("a/child.yaml")),
        ("a/child.yaml", &stack("../b/leaf.yaml")),
        ("b/leaf.yaml", FUNCTION),
        ("b/src/a.py", "x"),
    ]);
    let planned = project.plan();
    assert_eq!(codes(&planned), [""; 0]);
    let sources: Vec<_> = planned
        .unchecked()
        .uploads
        .iter()
        .map(|upload| upload.source.strip_prefix(&project.root).unwrap().as_str())
        .collect();
    assert_eq!(sources, ["b/src", "b/leaf.yaml", "a/child.yaml"]);
    let Body::Text(child) = &planned.unchecked().uploads[2].body else {
        panic!("not a text")
    };
    let leaf = planned.unchecked().uploads[1].key.as_str();
    assert!(
        child.contains(&format!(
            "https://s3.cn-north-1.amazonaws.com.cn/bkt/{leaf}"
        )),
        "{child}"
    );
    assert!(
        planned
            .unchecked()
            .packaged
            .contains(planned.unchecked().uploads[2].key.as_str())
    );
}

#[test]
fn a_state_machines_definition_is_rewritten_and_its_key_follows_the_target() {
    let template = "Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.asl.json}}}";
    let machine = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}"#;
    let project = Project::new(&[("template.yaml", template), ("m.asl.json", machine)]);
    let china = project.plan();
    let Body::Text(text) = &china.unchecked().uploads[0].body else {
        panic!("not a text")
    };
    assert_eq!(*text, machine.replace("arn:aws:", "arn:aws-cn:"));
    assert_ne!(
        china.unchecked().uploads[0].key,
        project.plan_for("us-east-1").unchecked().uploads[0].key
    );
}

#[test]
fn content_in_the_place_of_a_path_is_shown_short_with_the_property_that_takes_it() {
    for (kind, property, content, inline) in [
        (
            "AWS::Lambda::Function",
            "Code",
            "def f(a, b):\\n  return 1\\n",
            "`Code.ZipFile`",
        ),
        (
            "AWS::Serverless::Function",
            "CodeUri",
            "exports.f = () => 1;",
            "`InlineCode`",
        ),
        (
            "AWS::Serverless::Api",
            "DefinitionUri",
            "{openapi: 3}",
            "`DefinitionBody`",
        ),
        (
            "AWS::StepFunctions::StateMachine",
            "DefinitionS3Location",
            "a\\nb",
            "`Definition`",
        ),
    ] {
        let code = format!("{content}{}", "x".repeat(5000));
        let template =
            format!("Resources: {{F: {{Type: '{kind}', Properties: {{{property}: \"{code}\"}}}}}}");
        let planned = Project::new(&[("template.yaml", &template)]).plan();
        let [finding] = planned.findings() else {
            panic!("{:?}", planned.findings())
        };
        let help = finding.help.as_deref().unwrap();
        assert!(
            finding.message.len() < 200 && finding.label.len() < 200,
            "{finding:?}"
        );
        assert!(help.contains(inline), "{kind}: {help}");
    }
}

/// Creates a project with one definition file for a property that takes one.
fn with_definition(kind: &str, property: &str, text: &[u8]) -> Project {
    let template =
        format!("Resources: {{M: {{Type: '{kind}', Properties: {{{property}: d.txt}}}}}}");
    let project = Project::new(&[("template.yaml", &template)]);
    fs::write(project.root.join("d.txt"), text).unwrap();
    project
}

#[test]
fn a_definition_is_never_sent_unrewritten_without_a_word() {
    let machine = ("AWS::StepFunctions::StateMachine", "DefinitionS3Location");
    let api = ("AWS::ApiGateway::RestApi", "BodyS3Location");
    let placeholder =
        br#"{"TimeoutSeconds": ${Seconds}, "Resource": "arn:aws:states:::sns:publish"}"#;
    let planned = with_definition(machine.0, machine.1, placeholder).plan();
    assert_eq!(codes(&planned), [""; 0]);
    let Body::Text(text) = &planned.unchecked().uploads[0].body else {
        panic!("not a text")
    };
    assert!(
        text.contains("${Seconds}, \"Resource\": \"arn:aws-cn:"),
        "{text}"
    );
    for ((kind, property), text, code, is_error) in [
        (machine, &b"{\"A\": \"x\"${Rest}"[..], "CN001", false),
        (machine, b"{\"A\": \"arn:aws:s3:::b\"${Rest}", "CN001", true),
        (machine, b"{\"A\": ", "CN001", true),
        (api, b"{\"A\": ${Name}}", "CN001", true),
        (api, b"{\"A\": \"\xff\"}", "CN527", false),
    ] {
        let project = with_definition(kind, property, text);
        let planned = project.plan();
        assert_eq!(codes(&planned), [code], "{}", String::from_utf8_lossy(text));
        assert_eq!(planned.ready().is_err(), is_error);
        let off = Request {
            portability: Portability::Off,
            ..project.request()
        };
        assert_eq!(codes(&plan_of(&off, "cn-north-1")), [""; 0]);
    }
}

#[test]
fn what_cannot_be_packaged_is_a_finding() {
    let missing = Project::new(&[("template.yaml", FUNCTION)]);
    let planned = missing.plan();
    assert_eq!(codes(&planned), ["CN521"]);
    let finding = &planned.findings()[0];
    assert_eq!(
        finding.message,
        "`Code` of `F` names `src`, which does not exist"
    );
    assert_eq!(
        finding.label,
        format!("`{}` does not exist", missing.root.join("src"))
    );

    let stack = |url: &str| {
        format!(
            "Resources: {{S: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}}}"
        )
    };
    let folder = Project::new(&[("template.yaml", &stack("sub")), ("sub/x", "")]);
    assert_eq!(codes(&folder.plan()), ["CN525"]);
    let circle = Project::new(&[
        ("template.yaml", &stack("a.yaml")),
        ("a.yaml", &stack("template.yaml")),
    ]);
    assert_eq!(codes(&circle.plan()), ["CN526"]);
}

#[test]
fn a_broken_nested_template_is_reported_once_with_its_own_text() {
    let stack = "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}, T: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}}";
    let project = Project::new(&[("template.yaml", stack), ("n.yaml", "a: [")]);
    assert_eq!(codes(&project.plan()), ["CN001"]);
}

#[test]
fn a_function_above_the_limit_of_lambda_is_a_warning() {
    let project = Project::new(&[("template.yaml", FUNCTION), ("src/a.py", "x")]);
    let large = fs::File::create(project.root.join("src/large")).unwrap();
    large.set_len(LARGEST_LAMBDA_BYTES).unwrap();
    let planned = project.plan();
    assert_eq!(codes(&planned), ["CN528"]);
    assert_eq!(
        planned.findings()[0].severity,
        cn_template::Severity::Warning
    );
}

fn resource(kind: &str, properties: &str) -> String {
    format!("Resources: {{R: {{Type: 'AWS::{kind}', Properties: {properties}}}}}")
}

#[test]
fn a_file_goes_as_it_is_when_nothing_differs() {
    let api = "x-shared: &shared {a: 1}\npaths: {/a: *shared}\n";
    let template = resource("ApiGateway::RestApi", "{BodyS3Location: api.yaml}");
    let project = Project::new(&[("template.yaml", &template), ("api.yaml", api)]);
    let planned = project.plan();
    let Body::File(file) = &planned.unchecked().uploads[0].body else {
        panic!("not the file itself")
    };
    assert_eq!(file.path, project.root.join("api.yaml"));
    let key = planned.unchecked().uploads[0].key.as_str();
    assert_eq!(extension(key.into()), "yaml");
    let expected = format!(r#"BodyS3Location: {{"Bucket": "bkt", "Key": "{key}"}}"#);
    assert!(
        planned.unchecked().packaged.contains(&expected),
        "{}",
        planned.unchecked().packaged
    );
}

#[test]
fn an_archive_is_not_archived_again() {
    let template = FUNCTION.replace("src  ", "app.jar");
    let project = Project::new(&[("template.yaml", &template)]);
    let mut end = b"anything PK\x05\x06".to_vec();
    end.extend([0; 18]);
    fs::write(project.root.join("app.jar"), &end).unwrap();
    let planned = project.plan();
    let Body::File(file) = &planned.unchecked().uploads[0].body else {
        panic!("not the file itself")
    };
    assert_eq!(file.bytes, end.len() as u64);
    assert_eq!(
        extension(planned.unchecked().uploads[0].key.as_str().into()),
        "jar"
    );
}

#[test]
fn metadata_and_includes_need_no_resources() {
    let text = "Metadata: {AWS::ServerlessRepo::Application: {LicenseUrl: L.txt}}\nMappings: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: inc.yaml}}}\n";
    let project = Project::new(&[
        ("template.yaml", text),
        ("L.txt", "l"),
        ("inc.yaml", "A: {B: &x {C: arn:aws:s3:::b}}\nD: {B: *x}\n"),
    ]);
    let plan = project.plan().ready().unwrap();
    assert_eq!(plan.uploads.len(), 2);
    let Body::Text(snippet) = &plan.uploads[0].body else {
        panic!("not a text")
    };
    assert_eq!(
        snippet,
        "A: {B: {C: arn:aws-cn:s3:::b}}\nD: {B: {C: arn:aws-cn:s3:::b}}\n"
    );
}

#[test]
fn hosts_are_the_regions_own() {
    let template = resource("CloudFormation::Stack", "{TemplateURL: n.yaml}");
    let project = Project::new(&[
        ("template.yaml", &template),
        ("n.yaml", "Resources: {T: {Type: AWS::SNS::Topic}}"),
    ]);
    for (region, host) in [
        (
            "cn-north-1",
            "https://s3.cn-north-1.amazonaws.com.cn/bkt/p/",
        ),
        (
            "cn-northwest-1",
            "https://s3.cn-northwest-1.amazonaws.com.cn/bkt/p/",
        ),
        ("us-east-1", "https://s3.us-east-1.amazonaws.com/bkt/p/"),
    ] {
        let packaged = project.plan_for(region).ready().unwrap().packaged;
        assert!(packaged.contains(host), "{packaged}");
        assert!(packaged.contains(".template\""), "{packaged}");
    }
}

#[test]
fn scalars_that_nobody_asked_about_stay_as_written() {
    let rest = "Parameters:\n  A: {Default: 012345678901}\n  B: {Default: \"012345678901\"}\n  C: {Default: 0777}\n  D: {Default: 1.10}\n  E: {Default: 22:22}\n  F: {Default: \"1e3\"}\n  G: {Default: 2012-10-17}\n  H: {Default: yes}\n  I: {Default: \"yes\"}\nOutputs:\n  O:\n    Value:\n      Fn::Sub: |\n        {{ it.name }} \\n \"quoted\" 'text' that is long enough to be folded by anybody who writes it anew, ${AWS::Region}\n";
    let template = format!("{}{}", FUNCTION.replace("\r\n", "\n"), rest);
    let project = Project::new(&[("template.yaml", &template), ("src/a.py", "x")]);
    let packaged = project.plan().ready().unwrap().packaged;
    assert!(packaged.ends_with(rest), "{packaged}");
}

#[test]
fn json_stays_json_and_yaml_becomes_json_when_asked() {
    let json = "{\n\t\"Resources\": {\n\t\t\"F\": {\"Type\":\t\"AWS::Lambda::Function\", \"Properties\": {\"Code\": \"src\"}}\n\t}\n}";
    let project = Project::new(&[("template.yaml", json), ("src/a.py", "x")]);
    let packaged = project.plan().ready().unwrap().packaged;
    assert!(
        serde_json::from_str::<serde_json::Value>(&packaged).is_ok(),
        "{packaged}"
    );
    assert!(packaged.starts_with("{\n\t\"Resources\": {\n\t\t\"F\": {\"Type\":\t"));

    let yaml = "AWSTemplateFormatVersion: 2010-09-09\nDescription: 说明\nResources: {F: {Type: AWS::Lambda::Function, Properties: {Code: src, Role: !GetAtt R.Arn}}}\n";
    let project = Project::new(&[("template.yaml", yaml), ("src/a.py", "x")]);
    let spelled = |json, ascii| {
        let mut request = project.request();
        (request.json, request.ascii) = (json, ascii);
        plan_of(&request, "cn-north-1").ready().unwrap().packaged
    };
    let value: serde_json::Value = serde_json::from_str(&spelled(true, true)).unwrap();
    assert_eq!(value["AWSTemplateFormatVersion"], "2010-09-09");
    assert_eq!(value["Description"], "说明");
    assert_eq!(
        value["Resources"]["F"]["Properties"]["Code"]["S3Bucket"],
        "bkt"
    );
    assert!(spelled(true, true).is_ascii() && !spelled(true, false).is_ascii());
    assert!(spelled(false, true).contains("Description: \"\\u8bf4\\u660e\""));
}

#[test]
fn a_template_that_cloudformation_refuses_for_its_size_is_reported() {
    let long = |bytes: usize| {
        let comment = "#".repeat(bytes);
        format!("Resources: {{T: {{Type: AWS::SNS::Topic}}}}\n{comment}\n")
    };
    for (bytes, expected) in [(1_000_000, vec![]), (1_100_000, vec!["CN528"])] {
        let project = Project::new(&[("template.yaml", &long(bytes))]);
        assert_eq!(codes(&project.plan()), expected);
    }
}

#[test]
fn one_document_of_two_resources_is_rewritten_once() {
    let template = "Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.json}}, N: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.json}}}";
    let project = Project::new(&[
        ("template.yaml", template),
        (
            "m.json",
            r#"{"A": {"Resource": "arn:aws:states:::lambda:invoke"}}"#,
        ),
    ]);
    let plan = project.plan().ready().unwrap();
    assert_eq!((plan.uploads.len(), plan.rewrites.len()), (1, 1));
    assert_eq!(
        plan.uploads[0].needed_by,
        ["M.DefinitionUri", "N.DefinitionUri"]
    );
}

#[test]
fn artifacts_outside_of_the_project_are_warned_of() {
    use std::os::unix::fs::symlink;
    let elsewhere = Project::new(&[("secret.txt", "s"), ("code/a.py", "x")]);
    let outside = &elsewhere.root;
    let warned = |code: &str, prepare: &dyn Fn(&Utf8Path)| -> Vec<String> {
        let project = Project::new(&[("a/template.yaml", &function(code)), ("a/src/a.py", "x")]);
        prepare(&project.root);
        let template = Some(project.root.join("a/template.yaml"));
        let request = Request {
            template,
            ..project.request()
        };
        let accepted = Request {
            allow_outside: true,
            ..request.clone()
        };
        assert_eq!(codes(&plan_of(&accepted, "cn-north-1")), [""; 0], "{code}");
        // The working folder of the run is part of the project.
        let within = Request {
            base: outside.parent().unwrap().to_owned(),
            ..request.clone()
        };
        assert_eq!(codes(&plan_of(&within, "cn-north-1")), [""; 0], "{code}");
        // The root folder does not make everything part of the project.
        let root = Request {
            base: "/".into(),
            ..request.clone()
        };
        let found = plan_of(&root, "cn-north-1");
        assert_eq!(codes(&found), codes(&plan_of(&request, "cn-north-1")));
        let found = found
            .findings()
            .iter()
            .filter(|finding| finding.code == code::OUTSIDE);
        found.map(|finding| finding.message.clone()).collect()
    };
    let nothing = |_: &Utf8Path| {};
    assert_eq!(warned("src", &nothing), [""; 0]);
    let above_the_root = format!("{}{}", "../".repeat(40), outside.join("secret.txt"));
    // The base of the request is `/`, so that paths are shown without it.
    let [said] = &warned(&above_the_root, &nothing)[..] else {
        panic!("one warning");
    };
    let path = outside.join("secret.txt");
    let shown = format!(" packages `{}`,", path.strip_prefix("/").unwrap());
    assert!(said.contains(&shown), "{said}");
    assert_eq!(warned("./src/../src/a.py", &nothing), [""; 0]);
    for path in ["secret.txt", "code", "code/a.py"] {
        let path = outside.join(path);
        let [said] = &warned(path.as_str(), &nothing)[..] else {
            panic!("one warning for {path}");
        };
        assert!(said.starts_with("`Code` of `F` packages `"), "{said}");
    }
    let by_link = |root: &Utf8Path| symlink(outside, root.join("a/link")).unwrap();
    assert_eq!(warned("link", &by_link).len(), 1);
    assert_eq!(warned("link/code", &by_link).len(), 1);
    let in_folder = |root: &Utf8Path| symlink(outside, root.join("a/src/b")).unwrap();
    let said = warned("src", &in_folder).concat();
    assert!(said.contains("/a/src/b`, which is outside"), "{said}");
    let sibling = |root: &Utf8Path| fs::write(root.join("b.py"), "x").unwrap();
    assert_eq!(warned("../b.py", &sibling).len(), 1);
    let to_itself = |root: &Utf8Path| symlink("a.py", root.join("a/src/b.py")).unwrap();
    assert_eq!(warned("src", &to_itself), [""; 0]);
}

#[test]
fn links_on_the_way_to_an_artifact_are_refused_where_links_are() {
    use std::os::unix::fs::symlink;
    let found = |code: &str, symlinks| -> Vec<String> {
        let project = Project::new(&[("template.yaml", &function(code)), ("src/d/a.py", "x")]);
        symlink("src", project.root.join("folder")).unwrap();
        symlink("src/d/a.py", project.root.join("file.py")).unwrap();
        symlink("file.py", project.root.join("again.py")).unwrap();
        let request = Request {
            symlinks,
            ..project.request()
        };
        let planned = plan_of(&request, "cn-north-1");
        let labels = planned
            .findings()
            .iter()
            .map(|finding| finding.label.clone());
        labels
            .map(|label| label.replace(project.root.as_str(), ""))
            .collect()
    };
    for (code, said) in [
        ("folder", "`/folder`: it is a symbolic link to `src`"),
        ("folder/", "`/folder`: it is a symbolic link to `src`"),
        ("folder/d", "`/folder`: it is a symbolic link to `src`"),
        (
            "./x/../folder/d/a.py",
            "`/folder`: it is a symbolic link to `src`",
        ),
        (
            "file.py",
            "`/file.py`: it is a symbolic link to `src/d/a.py`",
        ),
        (
            "again.py",
            "`/again.py`: it is a symbolic link to `file.py`",
        ),
    ] {
        assert_eq!(found(code, Symlinks::Error), [said], "{code}");
        assert_eq!(found(code, Symlinks::Follow), [""; 0], "{code}");
        assert_eq!(found(code, Symlinks::Keep), [""; 0], "{code}");
    }
    assert_eq!(found("src", Symlinks::Error), [""; 0]);
}

/// Returns a template with a function.
fn function(code: &str) -> String {
    format!("Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{Code: '{code}'}}}}}}\n")
}
