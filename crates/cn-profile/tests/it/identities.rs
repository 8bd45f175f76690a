//! The two identities, in a program that acts with the profile.

use cn_testkit::{ALLOW_ALL, Output, Side, TestEnv, program};
use insta::assert_snapshot;

/// Makes a change set for a small stack.
fn deploys(env: &TestEnv) -> Output {
    env.write(
        "template.yaml",
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n",
    );
    let stack = env.name("identities");
    env.run(program("cn-deploy"))
        .args(["--template-file", "template.yaml", "--no-execute-changeset"])
        .args(["--stack-name", &stack])
        .output()
}

#[test]
fn keys_in_the_environment_are_homes_alone() {
    let env = TestEnv::new();
    let seed = env.seed();
    let home = env
        .home()
        .create_user(&env.name("builder"), ALLOW_ALL)
        .unwrap();
    env.keep_secret(&home.secret);
    env.set("AWS_ACCESS_KEY_ID", &home.id);
    env.set("AWS_SECRET_ACCESS_KEY", &home.secret);
    env.write_profile("china", &seed.keys, "cn-north-1");
    env.unset("CN_REGION");
    drop(deploys(&env).succeeded());
    let requests = env.requests();
    assert_eq!(
        requests.signed_by(&home.id).to(Side::China).count(),
        0,
        "{requests}"
    );
    assert!(
        requests.signed_by(&seed.keys.id).to(Side::China).count() > 0,
        "{requests}"
    );
    env.assert_identities_kept_apart(&seed.keys);
}

#[test]
fn without_a_profile_the_key_stays_in_memory() {
    let env = TestEnv::new();
    let seed = env.seed();
    drop(deploys(&env).succeeded());
    env.assert_identities_kept_apart(&seed.keys);
    assert!(!env.home_folder().join(".aws").exists());
}

#[test]
fn case_87_a_profile_without_keys_is_not_the_role_of_the_build() {
    let env = TestEnv::new();
    let config = env.home_folder().join(".aws/config");
    env.write(&config, "[profile china]\nregion = cn-north-1\n");
    assert_snapshot!(deploys(&env).failed_with(5).snapshot());
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_profile_that_is_not_there() {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    assert_snapshot!("no_identity", deploys(&env).failed_with(5).snapshot());
    env.set("CN_PROFILE", "beijing");
    assert_snapshot!("no_profile", deploys(&env).failed_with(5).snapshot());
    assert_eq!(env.requests().count(), 0);
}
