//! Wrong input: the program lists all errors, exits with the documented code, and sends nothing to
//! CloudFormation.

use cn_testkit::TestEnv;

use crate::{TEMPLATE, deploy};

/// Runs with wrong input; no request may be sent before the input is right.
fn refused(template: Option<&str>, arguments: &[&str], code: i32) -> String {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    env.set("CN_STACK_NAME", "orders");
    let keys = cn_testkit::Keys::new("AKIAEXAMPLE", "example");
    env.write_profile("china", &keys, "cn-north-1");
    if let Some(template) = template {
        env.write("packaged.yaml", template);
    }
    let output = deploy(&env, arguments).failed_with(code);
    assert_eq!(env.requests().count(), 0);
    output.snapshot()
}

#[test]
fn a_missing_template_is_said() {
    insta::assert_snapshot!(refused(None, &[], 4));
}

#[test]
fn a_template_that_is_none_is_said() {
    insta::assert_snapshot!("unparsable", refused(Some("Resources: [\n"), &[], 4));
    insta::assert_snapshot!("empty", refused(Some(""), &[], 4));
    insta::assert_snapshot!("no_resources", refused(Some("Description: x\n"), &[], 4));
}

#[test]
fn a_large_template_without_a_bucket_is_refused_before_any_call() {
    let large = format!("# {}\n{TEMPLATE}", "x".repeat(51_200));
    insta::assert_snapshot!(refused(Some(&large), &[], 4));
}

#[test]
fn a_word_without_an_equals_sign_is_quoted() {
    insta::assert_snapshot!(refused(
        Some(TEMPLATE),
        &["--parameter-overrides", "Delay=1", "foo"],
        2
    ));
}

#[test]
fn everything_wrong_with_parameter_files_is_listed() {
    insta::assert_snapshot!(refused(
        Some(TEMPLATE),
        &[
            "--parameter-overrides",
            r#"[{"ParameterKey":"Delay","ParameterValue":"1","UsePreviousValue":true}]"#,
            "file://nowhere.json",
            "--tags",
            r#"{"team": {}}"#,
        ],
        4
    ));
}

#[test]
fn a_stack_name_that_is_none_is_refused() {
    insta::assert_snapshot!(refused(Some(TEMPLATE), &["--stack-name", "orders_prod"], 2));
}

#[test]
fn a_missing_stack_name_is_said() {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    let keys = cn_testkit::Keys::new("AKIAEXAMPLE", "example");
    env.write_profile("china", &keys, "cn-north-1");
    insta::assert_snapshot!(deploy(&env, &[]).failed_with(2).snapshot());
}
