//! Included files and nested templates.

use cn_testkit::Side;
use serde_json::{Value, json};

use super::{Project, cn_package, resource, without_digests};

const TOPIC: &str = "Resources: {T: {Type: AWS::SNS::Topic}} # 主题\n";

fn include(location: &str) -> String {
    format!("{{Name: AWS::Include, Parameters: {{Location: {location}}}}}")
}

fn stack(url: &str) -> String {
    resource("CloudFormation::Stack", &format!("{{TemplateURL: {url}}}"))
}

/// Collects every value of a key, at any depth.
fn values<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    let members = value.as_object().into_iter().flatten();
    for (name, member) in members {
        if name == key {
            found.push(member);
        }
        values(member, key, found);
    }
    for item in value.as_array().into_iter().flatten() {
        values(item, key, found);
    }
}

/// Packages a template with a topic and other content; returns the locations of the includes.
fn included(beside: &str) -> Vec<Value> {
    let template = format!("{beside}\n{TOPIC}");
    let project = Project::new(&[("template.yaml", &template), ("inc.yaml", "A: 1\n")]);
    let packaged = project.packaged(&[]);
    assert_eq!(project.object(), b"A: 1\n");
    let mut found = Vec::new();
    values(&packaged, "Location", &mut found);
    found.into_iter().cloned().collect()
}

#[test]
fn includes_are_found_anywhere_and_in_both_spellings() {
    for beside in [
        format!("Mappings: {{Fn::Transform: {}}}", include("inc.yaml")),
        format!(
            "Metadata: {{A: [1, {{Fn::Transform: {}}}]}}",
            include("inc.yaml")
        ),
        format!("Metadata: {{A: !Transform {}}}", include("inc.yaml")),
    ] {
        assert_eq!(included(&beside), ["s3://b/<H>.yaml"], "{beside}");
    }
}

/// The other region of China has the same test in the library, next to the plan, because the
/// emulator is in one region.
#[test]
fn nested_templates_have_the_partitions_address() {
    let project = Project::new(&[
        ("template.yaml", &stack("nested.yaml")),
        ("nested.yaml", TOPIC),
    ]);
    let expected = "https://s3.cn-north-1.amazonaws.com.cn/b/<H>.template";
    assert_eq!(project.properties(&[])["TemplateURL"], expected);
    assert_eq!(project.object(), TOPIC.as_bytes());

    let bucket = project.env.bucket();
    project.env.home().create_bucket(bucket).unwrap();
    let output = cn_package(&project.env)
        .args(["--region", "us-east-1", "--default-chain"])
        .output();
    let packaged = project.load(&output.succeeded().stdout());
    let expected = "https://s3.us-east-1.amazonaws.com/b/<H>.template";
    assert_eq!(
        packaged["Resources"]["R"]["Properties"]["TemplateURL"],
        expected
    );
    assert_eq!(
        project.env.requests().to(Side::Home).object_puts().count(),
        1
    );
}

#[test]
fn templates_elsewhere_stay() {
    for url in [
        "https://h/x",
        "http://h/x",
        "s3://b/k",
        "!Sub 'https://${H}/x'",
    ] {
        Project::new(&[("template.yaml", &stack(url))]).assert_untouched();
    }
    Project::of("CloudFormation::Stack", "{Tags: []}", &[]).assert_untouched();
    let location = "{Location: {ApplicationId: a, SemanticVersion: 1.0.0}}";
    Project::of("Serverless::Application", location, &[]).assert_untouched();
}

#[test]
fn a_template_must_be_a_file() {
    let said = Project::new(&[("template.yaml", &stack("sub")), ("sub/x", "")]).refused();
    assert!(
        said.contains("`TemplateURL` of `R` names a folder"),
        "{said}"
    );
    let said = Project::new(&[("template.yaml", &stack("nope.yaml"))]).refused();
    assert!(
        said.contains("`TemplateURL` of `R` names `nope.yaml`"),
        "{said}"
    );
}

/// Better: the AWS CLI recurses until the interpreter fails.
#[test]
fn templates_that_contain_each_other_are_one_error() {
    let circles: [&[(&str, &str)]; 2] = [
        &[("template.yaml", &stack("template.yaml"))],
        &[
            ("template.yaml", &stack("a.yaml")),
            ("a.yaml", &stack("template.yaml")),
        ],
    ];
    for files in circles {
        let said = Project::new(files).refused();
        assert_eq!(said.matches("error[").count(), 1, "{said}");
        assert!(
            said.contains("error[CN526]: `TemplateURL` of `R` leads back"),
            "{said}"
        );
    }
}

/// Better: the AWS CLI writes the characters unchanged.
#[test]
fn addresses_of_templates_are_percent_encoded() {
    let project = Project::new(&[
        ("template.yaml", &stack("nested.yaml")),
        ("nested.yaml", TOPIC),
    ]);
    let expected = "https://s3.cn-north-1.amazonaws.com.cn/b/a%20b%2Bc/<H>.template";
    let properties = project.properties(&["--s3-prefix", "a b+c"]);
    assert_eq!(properties["TemplateURL"], expected);
    let key = &project.objects()[0].0;
    assert_eq!(without_digests(key), "a b+c/<H>.template");
}

#[test]
fn only_local_includes_are_packaged() {
    let template = format!(
        "Mappings: {{Fn::Transform: {}}}\n{TOPIC}",
        include("nope.yaml")
    );
    let said = Project::new(&[("template.yaml", &template)]).refused();
    assert!(
        said.contains("of `AWS::Include` names `nope.yaml`"),
        "{said}"
    );
    for transform in [
        include("''"),
        include("{Fn::Sub: 's3://${B}/k'}"),
        include("s3://b/k"),
        "{Name: Mine, Parameters: {Location: inc.yaml}}".to_owned(),
    ] {
        let template = format!("Mappings: {{Fn::Transform: {transform}}}\n{TOPIC}");
        Project::new(&[("template.yaml", &template)]).assert_untouched();
    }
}

/// Better: the AWS CLI fails with a message of its interpreter.
#[test]
fn a_list_of_transforms_is_packaged() {
    let list = format!(
        "Mappings: {{Fn::Transform: [{}, Mine]}}",
        include("inc.yaml")
    );
    assert_eq!(included(&list), ["s3://b/<H>.yaml"]);
}

/// Better: the AWS CLI leaves both unchanged.
#[test]
fn includes_need_no_resources_and_may_be_a_section() {
    let section = format!("Transform: {}", include("inc.yaml"));
    assert_eq!(included(&section), ["s3://b/<H>.yaml"]);
    for (template, warnings) in [
        (format!("{section}\n"), 0),
        (
            format!("Mappings: {{Fn::Transform: {}}}\n", include("inc.yaml")),
            1,
        ),
    ] {
        let project = Project::new(&[("template.yaml", &template), ("inc.yaml", "A: 1\n")]);
        let output = project.run(&[]).output().succeeded();
        let said = output.stderr();
        assert_eq!(said.matches("warning[CN004]").count(), warnings, "{said}");
        let expected = template.replace("inc.yaml", "\"s3://b/<H>.yaml\"");
        let packaged = without_digests(&output.stdout()).replace(project.env.bucket(), "b");
        assert_eq!(packaged, expected);
        assert_eq!(project.objects().len(), 1);
    }
}

/// The AWS CLI's table of sections includes loops; the file in a loop is packaged once.
#[test]
fn resources_in_loops_are_packaged() {
    let template = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Names:\n    - Name\n    - [A, B]\n    - Topic${Name}: {Type: AWS::Lambda::Function, Properties: {Code: src}}\n";
    let project = Project::new(&[("template.yaml", template), ("src/a.py", "a")]);
    let packaged = project.packaged(&[]);
    let expected = json!({"S3Bucket": "b", "S3Key": "<H>.zip"});
    let inner = &packaged["Resources"]["Fn::ForEach::Names"][2]["Topic${Name}"];
    assert_eq!(inner["Properties"]["Code"], expected);
}
