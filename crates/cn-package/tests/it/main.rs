//! `cn-package` from a user's view: the real binary, two emulators, the sample application.

mod bad_input;

mod conformance;
mod delta;
mod files;
mod foreign;
mod hostile;
mod killed;
mod long;
mod packaging;
mod parts;
mod regions;

use camino::Utf8PathBuf;
use cn_testkit::{Run, Seed, TestEnv};

/// Prepares the program under test, with a bucket and China keys in SSM, as CodeBuild would start
/// it.
fn cn_package(env: &TestEnv) -> Run<'_> {
    env.run(env!("CARGO_BIN_EXE_cn-package"))
}

/// Returns an environment with the sample application in the project folder.
fn with_sample() -> (TestEnv, Seed) {
    let env = TestEnv::new();
    let seed = env.seed();
    env.copy_folder(fixture("sample-app"), env.project());
    (env, seed)
}

fn fixture(name: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures")).join(name)
}
