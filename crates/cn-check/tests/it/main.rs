//! `cn-check` from a user's view: the real binary on its own files.

mod foreign;

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
fn a_fix_says_what_it_leaves_and_why() {
    let env = TestEnv::new();
    let default = |at| format!("  P{at}: {{Type: String, Default: 'arn:aws:s3:::b{at}'}}\n");
    let defaults = (0..7).map(default).collect::<Vec<_>>().concat();
    let text = format!(
        "Parameters:\n{defaults}  Bucket: {{Type: String}}\nResources:\n  R: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: !Sub 'https://s3.amazonaws.com/${{Bucket}}/t.yaml'}}}}\n"
    );
    env.write("t.yaml", &text);
    for flag in ["--fix", "--diff"] {
        let output = cn_check(&env).args([flag, "t.yaml"]).output().succeeded();
        let said = output.stderr();
        for line in [
            "note: `--fix` cannot change 1 line of `t.yaml`, because no single value works in every partition: 11",
            "note: `--fix` cannot change 7 lines of `t.yaml`, because the place does not accept functions: 2, 3, 4, 5, 6 and 2 more",
        ] {
            assert!(said.contains(line), "{flag}: {said}");
        }
    }
    assert_eq!(env.read("t.yaml"), text);
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

#[test]
fn every_code_of_the_list_is_explained() {
    let env = TestEnv::new();
    let output = cn_check(&env).arg("--list-rules").output();
    let list = output.succeeded().stdout().clone();
    let codes: Vec<&str> = list.lines().filter_map(|line| line.get(..5)).collect();
    assert!(codes.len() > 90, "{list}");
    // A process for each code would take most of a minute; the library's tests cover all codes.
    for code in [codes[0], codes[codes.len() / 2], codes[codes.len() - 1]] {
        let output = cn_check(&env).args(["--explain", code]).output();
        assert!(output.succeeded().stdout().starts_with(code), "{code}");
    }
    let json = cn_check(&env)
        .args(["--list-rules", "--format", "json"])
        .output();
    let json = json.succeeded().stdout().clone();
    assert_eq!(json.lines().count(), codes.len());
    assert!(json.contains("\"code\":\"CN412\",\"name\":\"function-url\",\"severity\":\"error\""));
}

#[test]
fn a_code_that_does_not_exist_is_a_usage_error() {
    let env = TestEnv::new();
    let output = cn_check(&env).args(["--explain", "CN999"]).output();
    insta::assert_snapshot!(output.failed_with(2).snapshot());
}

#[test]
fn the_version_names_the_sources_of_the_facts_when_asked_for_more() {
    let env = TestEnv::new();
    let output = cn_check(&env).arg("--version").output();
    assert_eq!(output.succeeded().stdout().lines().count(), 1);
    let output = cn_check(&env).args(["--version", "--verbose"]).output();
    let text = output.succeeded().stdout().clone();
    assert!(text.contains("2026-10-20  cfn-lint 1.58.0"), "{text}");
    assert!(text.contains("https://docs.amazonaws.cn/"), "{text}");
}

#[test]
fn values_that_are_rewritten_automatically_are_one_line_unless_asked_for() {
    let env = with_template();
    let run = |args: &[&str]| {
        let output = cn_check(&env).args(args.iter().copied()).output();
        output.failed_with(4).stdout().clone()
    };
    let short = run(&[]);
    let line = "1 value is rewritten automatically: CN101 × 1; list them with `--verbose`";
    assert!(
        short.contains(line) && !short.contains("[CN101]"),
        "{short}"
    );
    let long = run(&["--verbose"]);
    assert!(!long.contains(line) && long.contains("[CN101]"), "{long}");
}

#[test]
fn errors_warnings_and_notes_are_counted_one_by_one() {
    let env = TestEnv::new();
    env.write(
        "t.yaml",
        "Resources:\n  S: {Type: AWS::AppRunner::Service}\n  A: {Type: AWS::SNS::Topic, Properties: {A: us-east-1, B: us-east-1, C: 'arn:aws:s3:::b'}}\n",
    );
    let output = cn_check(&env)
        .args(["--max-severity", "note", "t.yaml"])
        .output();
    let text = output.failed_with(4).snapshot();
    assert!(
        text.contains("error: found 1 error and 3 warnings"),
        "{text}"
    );
}

#[test]
fn a_baseline_hides_recorded_findings_and_no_others() {
    let env = with_template();
    let run = |args: &[&str]| cn_check(&env).args(args.iter().copied()).output();
    let args = ["--baseline", "known.json"];
    let output = run(&args);
    let missing = output.failed_with(4).snapshot();
    assert!(
        missing.contains("cannot use the baseline `known.json`"),
        "{missing}"
    );
    let output = run(&["--baseline", "known.json", "--write-baseline"]);
    drop(output.succeeded());
    env.write("infra/template.yaml", format!("# moved\n{TEMPLATE}"));
    let output = run(&args);
    drop(output.succeeded());
    env.write(
        "infra/template.yaml",
        format!("{TEMPLATE}  Another:\n    Type: AWS::AppRunner::Service\n"),
    );
    let output = run(&args);
    let text = output.failed_with(4).snapshot();
    assert!(text.contains("found 1 error"), "{text}");
    env.write(
        "infra/template.yaml",
        "Resources: {T: {Type: AWS::SNS::Topic}}\n",
    );
    let output = run(&args);
    let text = output.succeeded().snapshot();
    assert!(
        text.contains("2 findings in `known.json` no longer occur"),
        "{text}"
    );
}

#[test]
fn help_is_as_it_was_reviewed() {
    let env = TestEnv::new();
    insta::assert_snapshot!(cn_check(&env).arg("--help").output().succeeded().snapshot());
}

#[test]
fn a_preview_writes_nothing_even_beside_a_fix() {
    let env = with_template();
    let preview = |args: &[&str]| cn_check(&env).args(args).output().succeeded().stdout();
    assert_eq!(preview(&["--fix", "--diff"]), preview(&["--diff"]));
    assert_eq!(env.read("infra/template.yaml"), TEMPLATE);
}

#[test]
fn every_mode_fails_for_a_template_that_cannot_be_read() {
    let env = TestEnv::new();
    env.write("t.yaml", "Resources:\n  Q: {Type: AWS::SQS::Queue\n");
    for args in [
        &["t.yaml"][..],
        &["--rewrite", "cn-north-1", "t.yaml"],
        &["--diff", "t.yaml"],
        &["--fix", "t.yaml"],
        &["--fix", "--diff", "."],
        &["--format", "json", "--rewrite", "cn-north-1", "t.yaml"],
    ] {
        let output = cn_check(&env).args(args).output().failed_with(4);
        let said = format!("{}{}", output.stdout(), output.stderr());
        assert!(said.contains("CN001"), "{args:?}: {said}");
    }
}

#[test]
fn findings_of_a_file_with_aliases_stand_at_the_authors_lines() {
    let env = TestEnv::new();
    let text = "x-base: &base\n  Type: AWS::SQS::Queue\n  Properties: &p\n    A: b\nResources:\n  Q:\n    <<: *base\n  R:\n    Type: AWS::SQS::Queue\n    Properties:\n      <<: *p\n      B: arn:aws:s3:::b\n";
    env.write("t.yaml", text);
    let output = cn_check(&env)
        .args(["--format", "sarif", "t.yaml"])
        .output();
    let report: serde_json::Value = serde_json::from_str(&output.succeeded().stdout()).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let of_arn = results
        .iter()
        .find(|result| result["ruleId"] == "CN101")
        .unwrap();
    let region = &of_arn["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"]),
        (&12.into(), &14.into())
    );
    let fix = cn_check(&env)
        .args(["--fix", "t.yaml"])
        .output()
        .succeeded();
    assert!(
        fix.stderr().contains("`--fix` does not change `t.yaml`"),
        "{}",
        fix.stderr()
    );
    assert_eq!(env.read("t.yaml"), text);
}

#[test]
fn what_cn_package_wrote_is_checked_only_by_name() {
    let env = with_template();
    env.write("infra/packaged.yaml", TEMPLATE);
    env.write(
        "infra/packaged.yaml.manifest.json",
        "{\"Resources\": \"Type\"}",
    );
    let templates = |args: &[&str]| {
        let output = cn_check(&env).args(args).output().failed_with(4);
        output.stderr()
    };
    assert!(templates(&["infra"]).contains("Checked 1 template "));
    assert!(templates(&["infra/packaged.yaml"]).contains("Checked 1 template "));
}

#[test]
fn a_patch_names_one_file_whatever_it_is_called_and_git_applies_it() {
    let env = TestEnv::new();
    let name = "a\n+++ b\"\\é.yaml";
    let text = "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: 'arn:aws:s3:::x'}\n";
    env.write(name, text);
    let patch = cn_check(&env).args(["--diff", name]).output().succeeded();
    let patch = patch.stdout();
    assert!(
        patch.starts_with("--- \"a/a\\012+++ b\\042\\134é.yaml\"\n"),
        "{patch}"
    );
    env.write("fix.patch", &patch);
    env.git_init();
    env.git(&["apply", "fix.patch"]);
    assert!(env.read(name).contains("arn:${AWS::Partition}:s3:::x"));
}
