//! `cn-cleanup` against the emulators, and against scripts where they are too kind.

mod emulated;

use cn_testkit::{Output, Run, Seed, TestEnv, program, workspace_folder};

/// The program under test.
fn cn_cleanup<'e>(env: &'e TestEnv, arguments: &[&str]) -> Run<'e> {
    env.run(env!("CARGO_BIN_EXE_cn-cleanup")).args(arguments)
}

/// A run that deletes what it plans.
fn clean(env: &TestEnv, arguments: &[&str]) -> Output {
    cn_cleanup(env, arguments).arg("--yes").output()
}

/// A world with the sample application in the project folder.
fn with_sample() -> (TestEnv, Seed) {
    let env = TestEnv::new();
    let seed = env.seed();
    env.copy_folder(workspace_folder().join("fixtures/sample-app"), "");
    (env, seed)
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

/// The keys in the test's bucket.
fn keys(env: &TestEnv) -> Vec<String> {
    env.china().object_keys(env.bucket()).expect("answers")
}
