//! The command-line layer around the program: help, settings, signals, logs.

use std::time::Duration;

use cn_testkit::{Fault, TestEnv};
use insta::assert_snapshot;

use crate::{assert_nothing_written, cn_profile, succeeds};

#[test]
fn help() {
    let env = TestEnv::new();
    assert_snapshot!(
        "help",
        cn_profile(&env).arg("--help").output().succeeded().stdout()
    );
    assert_snapshot!(
        "help_short",
        cn_profile(&env).arg("-h").output().succeeded().stdout()
    );
}

#[test]
fn a_wrong_command_line() {
    let env = TestEnv::new();
    let output = cn_profile(&env).args(["--regoin", "cn-north-1"]).output();
    assert_snapshot!("wrong_flag", output.failed_with(2).snapshot());
    let output = cn_profile(&env).args(["--region", "peking"]).output();
    assert_snapshot!("wrong_region", output.failed_with(2).snapshot());
}

#[test]
fn a_value_from_elsewhere_is_blamed_on_its_place() {
    let env = TestEnv::new();
    env.write(
        "cn.toml",
        "[default.profile.parameters]\n# 区域\nregion = \"peking\"\n",
    );
    assert_snapshot!(
        "wrong_file",
        cn_profile(&env).output().failed_with(4).snapshot()
    );
    env.set("CN_REGION", "beijing");
    assert_snapshot!(
        "wrong_variable",
        cn_profile(&env).output().failed_with(4).snapshot()
    );
}

#[test]
fn settings_and_where_they_come_from() {
    let env = TestEnv::new();
    env.set("USER_ACCESS_KEY_SSM", "/china/id");
    env.set("CN_HOME_REGION", "eu-west-1");
    env.set("CN_QUIET", "");
    env.write(
        "cn.toml",
        "[default.global.parameters]\nregion = \"cn-north-1\"\nverbose = true\n\n\
         [default.profile.parameters]\nregion = \"cn-northwest-1\"\nacount = \"1\"\n",
    );
    let output = cn_profile(&env)
        .args(["--show-config", "--account", "123456789012"])
        .output();
    assert_snapshot!(output.succeeded().snapshot());
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_signal_leaves_nothing_half_done() {
    let env = TestEnv::new();
    env.seed();
    env.fault(Fault::on("GetCallerIdentity").delay(Duration::from_secs(20)));
    let run = cn_profile(&env).spawn();
    run.wait_for_request("GetCallerIdentity");
    run.signal("TERM");
    assert_snapshot!(run.output().failed_with(143).snapshot());
    assert_nothing_written(&env);
}

#[test]
fn no_log_level_shows_a_secret() {
    let env = TestEnv::new();
    env.seed();
    for filter in [
        "trace",
        "trace,aws_config=trace,aws_runtime=trace,aws_sigv4=trace,aws_smithy_runtime=trace,\
         aws_smithy_runtime_api=trace,aws_sdk_ssm=trace,aws_sdk_sts=trace,hyper=trace,hyper_util=trace,h2=trace",
    ] {
        // The output is searched for the seeded secrets.
        let output = cn_profile(&env).env("CN_LOG", filter).output().succeeded();
        assert!(
            output.stderr().contains("DEBUG cn_core::session"),
            "{}",
            output.stderr()
        );
    }
    assert!(
        cn_profile(&env)
            .env("CN_LOG", "aws_smithy_runtime=debug")
            .output()
            .succeeded()
            .stderr()
            .contains("aws_smithy_runtime")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let env = TestEnv::new();
    env.seed();
    let script = format!(
        "set -o pipefail; {0} --help | true && {0} | true",
        env!("CARGO_BIN_EXE_cn-profile")
    );
    succeeds(env.run("/bin/bash").args(["-c", &script]));
}

#[test]
fn failures_as_json() {
    let env = TestEnv::new();
    let output = cn_profile(&env).args(["--format", "json"]).output();
    assert_snapshot!(output.failed_with(4).snapshot());
}
