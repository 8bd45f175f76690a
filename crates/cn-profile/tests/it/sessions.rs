//! Sessions instead of keys, several profiles in one run, and the age of the key.

use cn_testkit::{ALLOW_ALL, Answer, Fault, Keys, Output, Script, TestEnv};

use crate::{assert_nothing_written, cn_profile, succeeds};

/// Returns the identity that the AWS CLI has with a profile.
fn caller(env: &TestEnv, profile: &str) -> String {
    let call = ["sts", "get-caller-identity", "--profile", profile];
    let run = env.aws().args(call).args(["--region", "cn-north-1"]);
    run.output().succeeded().stdout()
}

fn credentials(env: &TestEnv) -> String {
    env.read(env.home_folder().join(".aws/credentials"))
}

/// Creates a user with its key in a JSON parameter.
fn stored_user(env: &TestEnv, stem: &str) -> (Keys, String) {
    let keys = env.china_user(stem, ALLOW_ALL);
    let parameter = env.parameter_name(stem);
    let value = format!(
        "{{\"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"}}",
        keys.id, keys.secret
    );
    let written = env.home().put_secure_parameter(&parameter, &value);
    written.expect("parameters can be written");
    (keys, parameter)
}

#[test]
fn a_session_is_written_instead_of_the_key_and_the_aws_cli_works_with_it() {
    let env = TestEnv::new();
    let seed = env.seed();
    let run = cn_profile(&env).args(["--session", "--session-duration", "1h"]);
    let said = run.output().succeeded().stderr();
    assert!(
        said.contains("the session of profile `china` ends at 2"),
        "{said}"
    );
    let request = env.requests().operation("GetSessionToken");
    let duration = request.0[0].field("DurationSeconds");
    assert_eq!(duration.as_deref(), Some("3600"));
    let written = credentials(&env);
    assert!(written.contains("aws_session_token = "), "{written}");
    assert!(!written.contains(&seed.keys.id), "the key is written");
    assert!(!written.contains(&seed.keys.secret), "the key is written");
    assert!(caller(&env, "china").contains("arn:aws-cn:"));
    // Back to the key, which does not work with the token of a session.
    succeeds(cn_profile(&env));
    assert!(!credentials(&env).contains("aws_session_token"));
    assert!(caller(&env, "china").contains(":user/deployer"));
}

#[test]
fn a_session_that_sts_refuses_or_that_is_too_short_is_not_written() {
    let env = TestEnv::new();
    env.seed();
    for time in ["14m", "37h", "soon"] {
        let run = cn_profile(&env).args(["--session", "--session-duration", time]);
        let said = run.output().failed_with(2).stderr();
        assert!(said.contains("--session-duration"), "{said}");
    }
    env.fault(Fault::on("GetSessionToken").answer(403, "AccessDenied"));
    let said = cn_profile(&env).arg("--session").output();
    let said = said.failed_with(5).stderr();
    assert!(
        said.contains("cannot get a session for the key in"),
        "{said}"
    );
    assert_nothing_written(&env);
}

#[test]
fn several_profiles_are_written_in_one_run() {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    let (dev, dev_key) = stored_user(&env, "dev");
    let (prod, prod_key) = stored_user(&env, "prod");
    let dev_profile = format!("dev={dev_key}");
    let run = |other: &str| -> Output {
        let run = cn_profile(&env).args(["--profile", &dev_profile]);
        run.args(["--profile", other]).output()
    };
    // Nothing is written if one of the profiles cannot be.
    let said = run("prod=/there/is/none").failed_with(5).stderr();
    assert!(said.contains("/there/is/none"), "{said}");
    assert_nothing_written(&env);
    let said = run(&dev_profile).failed_with(4).stderr();
    assert!(said.contains("profile `dev` was given twice"), "{said}");

    let stdout = run(&format!("prod={prod_key}")).succeeded().stdout();
    assert_eq!(stdout.lines().count(), 2, "{stdout}");
    let written = credentials(&env);
    assert!(
        written.contains(&dev.id) && written.contains(&prod.id),
        "{written}"
    );
    for (profile, user) in [("dev", ":user/dev"), ("prod", ":user/prod")] {
        assert!(caller(&env, profile).contains(user));
    }
    let several = ["--profile", "dev", "--profile", "prod"];
    let process = cn_profile(&env).args(several).arg("--credential-process");
    drop(process.output().failed_with(2));
    let exec = cn_profile(&env).args(several).args(["exec", "--", "true"]);
    drop(exec.output().failed_with(2));
}

/// Returns a script with the user's keys in IAM's list.
fn listed(keys: &Keys, created: &str) -> Script {
    let inside = format!(
        "<AccessKeyMetadata><member><UserName>deployer</UserName><AccessKeyId>{}</AccessKeyId>\
         <Status>Active</Status><CreateDate>{created}</CreateDate></member></AccessKeyMetadata>\
         <IsTruncated>false</IsTruncated>",
        keys.id
    );
    Script::of("iam").on(
        "ListAccessKeys",
        Answer::raw_result("ListAccessKeys", &inside),
    )
}

#[test]
fn an_old_key_is_warned_of_and_refused_from_a_given_age() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.script(listed(&seed.keys, "2024-01-02T03:04:05Z"));
    let said = cn_profile(&env)
        .arg("--dry-run")
        .output()
        .succeeded()
        .stderr();
    assert!(said.contains("warning: the access key in"), "{said}");
    assert!(said.contains("was created"), "{said}");
    let said = cn_profile(&env).args(["--max-key-age", "90d"]).output();
    let said = said.failed_with(4).stderr();
    assert!(said.contains("; the limit is 90 days"), "{said}");
    assert!(said.contains("cn-keys rotate"), "{said}");
    assert_nothing_written(&env);
    succeeds(cn_profile(&env).args(["--max-key-age", "100years"]));
}

#[test]
fn without_the_permission_the_age_counts_from_the_storing() {
    let env = TestEnv::new();
    env.seed();
    env.fault(
        Fault::on("ListAccessKeys")
            .answer(403, "AccessDenied")
            .always(),
    );
    let said = cn_profile(&env).output().succeeded().stderr();
    let note = "note: the age of the access key is counted from the time it was stored";
    assert_eq!(said.matches(note).count(), 1, "{said}");
    let said = cn_profile(&env).args(["--max-key-age", "0s"]).output();
    let said = said.failed_with(4).stderr();
    assert!(said.contains("was stored 0 days ago"), "{said}");
}
