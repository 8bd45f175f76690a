//! Refusals: nothing is written, and the exit code gives the reason.

use cn_testkit::{ALLOW_ALL, Answer, Fault, Output, Script, Side, TestEnv};
use insta::assert_snapshot;

use crate::{assert_nothing_written, cn_profile};

fn refused(env: &TestEnv, code: i32) -> Output {
    let output = cn_profile(env).output().failed_with(code);
    assert_nothing_written(env);
    output
}

#[test]
fn a_parameter_that_does_not_exist() {
    let env = TestEnv::new();
    env.seed();
    env.set("USER_ACCESS_KEY_SSM", &env.parameter_name("Nowhere"));
    env.set("USER_SECRET_KEY_SSM", &env.parameter_name("Nowhere2"));
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn the_word_that_a_wrong_query_stores() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.home()
        .put_secure_parameter(&seed.secret_key_parameter, "None\n")
        .unwrap();
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn a_value_of_two_lines_is_not_shown() {
    let env = TestEnv::new();
    let seed = env.seed();
    let secret = "first-line-of-it\nsecond-line-of-it";
    env.keep_secret("first-line-of-it");
    env.keep_secret("second-line-of-it");
    env.home()
        .put_secure_parameter(&seed.secret_key_parameter, secret)
        .unwrap();
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn swapped_parameters() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.home()
        .put_secure_parameter(&seed.access_key_parameter, "not/an+id")
        .unwrap();
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn one_parameter_alone() {
    let env = TestEnv::new();
    env.seed();
    env.set("USER_SECRET_KEY_SSM", "");
    assert_snapshot!(refused(&env, 4).snapshot());
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn no_parameters() {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    assert_snapshot!(refused(&env, 4).snapshot());
}

#[test]
fn no_region_although_the_build_has_one() {
    let env = TestEnv::new();
    env.seed();
    env.unset("CN_REGION");
    assert_snapshot!(refused(&env, 4).snapshot());
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn keys_that_sts_refuses() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.home()
        .put_secure_parameter(&seed.access_key_parameter, "AKIAIOSFODNN7EXAMPLE")
        .unwrap();
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn a_secret_that_is_not_the_keys() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.home()
        .put_secure_parameter(&seed.secret_key_parameter, "wrong/wrong+wrong")
        .unwrap();
    env.keep_secret("wrong/wrong+wrong");
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn keys_of_the_home_partition() {
    let env = TestEnv::new();
    let seed = env.seed();
    let keys = env
        .home()
        .create_user(&env.name("stray"), ALLOW_ALL)
        .unwrap();
    env.keep_secret(&keys.secret);
    env.home()
        .put_secure_parameter(&seed.access_key_parameter, &keys.id)
        .unwrap();
    env.home()
        .put_secure_parameter(&seed.secret_key_parameter, &keys.secret)
        .unwrap();
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn an_identity_of_another_partition() {
    let env = TestEnv::new();
    env.seed();
    env.script(Script::of("sts").on("GetCallerIdentity", Answer::caller_identity(Side::Home)));
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn an_identity_of_another_account() {
    let env = TestEnv::new();
    env.seed();
    env.set("CN_ACCOUNT", "999999999999");
    assert_snapshot!(refused(&env, 5).snapshot());
}

#[test]
fn home_must_not_be_the_profile_that_is_written() {
    let env = TestEnv::new();
    env.seed();
    env.set("AWS_PROFILE", "china");
    assert_snapshot!(refused(&env, 5).snapshot());
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_home_profile_without_keys_does_not_become_the_role_of_the_build() {
    let env = TestEnv::new();
    env.seed();
    let config = env.home_folder().join(".aws/config");
    env.write(&config, "[profile build]\nregion = us-east-1\n");
    let output = cn_profile(&env).args(["--home-profile", "build"]).output();
    assert_snapshot!(output.failed_with(5).snapshot());
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_build_without_credentials() {
    let env = TestEnv::new();
    env.seed();
    env.unset("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let output = refused(&env, 5);
    assert!(
        output.stderr().contains("give the build a role"),
        "{}",
        output.stderr()
    );
}

#[test]
fn a_home_that_does_not_answer() {
    let env = TestEnv::new();
    env.seed();
    env.set("AWS_MAX_ATTEMPTS", "2");
    env.fault(Fault::on("GetParameters").throttled().always());
    assert_snapshot!(refused(&env, 9).snapshot());
    assert_eq!(
        env.requests().operations(),
        ["GetParameters", "GetParameters"]
    );
}

#[test]
fn a_profile_that_assumes_a_role_is_not_overwritten() {
    let env = TestEnv::new();
    env.seed();
    let config = env.home_folder().join(".aws/config");
    let before =
        "[profile china]\nrole_arn = arn:aws-cn:iam::444455556666:role/r\nsource_profile = x\n";
    env.write(&config, before);
    assert_snapshot!(cn_profile(&env).output().failed_with(4).snapshot());
    assert_eq!(env.read(&config), before);
}
