//! The command-line layer as a process: streams, exit codes, signals, panics.
//!
//! Runs the program in `examples/greet.rs`.

mod schema;
mod signals;

use camino::Utf8PathBuf;
use cn_testkit::{Run, TestEnv};
use insta::assert_snapshot;

fn example() -> Utf8PathBuf {
    cn_testkit::example("greet")
}

fn greet<'a>(env: &'a TestEnv, arguments: &[&str]) -> Run<'a> {
    env.run(example()).args(arguments)
}

#[test]
fn a_panic_is_an_internal_error() {
    let env = TestEnv::new();
    let output = greet(&env, &["--trouble", "panic"])
        .output()
        .failed_with(70);
    assert_snapshot!(output.snapshot());
}

#[test]
fn a_failure_says_what_why_and_what_next() {
    let env = TestEnv::new();
    let arguments = ["--trouble", "rain", "--verbose"];
    assert_snapshot!(
        "failure",
        greet(&env, &arguments).output().failed_with(8).snapshot()
    );
    let arguments = ["--trouble", "rain", "--format", "json"];
    assert_snapshot!(
        "failure_json",
        greet(&env, &arguments).output().failed_with(8).snapshot()
    );
}

#[test]
fn findings_are_all_shown() {
    let env = TestEnv::new();
    let arguments = ["--trouble", "finding"];
    assert_snapshot!(
        "findings",
        greet(&env, &arguments).output().failed_with(4).snapshot()
    );
    let arguments = ["--trouble", "finding", "--quiet"];
    assert_snapshot!(
        "findings_quiet",
        greet(&env, &arguments).output().failed_with(4).snapshot()
    );
    let arguments = ["--trouble", "finding", "--format", "json"];
    assert_snapshot!(
        "findings_json",
        greet(&env, &arguments).output().failed_with(4).snapshot()
    );
}

#[test]
fn color_is_for_those_who_ask() {
    let env = TestEnv::new();
    let stderr = |arguments: &[&str]| greet(&env, arguments).output().failed_with(8).stderr();
    assert!(!stderr(&["--trouble", "x"]).contains('\u{1b}'));
    assert!(stderr(&["--trouble", "x", "--color", "always"]).contains("\u{1b}[1m\u{1b}[91merror"));
    env.set("CN_COLOR", "always");
    assert!(!stderr(&["--trouble", "x", "--color", "never"]).contains('\u{1b}'));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let env = TestEnv::new();
    let script = format!("set -o pipefail; {} --quiet | head -n 1", example());
    let output = env
        .run("/bin/bash")
        .args(["-c", &script])
        .output()
        .succeeded();
    assert_snapshot!(output.snapshot());
}
