//! The program with the emulators of both partitions.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod keyless;
mod killed;
mod rotation;
mod trace;

use cn_testkit::{ALLOW_ALL, ALLOW_NOTHING, Keys, Run, TestEnv};
use insta::assert_snapshot;
use serde_json::Value;

fn cn_keys<'a>(env: &'a TestEnv, action: &str) -> Run<'a> {
    env.run(env!("CARGO_BIN_EXE_cn-keys"))
        .arg(action)
        .args(["--region", "cn-north-1"])
}

/// Returns an environment, a user's key in China, and the parameter for the key.
fn world() -> (TestEnv, Keys, String) {
    let env = TestEnv::new();
    let keys = env.china_user("deployer", ALLOW_ALL);
    let parameter = env.parameter_name("key");
    env.set("CN_KEY_SSM", &parameter);
    (env, keys, parameter)
}

fn csv(keys: &Keys) -> String {
    let header = "\u{feff}Access key ID,Secret access key";
    format!("{header}\r\n{},{}\r\n", keys.id, keys.secret)
}

/// Returns the two halves in a JSON parameter.
fn stored(env: &TestEnv, parameter: &str) -> (String, String) {
    let text = env.home().parameter(parameter).unwrap().unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let half = |name: &str| value[name].as_str().unwrap().to_owned();
    (half("AccessKeyId"), half("SecretAccessKey"))
}

#[test]
fn puts_the_csv_of_the_console_into_one_parameter() {
    let (env, keys, parameter) = world();
    let put = cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded();
    assert_snapshot!(put.snapshot());
    assert_eq!(
        stored(&env, &parameter),
        (keys.id.clone(), keys.secret.clone())
    );
    env.assert_identities_kept_apart(&keys);
    env.forget_requests();
    let again = cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded();
    assert!(again.stderr().contains("No changes"), "{}", again.stderr());
    assert_eq!(env.requests().operation("PutParameter").count(), 0);
}

#[test]
fn puts_a_file_into_two_parameters() {
    let env = TestEnv::new();
    let keys = env.china_user("deployer", ALLOW_ALL);
    let (id, secret) = (env.parameter_name("id"), env.parameter_name("secret"));
    env.write("key.txt", format!("{}\n{}\n", keys.id, keys.secret));
    let run = cn_keys(&env, "put").args(["--key-file", "key.txt"]);
    let run = run.args(["--access-key-ssm", &id, "--secret-key-ssm", &secret]);
    drop(run.output().succeeded());
    assert_eq!(env.home().parameter(&id).unwrap(), Some(keys.id));
    assert_eq!(env.home().parameter(&secret).unwrap(), Some(keys.secret));
}

#[test]
fn stores_no_key_that_does_not_work() {
    let (env, keys, parameter) = world();
    let home = env.home().create_user(&env.name("builder"), ALLOW_ALL);
    let home = home.unwrap();
    env.keep_secret(&home.secret);
    env.redact(&home.id, "[HOME-KEY-ID]");
    let put = |input: String| cn_keys(&env, "put").stdin(input).output();
    let refused = put(csv(&home)).failed_with(5);
    assert_snapshot!("of_another_partition", refused.snapshot());
    let wrong = Keys::new(&keys.id, "not/the/secret");
    assert_snapshot!("wrong_secret", put(csv(&wrong)).failed_with(5).snapshot());
    assert_snapshot!("no_key", put("what?".to_owned()).failed_with(4).snapshot());
    assert_eq!(env.home().parameter(&parameter).unwrap(), None);
    env.home().put_parameter(&parameter, "plain").unwrap();
    let plain = put(csv(&keys)).failed_with(4);
    assert_snapshot!("not_secure", plain.snapshot());
}

#[test]
fn a_secret_is_no_name_of_a_parameter() {
    let env = TestEnv::new();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    env.keep_secret(secret);
    let run = cn_keys(&env, "status").args(["--key-ssm", secret]);
    let output = run.output();
    assert!(output.stderr().contains("Plaintext"), "{}", output.stderr());
    assert_eq!(output.code(), 2);
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn status_tells_age_use_and_both_slots() {
    let (env, keys, _) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    let user = env.name("deployer");
    let other = env.china().create_access_key(&user).unwrap();
    env.keep_secret(&other.secret);
    env.redact(&other.id, "[OTHER-KEY-ID]");
    let text = cn_keys(&env, "status").output().succeeded();
    assert_snapshot!("status", text.snapshot());
    let run = cn_keys(&env, "status").args(["--format", "json"]);
    let shown: Value = serde_json::from_str(&run.output().succeeded().stdout()).unwrap();
    assert_eq!(shown["key-id"], keys.id);
    assert_eq!(shown["is-stored"], true);
    assert_eq!(shown["is-over-age"], false);
    assert_eq!(shown["keys"].as_array().unwrap().len(), 2);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let old = cn_keys(&env, "status").args(["--max-key-age", "1s"]);
    assert!(
        old.output()
            .failed_with(4)
            .stderr()
            .contains("older than 1s")
    );
}

#[test]
fn a_user_without_permissions_is_told_which_ones_it_needs() {
    let env = TestEnv::new();
    let keys = env.china_user("deployer", ALLOW_NOTHING);
    env.set("CN_KEY_SSM", &env.parameter_name("key"));
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    assert_snapshot!(cn_keys(&env, "rotate").output().failed_with(5).snapshot());
}

#[test]
fn an_administrator_revokes_a_key_and_its_sessions() {
    let (env, keys, _) = world();
    let admin = env.china_user("admin", ALLOW_ALL);
    env.write_profile("china-admin", &admin, "cn-north-1");
    let user = env.name("deployer");
    let run = cn_keys(&env, "revoke").args(["--key-id", &keys.id]);
    let output = run.args(["--admin-profile", "china-admin"]).output();
    assert_snapshot!(output.succeeded().snapshot());
    let slots = env.china().access_keys(&user).unwrap();
    assert_eq!(slots, [(keys.id.clone(), "Inactive".to_owned())]);
    let policy = env.china().user_policy(&user, "cn-keys-revoked-sessions");
    assert!(policy.unwrap().unwrap().contains("TokenIssueTime"));
    let requests = env.requests();
    assert_eq!(requests.to(cn_testkit::Side::Home).count(), 0, "{requests}");
}

#[test]
fn a_user_revokes_its_own_key_and_is_told_about_the_sessions() {
    let (env, keys, _) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    let run = cn_keys(&env, "revoke").args(["--key-id", &keys.id]);
    let output = run.output().succeeded();
    let said = output.stderr();
    assert!(said.contains("holds this key: builds fail"), "{said}");
    assert!(said.contains("aws:TokenIssueTime"), "{said}");
    let slots = env.china().access_keys(&env.name("deployer")).unwrap();
    assert_eq!(slots, [(keys.id, "Inactive".to_owned())]);
}
