//! The program with the emulators of both partitions.
//!
//! `docs/conformance.md` lists the cases that compare it with the AWS CLI.

mod files;
mod identities;
mod refusals;
mod sessions;
mod shell;

use cn_testkit::{Run, TestEnv};
use insta::assert_snapshot;

fn cn_profile(env: &TestEnv) -> Run<'_> {
    env.run(env!("CARGO_BIN_EXE_cn-profile"))
}

/// Runs to a successful end; the caller checks the effects.
fn succeeds(run: Run<'_>) {
    drop(run.output().succeeded());
}

/// Fails if a profile file exists.
fn assert_nothing_written(env: &TestEnv) {
    let folder = env.home_folder().join(".aws");
    for name in ["credentials", "config"] {
        assert!(!folder.join(name).exists(), "{name} was written");
    }
}

#[test]
fn writes_a_profile_with_which_the_aws_cli_works() {
    let env = TestEnv::new();
    let seed = env.seed();
    assert_snapshot!(cn_profile(&env).output().succeeded().snapshot());
    env.assert_identities_kept_apart(&seed.keys);
    env.assert_no_secret_was_sent();
    assert_eq!(
        env.requests().operations(),
        ["GetParameters", "GetCallerIdentity", "ListAccessKeys"]
    );
    let call = ["sts", "get-caller-identity", "--profile", "china"];
    // In CodeBuild, these two variables name the home region, and the CLI prefers them to the
    // profile's region.
    let cli = env
        .aws()
        .args(call)
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION");
    let said = cli.output().succeeded().stdout();
    assert!(
        said.contains("arn:aws-cn:iam::444455556666:user/deployer"),
        "{said}"
    );
}

#[test]
fn a_second_run_writes_nothing() {
    let env = TestEnv::new();
    env.seed();
    let folder = env.home_folder().join(".aws");
    assert!(
        cn_profile(&env)
            .output()
            .succeeded()
            .stderr()
            .contains("wrote")
    );
    let written_at = |name: &str| {
        fs_err::metadata(folder.join(name))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = (written_at("credentials"), written_at("config"));
    assert_snapshot!(cn_profile(&env).output().succeeded().snapshot());
    assert_eq!((written_at("credentials"), written_at("config")), before);
}

#[test]
fn a_dry_run_verifies_and_writes_nothing() {
    let env = TestEnv::new();
    env.seed();
    assert_snapshot!(
        cn_profile(&env)
            .arg("--dry-run")
            .output()
            .succeeded()
            .snapshot()
    );
    assert_nothing_written(&env);
}

#[test]
fn the_region_may_stand_in_the_configuration_file() {
    let env = TestEnv::new();
    env.seed();
    env.unset("CN_REGION");
    env.write(
        "cn.toml",
        "[default.global.parameters]\nregion = \"cn-northwest-1\"\n",
    );
    assert_snapshot!(cn_profile(&env).output().succeeded().snapshot());
}

#[test]
fn the_region_may_stand_in_the_profile() {
    let env = TestEnv::new();
    env.seed();
    env.unset("CN_REGION");
    let config = env.home_folder().join(".aws/config");
    env.write(&config, "[profile china]\nregion = cn-north-1\n");
    let output = cn_profile(&env).output().succeeded();
    assert!(!output.stderr().contains("config"), "{}", output.stderr());
    assert_eq!(env.read(&config), "[profile china]\nregion = cn-north-1\n");
}

#[test]
fn parameters_may_be_named_by_version() {
    let env = TestEnv::new();
    let seed = env.seed();
    let version = format!("{}:1", seed.access_key_parameter);
    succeeds(cn_profile(&env).args(["--access-key-ssm", &version]));
}

#[test]
fn the_result_as_json() {
    let env = TestEnv::new();
    env.seed();
    assert_snapshot!(
        cn_profile(&env)
            .args(["--format", "json"])
            .output()
            .succeeded()
            .snapshot()
    );
}

#[test]
fn serves_credentials_and_writes_nothing() {
    let env = TestEnv::new();
    let seed = env.seed();
    let run = cn_profile(&env)
        .arg("--credential-process")
        .may_show_secrets();
    let said = run.output().succeeded().stdout();
    let expected = format!(
        "{{\"Version\":1,\"AccessKeyId\":\"{}\",\"SecretAccessKey\":\"{}\"}}\n",
        seed.keys.id, seed.keys.secret
    );
    assert_eq!(said, expected);
    assert_nothing_written(&env);
}

#[test]
fn a_profile_can_call_the_program_so_that_no_secret_is_on_disk() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.redact(env!("CARGO_BIN_EXE_cn-profile"), "[CN-PROFILE]");
    assert_snapshot!(
        "write_process",
        cn_profile(&env)
            .arg("--write-process")
            .output()
            .succeeded()
            .snapshot()
    );
    let folder = env.home_folder().join(".aws");
    assert_snapshot!(
        "write_process_config",
        env.redacted(&env.read(folder.join("config")))
    );
    assert!(!folder.join("credentials").exists());
    // The profile contains everything that it needs: the variables may be gone, and other variables
    // have other meanings.
    env.write("cn.toml", "[default.profile.parameters]\nquiet = 1\n");
    let call = [
        "sts",
        "get-caller-identity",
        "--profile",
        "china",
        "--region",
        "cn-north-1",
    ];
    let cli = env
        .aws()
        .args(call)
        .env_remove("USER_ACCESS_KEY_SSM")
        .env_remove("CN_REGION")
        .env("CN_ENV", "prod")
        .env("CN_ACCOUNT", "nobody")
        .env("CN_FORMAT", "sarif")
        .env("CN_SHOW_CONFIG", "1")
        .env("CN_DRY_RUN", "true")
        .env("CN_LOG", "=,=");
    assert!(cli.output().succeeded().stdout().contains("arn:aws-cn:"));
    // Back to a written key.
    env.write("cn.toml", "");
    succeeds(cn_profile(&env));
    let config = env.read(folder.join("config"));
    assert_eq!(config, "[profile china]\nregion = cn-north-1\n");
    assert!(env.read(folder.join("credentials")).contains(&seed.keys.id));
}
