//! `cn-check` as a user meets it: the real binary on files of its own.

use cn_testkit::{Run, TestEnv};

const TEMPLATE: &str = "\
# 模板
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess] # 只读
  Service:
    Type: AWS::AppRunner::Service
";

fn cn_check(env: &TestEnv) -> Run<'_> {
    env.run(env!("CARGO_BIN_EXE_cn-check"))
}

fn with_template() -> TestEnv {
    let env = TestEnv::new();
    env.write("infra/template.yaml", TEMPLATE);
    env.write("infra/not-a-template.yaml", "Resources: none of these\n");
    env
}

#[test]
fn finds_templates_in_folders_and_fails_on_errors() {
    let env = with_template();
    insta::assert_snapshot!(cn_check(&env).output().failed_with(4).snapshot());
}

#[test]
fn templates_in_folders_that_cannot_be_read_are_named() {
    let env = TestEnv::new();
    env.write(
        "infra/broken.yaml",
        "Resources:\n  A: {Type: AWS::SNS::Topic\n  B: c\n",
    );
    env.write("infra/gbk.yaml", b"Description: \xc4\xa3\xb0\xe5\n");
    env.write("infra/chart.yaml", "{{ if .Resources }}\nType: {{ x }}\n");
    insta::assert_snapshot!(
        cn_check(&env)
            .arg("infra")
            .output()
            .failed_with(4)
            .snapshot()
    );
}

#[test]
fn what_is_named_and_no_template_is_an_error() {
    let env = TestEnv::new();
    env.write("list.yaml", "- a\n");
    env.write("empty.yaml", "Resources: {}\n");
    env.write("package.json", "{\"name\": \"x\"}\n");
    let output = cn_check(&env)
        .args(["list.yaml", "empty.yaml", "package.json"])
        .output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
}

#[test]
fn nested_templates_are_checked_once_wherever_they_nest() {
    let env = TestEnv::new();
    let stack = |url: &str| {
        format!("{{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}")
    };
    let (child, again) = (stack("n/child.yaml"), stack("./n/child.yaml"));
    env.write(
        "root.yaml",
        format!("Resources:\n  A: {child}\n  B: {again}\n"),
    );
    let (leaf, back) = (stack("leaf.yaml"), stack("../root.yaml"));
    env.write(
        "n/child.yaml",
        format!("Resources:\n  A: {leaf}\n  B: {back}\n"),
    );
    env.write(
        "n/leaf.yaml",
        "Resources:\n  S: {Type: AWS::AppRunner::Service}\n",
    );
    let output = cn_check(&env).arg("root.yaml").output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
    let output = cn_check(&env)
        .args(["--rewrite", "cn-north-1", "root.yaml"])
        .output();
    drop(output.succeeded());
}

#[test]
fn errors_can_be_tolerated_and_codes_ignored() {
    let env = with_template();
    let output = cn_check(&env)
        .args(["--max-severity", "error", "--ignore", "CN101", "--quiet"])
        .output();
    insta::assert_snapshot!(output.succeeded().snapshot());
}

#[test]
fn every_format_is_written() {
    let env = with_template();
    for format in ["json", "sarif", "junit", "markdown"] {
        let output = cn_check(&env)
            .args(["--format", format, "--region", "cn-north-1"])
            .output();
        insta::assert_snapshot!(format, output.failed_with(4).snapshot());
    }
}

#[test]
fn fixes_what_can_be_fixed_and_shows_it() {
    let env = with_template();
    insta::assert_snapshot!(
        "diff",
        cn_check(&env).arg("--diff").output().succeeded().snapshot()
    );
    assert_eq!(env.read("infra/template.yaml"), TEMPLATE);
    insta::assert_snapshot!(
        "fix",
        cn_check(&env)
            .arg("--fix")
            .output()
            .failed_with(4)
            .snapshot()
    );
    let fixed = TEMPLATE.replace(
        "arn:aws:iam::aws:policy/ReadOnlyAccess]",
        "!Sub \"arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess\"]",
    );
    assert_eq!(env.read("infra/template.yaml"), fixed);
}

#[test]
fn prints_what_would_be_packaged() {
    let env = with_template();
    let output = cn_check(&env)
        .args(["--rewrite", "cn-north-1", "infra/template.yaml"])
        .output();
    let expected = TEMPLATE.replace("arn:aws:", "arn:aws-cn:");
    assert_eq!(output.succeeded().stdout(), expected);
}

#[test]
fn what_would_be_packaged_is_printed_byte_for_byte() {
    let env = TestEnv::new();
    let text = "Resources: {T: {Type: AWS::SNS::Topic}} # 主题";
    env.write("t.yaml", text);
    let output = cn_check(&env)
        .args(["--rewrite", "cn-north-1", "t.yaml"])
        .output();
    assert_eq!(output.succeeded().stdout(), text);
}

#[test]
fn settings_are_found_beside_what_is_named_first() {
    let env = with_template();
    env.write(
        "infra/cn.toml",
        "[default.check.parameters]\nmax_severity = \"error\"\n",
    );
    for path in ["infra", "infra/template.yaml"] {
        drop(cn_check(&env).arg(path).output().succeeded());
    }
    drop(cn_check(&env).output().failed_with(4));
}

#[test]
fn explains_a_code() {
    let env = TestEnv::new();
    insta::assert_snapshot!(
        cn_check(&env)
            .args(["--explain", "cn202"])
            .output()
            .succeeded()
            .snapshot()
    );
}
