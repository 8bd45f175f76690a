//! The two identities, in a program that uses the profile.

use cn_testkit::{ALLOW_ALL, Output, Side, TestEnv, program};
use insta::assert_snapshot;

/// Creates a change set for a small stack.
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
fn a_profile_without_keys_is_not_the_role_of_the_build() {
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

#[test]
fn halves_that_do_not_belong_together_are_read_again() {
    let env = TestEnv::new();
    let seed = env.seed();
    let home = env.home();
    let put = |secret: &str| home.put_secure_parameter(&seed.secret_key_parameter, secret);
    put("another/secret").unwrap();
    let running = super::cn_profile(&env).spawn();
    running.wait_for_request("GetCallerIdentity");
    put(&seed.keys.secret).unwrap();
    drop(running.output().succeeded());
    let credentials = env.read(env.home_folder().join(".aws/credentials"));
    assert!(credentials.contains(&seed.keys.secret));
}

#[test]
fn one_parameter_may_hold_both_halves() {
    let env = TestEnv::new();
    let seed = env.seed();
    let parameter = env.parameter_name("key");
    let value = format!(
        "{{\"Version\": 1, \"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"}}",
        seed.keys.id, seed.keys.secret
    );
    env.home().put_secure_parameter(&parameter, &value).unwrap();
    let run = super::cn_profile(&env).args(["--key-ssm", &parameter]);
    drop(run.output().succeeded());
    let run = super::cn_profile(&env).args(["--key-ssm", &seed.bucket_parameter]);
    let said = run.output().failed_with(5).stderr();
    assert!(
        said.contains("does not hold an access key as JSON"),
        "{said}"
    );
}

#[test]
fn a_command_gets_the_key_and_nothing_of_the_home_identity() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.set("AWS_PROFILE", "home");
    env.write(
        env.home_folder().join(".aws/config"),
        "[profile home]\ncredential_source = EcsContainer\n",
    );
    let run = super::cn_profile(&env).args(["exec", "--", "env"]);
    let shown = run.may_show_secrets().output().succeeded().stdout();
    assert!(
        shown.contains(&format!("AWS_ACCESS_KEY_ID={}", seed.keys.id)),
        "{shown}"
    );
    assert!(shown.contains("AWS_DEFAULT_REGION=cn-north-1"), "{shown}");
    for name in ["AWS_PROFILE", "AWS_CONTAINER", "AWS_SESSION_TOKEN"] {
        assert!(!shown.contains(name), "{shown}");
    }
    let run = super::cn_profile(&env).arg("exec");
    assert!(run.output().failed_with(2).stderr().contains("no command"));
}

#[test]
fn swapped_parameters_are_called_swapped() {
    let env = TestEnv::new();
    let seed = env.seed();
    let run = super::cn_profile(&env)
        .args(["--access-key-ssm", &seed.secret_key_parameter])
        .args(["--secret-key-ssm", &seed.access_key_parameter]);
    let said = run.output().failed_with(5).stderr();
    assert!(said.contains("swapped"), "{said}");
    let run = super::cn_profile(&env)
        .args(["--access-key-ssm", &seed.access_key_parameter])
        .args(["--secret-key-ssm", &seed.access_key_parameter]);
    let said = run.output().failed_with(5).stderr();
    assert!(said.contains("both halves"), "{said}");
}

#[test]
fn a_variable_with_the_secret_instead_of_its_name_is_never_shown_or_sent() {
    let env = TestEnv::new();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    env.keep_secret(secret);
    env.set("CN_REGION", "cn-north-1");
    env.set("USER_ACCESS_KEY_SSM", "AKIAIOSFODNN7EXAMPLE");
    env.set("USER_SECRET_KEY_SSM", secret);
    let said = super::cn_profile(&env).output().failed_with(4).stderr();
    assert!(said.contains("Plaintext"), "{said}");
    assert_eq!(env.requests().count(), 0);
}
