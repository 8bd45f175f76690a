//! Uploads that need longer than the build that runs them has.

use cn_testkit::sink::{Sink, SinkOptions};
use cn_testkit::{ALLOW_ALL, TestEnv};

use super::cn_package;
use super::killed::noise;

const MIB: usize = 1024 * 1024;
const TEMPLATE: &str = "Resources:
  J: {Type: AWS::Glue::Job, Properties: {Command: {Name: glueetl, ScriptLocation: data.bin}}}
";

/// Returns the messages of a run that is killed once the bucket has three of the eight parts.
///
/// The limit on the bandwidth makes that the eighth second at the earliest. Estimates begin
/// with the fifth.
fn said_before_half_was_sent(env: &TestEnv, more: &[&str]) -> String {
    let sink = Sink::start("127.0.0.1:0", SinkOptions::default()).expect("a port is free");
    let has_three_parts = || {
        let requests = sink.requests().into_iter();
        requests.filter(|it| it.operation == "UploadPart").count() >= 3
    };
    let limits = ["--max-bandwidth", "2MB", "--concurrency", "1"];
    let mut running = cn_package(env)
        .args(["--s3-bucket", "bkt", "--output-template-file", "out.yaml"])
        .args(limits)
        .args(more)
        .env("AWS_ENDPOINT_URL_S3", sink.url())
        .spawn();
    assert!(running.wait_until(|_| has_three_parts()), "it ended early");
    running.kill();
    running.output().stderr()
}

#[test]
fn a_build_that_ends_before_its_upload_is_warned_early() {
    let env = TestEnv::new();
    let keys = env.china_user("deployer", ALLOW_ALL);
    env.write_profile("china", &keys, "cn-north-1");
    env.write("template.yaml", TEMPLATE);
    env.write("data.bin", noise(40 * MIB, 1));
    // The build began in 1970.
    env.set("CODEBUILD_START_TIME", "0");
    let [warned, calm] = std::thread::scope(|scope| {
        let timeouts = ["60m", "100years"];
        let run = |timeout| {
            let env = &env;
            scope.spawn(move || said_before_half_was_sent(env, &["--build-timeout", timeout]))
        };
        let runs = timeouts.map(run);
        runs.map(|run| run.join().expect("a run"))
    });
    let warnings: Vec<&str> = warned.lines().filter(|it| it.contains("warning")).collect();
    let [warning] = warnings[..] else {
        panic!("one warning is expected: {warned}");
    };
    for part in [
        "the upload needs another ",
        "the build ends in 0 s",
        "run again to continue with the parts that S3 has",
        "later builds send only what changed, unless `--no-delta` is set",
    ] {
        assert!(warning.contains(part), "{warning}");
    }
    assert!(!calm.contains("warning"), "{calm}");
    // Thousands of pieces were sent; a line about them is due after half a minute.
    for said in [warned, calm] {
        assert!(!said.contains("sending  "), "{said}");
        assert!(said.lines().count() <= 5, "{said}");
    }
}
