//! Rotations from a user's view.

use cn_testkit::{Fault, Run, TestEnv};
use insta::assert_snapshot;

use super::{cn_keys, csv, stored, world};

/// Prepares a rotation that is due and has no waiting times.
pub(crate) fn rotate(env: &TestEnv) -> Run<'_> {
    cn_keys(env, "rotate")
        .args(["--min-age", "0s", "--grace", "0s", "--leftover-age", "0s"])
        .args(["--proof-interval", "20ms"])
}

/// Fails unless the user has only one key, which is stored and works.
pub(crate) fn assert_one_working_key(env: &TestEnv, user: &str, id: &str, secret: &str) {
    let slots = env.china().access_keys(user).unwrap();
    assert_eq!(slots, [(id.to_owned(), "Active".to_owned())]);
    let keys = cn_testkit::Keys::new(id, secret);
    let arn = env.client(cn_testkit::Side::China, keys).caller_arn();
    assert!(arn.unwrap().ends_with(user));
}

#[test]
fn replaces_the_key_in_one_parameter() {
    let (env, keys, parameter) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    let dry = rotate(&env).arg("--dry-run").output().succeeded();
    assert_snapshot!("dry_run", dry.snapshot());
    assert_eq!(stored(&env, &parameter).0, keys.id);
    let output = rotate(&env).output().succeeded();
    let (id, secret) = stored(&env, &parameter);
    assert_ne!(id, keys.id);
    env.redact(&id, "[NEW-KEY-ID]");
    let shown = env.redacted(&output.snapshot());
    assert!(!shown.contains(&secret), "the new secret is shown");
    assert_snapshot!("rotated", shown);
    assert_one_working_key(&env, &env.name("deployer"), &id, &secret);
    env.assert_identities_kept_apart(&keys);
}

#[test]
fn replaces_the_key_in_two_parameters_and_keeps_the_old_one_for_its_grace() {
    let env = TestEnv::new();
    let seed = env.seed();
    let run = cn_keys(&env, "rotate").args(["--min-age", "0s", "--proof-interval", "20ms"]);
    let output = run.output().succeeded();
    assert!(
        output.stderr().contains("stays inactive"),
        "{}",
        output.stderr()
    );
    let home = env.home();
    let id = home.parameter(&seed.access_key_parameter).unwrap().unwrap();
    let slots = env.china().access_keys(&env.name("deployer")).unwrap();
    let expected = [(seed.keys.id, "Inactive"), (id, "Active")];
    let expected = expected.map(|(id, status)| (id, status.to_owned()));
    assert_eq!(slots, expected);
}

#[test]
fn a_key_of_today_is_left_alone() {
    let (env, keys, parameter) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    let output = cn_keys(&env, "rotate").output().succeeded();
    assert!(
        output.stderr().contains("not old enough"),
        "{}",
        output.stderr()
    );
    assert_eq!(stored(&env, &parameter).0, keys.id);
}

#[test]
fn several_keys_rotate_in_one_run_and_one_failure_does_not_stop_the_others() {
    let (env, keys, parameter) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    let missing = env.parameter_name("missing");
    let run = rotate(&env).args(["--key-ssm", &missing, "--key-ssm", &parameter]);
    let output = run.output().failed_with(4);
    assert!(output.stdout().contains("rotated"), "{}", output.stdout());
    assert!(output.stderr().contains(&missing), "{}", output.stderr());
    assert_ne!(stored(&env, &parameter).0, keys.id);
}

#[test]
fn a_refused_step_is_undone_and_says_so() {
    let (env, keys, parameter) = world();
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    env.fault(Fault::on("PutParameter").answer(400, "AccessDeniedException"));
    let output = rotate(&env).output().failed_with(5);
    let said = output.stderr();
    assert!(said.contains("the new key was deleted"), "{said}");
    let (id, secret) = stored(&env, &parameter);
    assert_eq!(id, keys.id);
    assert_one_working_key(&env, &env.name("deployer"), &id, &secret);
}

/// Tests that even the finest log shows neither the stored key nor the new key.
#[test]
fn no_log_shows_a_secret() {
    let (env, keys, parameter) = world();
    env.set("CN_LOG", "trace");
    drop(cn_keys(&env, "put").stdin(csv(&keys)).output().succeeded());
    let rotated = rotate(&env).output().succeeded();
    let status = cn_keys(&env, "status").output().succeeded();
    let (_, secret) = stored(&env, &parameter);
    let encoded = secret.replace('/', "%2F").replace('+', "%2B");
    for output in [rotated, status] {
        let shown = output.stdout() + &output.stderr();
        assert!(shown.contains("DEBUG"), "nothing is logged");
        assert!(
            !shown.contains(&secret) && !shown.contains(&encoded),
            "the secret is logged"
        );
    }
    assert!(!env.home_folder().join(".aws").exists());
    let left = fs_err::read_dir(env.temporary_folder()).unwrap().count();
    assert_eq!(left, 0, "a temporary file is left");
}
