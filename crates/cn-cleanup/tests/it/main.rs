//! Tests of `cn-cleanup` with the emulators, and with faults and scripts where they are too
//! lenient.

mod access;
mod emulated;
mod needed;
mod sweep;
mod trouble;

use cn_testkit::{Output, Run, TestEnv, program, workspace_folder};

/// Prepares a run of the program under test.
fn cn_cleanup<'e>(env: &'e TestEnv, arguments: &[&str]) -> Run<'e> {
    env.run(env!("CARGO_BIN_EXE_cn-cleanup")).args(arguments)
}

/// Runs the program so that it deletes what it plans.
fn clean(env: &TestEnv, arguments: &[&str]) -> Output {
    cn_cleanup(env, arguments).arg("--yes").output()
}

/// Returns the key of an artifact, in the form of packaging; no other test has it.
fn artifact(env: &TestEnv, letter: char) -> String {
    let name = env.name("artifact");
    let (_, id) = name.rsplit_once("-t").expect("names end in an ID");
    format!("{letter}{id:0>63}.zip")
}

/// Writes an object into the test's bucket.
fn put(env: &TestEnv, key: &str) {
    let written = env.china().put_object(env.bucket(), key, b"artifact");
    written.expect("objects can be written");
}

/// Returns the keys in the test's bucket.
fn keys(env: &TestEnv) -> Vec<String> {
    env.china().object_keys(env.bucket()).expect("answers")
}

/// Returns a template that references an artifact without needing it.
fn pointing_at(env: &TestEnv, key: &str) -> String {
    let bucket = env.bucket();
    format!(
        "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    \
         Properties: {{QueueName: !Sub '${{AWS::StackName}}-queue'}}\n    Metadata: {{Code: 's3://{bucket}/{key}'}}\n"
    )
}

/// Creates a stack that references an artifact.
fn create(env: &TestEnv, stem: &str, key: &str) -> String {
    let stack = env.name(stem);
    let created = env
        .china()
        .create_stack(&stack, &pointing_at(env, key), &[]);
    created.expect("stacks can be created");
    stack
}

fn status(env: &TestEnv, stack: &str) -> Option<String> {
    env.china().stack_status(stack).expect("answers")
}

/// Returns an environment with the sample application in the project folder.
fn with_sample() -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
    env
}

/// Packages the project and deploys it as a stage of the application.
fn deploy(env: &TestEnv, stage: &str) {
    let package = env.run(program("cn-package")).arg("--output-template-file");
    drop(package.arg(format!("{stage}.yaml")).output().succeeded());
    redeploy(env, stage, &format!("{stage}.yaml"));
}

/// Deploys a packaged template as a stage of the application.
fn redeploy(env: &TestEnv, stage: &str, template: &str) {
    let run = env.run(program("cn-deploy")).args([
        "--stack-name",
        &env.name(stage),
        "--template-file",
        template,
        "--parameter-overrides",
        &format!("Stage={stage}"),
    ]);
    drop(run.output().succeeded());
}

#[test]
fn help_says_what_can_be_deleted() {
    let env = TestEnv::new();
    let help = cn_cleanup(&env, &["--help"]).output().succeeded();
    insta::assert_snapshot!(help.snapshot());
}
