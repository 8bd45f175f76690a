use std::time::Duration;

use cn_testkit::{ALLOW_ALL, SECRET_MARK, TestEnv};

#[test]
fn a_program_sees_only_the_environment_of_the_test() {
    let env = TestEnv::new();
    env.write("in/note.txt", "hi\n");
    let output = env
        .run("/bin/sh")
        .args([
            "-c",
            "/usr/bin/env | grep -v '^_=' | sort; cat; pwd; cat note.txt; echo said >&2; exit 3",
        ])
        .env("CN_REGION", "cn-north-1")
        .env_remove("TERM")
        .current_dir("in")
        .stdin("input\n")
        .output();
    insta::assert_snapshot!(output.failed_with(3).snapshot());
}

#[test]
#[should_panic(expected = "a secret value was shown")]
fn a_shown_secret_fails_the_test() {
    let env = TestEnv::new();
    env.keep_secret("hunter2");
    let _output = env.run("/bin/echo").arg("the password is hunter2").output();
}

#[test]
#[should_panic(expected = "a secret value was shown")]
fn a_shown_secret_of_another_test_fails_the_test() {
    let other = TestEnv::new().china_user("other", ALLOW_ALL);
    assert!(other.secret.starts_with(SECRET_MARK) && other.secret.len() == 40);
    let _output = TestEnv::new().run("/bin/echo").arg(&other.secret).output();
}

#[test]
#[should_panic(expected = "a secret value is in the file")]
fn a_session_token_of_another_test_fails_the_test() {
    let other = TestEnv::new().china().assume_role("marked");
    let other = other.expect("assumed");
    assert!(other.secret.starts_with(SECRET_MARK));
    let token = other.session_token.expect("a session has a token");
    let env = TestEnv::new();
    let run = env.run("/bin/sh").args(["-c", "cat >\"$TMPDIR/kept\""]);
    let _output = run.stdin(token).output();
}

#[test]
#[should_panic(
    expected = "calls that the policy of `cn-check` does not allow: [\"cn-check\\ts3\\tListBuckets\"]"
)]
fn a_call_that_no_policy_allows_fails_the_test() {
    let env = TestEnv::new();
    let script = "import os, urllib.request
scope = 'AKID/20260101/cn-north-1/s3/aws4_request'
headers = {'Authorization': f'AWS4-HMAC-SHA256 Credential={scope}', 'User-Agent': 'aws-sdk-rust/1'}
try:
    urllib.request.urlopen(urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], headers=headers))
except OSError:
    pass
";
    let program = env.write("cn-check", format!("#!/usr/bin/env python3\n{script}"));
    drop(
        env.run("/bin/chmod")
            .args(["+x", program.as_str()])
            .output(),
    );
    env.fault(cn_testkit::Fault::on("ListBuckets").answer(403, "AccessDenied"));
    let _output = env.run(program).output();
}

#[test]
#[should_panic(expected = "a secret value is in the file")]
fn a_secret_in_a_file_of_a_program_fails_the_test() {
    let env = TestEnv::new();
    env.keep_secret("hunter2");
    env.write("input", "hunter2\n");
    let run = env.run("/bin/sh");
    drop(run.args(["-c", "true"]).output());
    let run = env
        .run("/bin/sh")
        .args(["-c", "cp input \"$TMPDIR/output\""]);
    let _output = run.output();
}

#[test]
#[should_panic(expected = "environment of a process: sleep 0.[SECRET]")]
fn a_secret_on_the_command_line_of_a_child_fails_the_test() {
    let env = TestEnv::new();
    env.keep_secret("2718281");
    env.write("input", "2718281");
    let script = "(sleep 0.$(cat input); true) & wait";
    let _output = env.run("/bin/sh").args(["-c", script]).output();
}

#[test]
#[should_panic(expected = "environment of a process: GIVEN=[SECRET]")]
fn a_secret_in_the_environment_of_a_child_fails_the_test() {
    let env = TestEnv::new();
    env.keep_secret("hunter2");
    env.write("input", "hunter2");
    let script = "GIVEN=$(cat input) sleep 0.2; true";
    let _output = env.run("/bin/sh").args(["-c", script]).output();
}

#[test]
#[should_panic(expected = "ran past its time limit:\nstarted")]
fn a_hanging_program_is_killed_and_quoted() {
    let env = TestEnv::new();
    let run = env.run("/bin/sh").args(["-c", "echo started; sleep 60"]);
    let _output = run.time_limit(Duration::from_millis(300)).output();
}

#[test]
fn an_interrupted_program_ends_by_the_signal() {
    let env = TestEnv::new();
    let running = env.run("/bin/sleep").arg("60").spawn();
    running.signal("INT");
    assert_eq!(
        running.output().snapshot(),
        "killed by signal 2\n----- stdout -----\n\n----- stderr -----\n"
    );
}

#[test]
fn the_home_identity_comes_from_the_container_as_in_codebuild() {
    let env = TestEnv::new();
    let output = env
        .aws()
        .args([
            "sts",
            "get-caller-identity",
            "--query",
            "Arn",
            "--output",
            "text",
        ])
        .output();
    assert_eq!(
        output.succeeded().stdout(),
        "arn:aws:sts::111122223333:assumed-role/build/build\n"
    );
    env.assert_no_secret_was_sent();
}

#[test]
fn the_aws_cli_works_with_a_written_profile() {
    let env = TestEnv::new();
    let seed = env.seed();
    env.write_profile("china", &seed.keys, "cn-north-1");
    let run = env
        .aws()
        .args(["sts", "get-caller-identity", "--profile", "china"])
        .env_remove("AWS_DEFAULT_REGION");
    let output = run.output().succeeded();
    assert!(
        output
            .stdout()
            .contains("arn:aws-cn:iam::444455556666:user/deployer-"),
        "{}",
        output.snapshot()
    );
    env.assert_identities_kept_apart(&seed.keys);
    assert_eq!(
        env.requests().signed_by(&seed.keys.id).to_string(),
        "cn-north-1 sts GetCallerIdentity -> 200\n"
    );
}

#[test]
fn git_commits_the_project() {
    let env = TestEnv::new();
    env.write("a.txt", "a");
    env.git_init();
    assert_eq!(env.git(&["ls-files"]), "a.txt\n");
}
