//! Input that cannot be packaged: a message, an exit code, and nothing sent or written.

use cn_testkit::{ALLOW_NOTHING, Side, TestEnv};

use super::{cn_package, with_sample};

/// Runs on a template of this text and checks that nothing was sent or written.
fn snapshot_of(name: &str, text: &str, code: i32) -> String {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    env.write(name, text);
    let output = cn_package(&env)
        .args(["-t", name, "--output-template-file", "out.yaml"])
        .output();
    let snapshot = output.failed_with(code).snapshot();
    assert_nothing_done(&env);
    snapshot
}

fn assert_nothing_done(env: &TestEnv) {
    assert_eq!(
        env.requests().object_puts().count(),
        0,
        "{}",
        env.requests()
    );
    assert!(!env.exists("out.yaml") && !env.exists("packaged.yaml"));
}

#[test]
fn a_missing_local_file() {
    let text = "Resources:\n  Orders:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: sorce/ # 代码\n";
    insta::assert_snapshot!(snapshot_of("t.yaml", text, 4));
}

#[test]
fn an_unparsable_template() {
    insta::assert_snapshot!(snapshot_of("t.yaml", "Resources:\n  A: [1, 2\n  B: c\n", 4));
}

#[test]
fn an_empty_template() {
    insta::assert_snapshot!(snapshot_of("t.yaml", "# 什么都没有\n", 4));
}

#[test]
fn a_template_without_resources() {
    insta::assert_snapshot!(snapshot_of("t.json", "{\"Description\": \"x\"}\n", 4));
}

#[test]
fn a_cnignore_that_is_not_utf_8() {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    env.write(
        "t.yaml",
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: code}\n",
    );
    env.write("code/secret.txt", "x");
    env.write("code/.cnignore", b"# \xc3\xdc\xd4\xbf\nsecret.txt\n");
    let output = cn_package(&env)
        .args(["-t", "t.yaml", "--output-template-file", "out.yaml"])
        .output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
    assert_nothing_done(&env);
}

#[test]
fn a_temporary_folder_that_is_not_there() {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    env.write(
        "t.yaml",
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: code}\n",
    );
    env.write("code/large.bin", vec![7; 2 * 1024 * 1024]);
    let output = cn_package(&env)
        .args(["-t", "t.yaml", "--output-template-file", "out.yaml"])
        .env("TMPDIR", "/nowhere/tmp")
        .output();
    let said = output.failed_with(4).stderr();
    assert!(
        said.contains("cannot create a temporary file in `/nowhere/tmp`"),
        "{said}"
    );
    assert!(!said.contains("large.bin"), "{said}");
    assert_nothing_done(&env);
}

#[test]
fn all_findings_are_shown_not_only_the_first() {
    let text = "Resources:\n  A:\n    Type: AWS::Lambda::Function\n    Properties: {Code: a}\n  A:\n    Type: AWS::Lambda::Function\n    Properties: {Code: [b]}\n";
    insta::assert_snapshot!(snapshot_of("t.yaml", text, 4));
}

#[test]
fn a_missing_template() {
    let (env, _seed) = with_sample();
    let output = cn_package(&env).args(["-t", "nowhere.yaml"]).output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
    assert_nothing_done(&env);
}

#[test]
fn a_missing_bucket() {
    let (env, _seed) = with_sample();
    let output = cn_package(&env)
        .args(["--s3-bucket", "nobodys-bucket"])
        .output();
    insta::assert_snapshot!(output.failed_with(1).snapshot());
    assert_nothing_done(&env);
}

#[test]
fn a_missing_bucket_parameter() {
    let (env, _seed) = with_sample();
    let output = cn_package(&env)
        .env("S3_BUCKET_SSM", "/nobody/wrote/this")
        .output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
    assert_nothing_done(&env);
}

#[test]
fn no_target_region() {
    let (env, _seed) = with_sample();
    env.write("cn.toml", "");
    let output = cn_package(&env).env_remove("CN_REGION").output();
    insta::assert_snapshot!(output.failed_with(4).snapshot());
    assert_eq!(env.requests().count(), 0, "{}", env.requests());
}

#[test]
fn keys_that_sts_refuses() {
    let (env, seed) = with_sample();
    let user = env.china_user("gone", ALLOW_NOTHING);
    env.china()
        .set_key_status(&env.name("gone"), &user.id, "Inactive")
        .unwrap();
    env.write_profile("china", &user, "cn-north-1");
    let output = cn_package(&env).output();
    insta::assert_snapshot!(output.failed_with(5).snapshot());
    assert_nothing_done(&env);
    env.assert_identities_kept_apart(&seed.keys);
}

#[test]
fn keys_that_may_not_write() {
    let (env, _seed) = with_sample();
    let user = env.china_user("reader", ALLOW_NOTHING);
    env.write_profile("china", &user, "cn-north-1");
    // Only one object, so that the first refusal is always the same.
    env.write(
        "one.yaml",
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {DefinitionS3Location: statemachine/orders.asl.json}\n",
    );
    let output = cn_package(&env).args(["-t", "one.yaml"]).output();
    insta::assert_snapshot!(output.failed_with(5).without_digests().snapshot());
    assert!(!env.exists("packaged.yaml"));
    assert_eq!(env.requests().to(Side::Home).object_puts().count(), 0);
}

#[test]
fn a_signal_ends_a_run_that_still_reads() {
    let (env, _seed) = with_sample();
    let template = "Resources:\n  J: {Type: AWS::Glue::Job, Properties: {Command: {ScriptLocation: data.bin}}}\n";
    env.write("t.yaml", template);
    // The file takes no space, but minutes to read.
    let file = fs_err::File::create(env.project().join("data.bin")).expect("made");
    file.set_len(1 << 40).expect("it has nothing but a hole");
    let running = cn_package(&env).args(["-t", "t.yaml"]).spawn();
    running.wait_for_open("data.bin");
    running.signal("TERM");
    let output = running.output().failed_with(143);
    assert!(output.stderr().contains("SIGTERM"), "{}", output.stderr());
    assert_nothing_done(&env);
}
