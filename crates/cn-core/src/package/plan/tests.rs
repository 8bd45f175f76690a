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

    fn plan(&self) -> Planned {
        self.plan_for("cn-north-1")
    }

    fn plan_for(&self, region: &str) -> Planned {
        let request = Request {
            template: self.root.join("template.yaml"),
            output: Some(self.root.join("out.yaml")),
            region: region.parse().unwrap(),
            bucket: "bkt".parse().unwrap(),
            prefix: super::super::Prefix::new("p"),
            portability: Portability::Rewrite,
            symlinks: Symlinks::Follow,
        };
        plan(&request, &read(&request).unwrap()).unwrap()
    }
}

fn codes(planned: &Planned) -> Vec<&'static str> {
    planned
        .findings
        .iter()
        .map(|finding| finding.code.id)
        .collect()
}

const FUNCTION: &str = "Resources:\r\n  # 函数\r\n  F:\r\n    Type: AWS::Lambda::Function\r\n    Properties:\r\n      Role: !Sub arn:aws:iam::${AWS::AccountId}:role/r\r\n      Code: src   # 代码\r\n";

#[test]
fn case_55_only_what_had_to_change_changes() {
    let project = Project::new(&[("template.yaml", FUNCTION), ("src/a.py", "x")]);
    let planned = project.plan();
    assert_eq!(codes(&planned), [""; 0]);
    let key = planned.plan.uploads[0].key.as_str();
    let location = format!("Code: {{\"S3Bucket\": \"bkt\", \"S3Key\": \"{key}\"}}   #");
    let expected = FUNCTION
        .replace("arn:aws:", "arn:aws-cn:")
        .replace("Code: src   #", &location);
    assert_eq!(planned.plan.packaged, expected);
    let rewrite = &planned.plan.rewrites[0];
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
            .plan
            .packaged
            .contains("arn:aws:iam")
    );
    assert_eq!(project.plan_for("us-east-1").plan.rewrites, []);
}

#[test]
fn case_22_and_23_one_file_of_code_becomes_an_archive_of_its_base_name() {
    let template = FUNCTION.replace("src  ", "lib/a.py");
    let project = Project::new(&[("template.yaml", &template), ("lib/a.py", "x")]);
    let planned = project.plan();
    let Body::Archive(files) = &planned.plan.uploads[0].body else {
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
    assert_eq!(planned.plan.uploads.len(), 1);
    assert_eq!(planned.plan.uploads[0].needed_by, ["F.Code", "G.Code"]);
}

#[test]
fn the_packaged_template_never_packages_itself() {
    let template = FUNCTION.replace("src  ", ".    ");
    let project = Project::new(&[("template.yaml", &template), ("a.py", "x")]);
    let before = project.plan();
    fs::write(project.root.join("out.yaml"), "packaged").unwrap();
    fs::write(project.root.join("out.yaml.manifest.json"), "{}").unwrap();
    let after = project.plan();
    assert_eq!(before.plan.uploads, after.plan.uploads);
    assert_eq!(after.plan.left_out.len(), 2);
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
        .plan
        .uploads
        .iter()
        .map(|upload| upload.source.strip_prefix(&project.root).unwrap().as_str())
        .collect();
    assert_eq!(sources, ["b/src", "b/leaf.yaml", "a/child.yaml"]);
    let Body::Text(child) = &planned.plan.uploads[2].body else {
        panic!("not a text")
    };
    let leaf = planned.plan.uploads[1].key.as_str();
    assert!(
        child.contains(&format!(
            "https://s3.cn-north-1.amazonaws.com.cn/bkt/{leaf}"
        )),
        "{child}"
    );
    assert!(
        planned
            .plan
            .packaged
            .contains(planned.plan.uploads[2].key.as_str())
    );
}

#[test]
fn a_state_machines_definition_is_rewritten_and_its_key_follows_the_target() {
    let template = "Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: m.asl.json}}}";
    let machine = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}"#;
    let project = Project::new(&[("template.yaml", template), ("m.asl.json", machine)]);
    let china = project.plan();
    let Body::Text(text) = &china.plan.uploads[0].body else {
        panic!("not a text")
    };
    assert_eq!(*text, machine.replace("arn:aws:", "arn:aws-cn:"));
    assert_ne!(
        china.plan.uploads[0].key,
        project.plan_for("us-east-1").plan.uploads[0].key
    );
}

#[test]
fn case_25_33_and_35_what_cannot_be_packaged_is_a_finding() {
    let missing = Project::new(&[("template.yaml", FUNCTION)]);
    let planned = missing.plan();
    assert_eq!(codes(&planned), ["CN501"]);
    let finding = &planned.findings[0];
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
    assert_eq!(codes(&folder.plan()), ["CN505"]);
    let circle = Project::new(&[
        ("template.yaml", &stack("a.yaml")),
        ("a.yaml", &stack("template.yaml")),
    ]);
    assert_eq!(codes(&circle.plan()), ["CN506"]);
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
    assert_eq!(codes(&planned), ["CN508"]);
    assert_eq!(planned.findings[0].severity, cn_template::Severity::Warning);
}
