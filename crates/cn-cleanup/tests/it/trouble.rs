//! What is in the way, and what goes wrong.

use std::time::Duration;

use cn_testkit::{Answer, Fault, Script, TestEnv};

use crate::{artifact, clean, cn_cleanup, create, keys, put, status};

fn world() -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    env
}

const BUCKET: &str = "Resources: {Data: {Type: AWS::S3::Bucket}}\n";

/// The name of the bucket that the stack made.
fn data(env: &TestEnv, stack: &str) -> String {
    let resources = env.china().stack_resources(stack).expect("answers");
    let name = resources.first().expect("a bucket").physical_id.clone();
    env.redact(&name, "[DATA]");
    name
}

#[test]
fn a_failed_deletion_tells_its_root_cause_and_later_runs_converge() {
    let env = world();
    let stack = env.name("data");
    env.china()
        .create_stack(&stack, BUCKET, &[])
        .expect("created");
    let bucket = data(&env, &stack);
    let parts = ["--stack", "--stack-name", &stack];

    // Somebody writes into the bucket after the plan was made.
    env.fault(Fault::on("DeleteStack").delay(Duration::from_secs(3)));
    let running = cn_cleanup(&env, &parts).arg("--yes").spawn();
    running.wait_for_request("DeleteStack");
    env.china()
        .put_object(&bucket, "late.txt", b"late")
        .expect("written");
    insta::assert_snapshot!("delete_failed", running.output().failed_with(1).snapshot());
    assert_eq!(status(&env, &stack).as_deref(), Some("DELETE_FAILED"));

    let blocked = clean(&env, &parts).failed_with(8);
    insta::assert_snapshot!("bucket_not_empty", blocked.snapshot());
    let arguments = [&parts[..], &["--empty-bucket", "Data"]].concat();
    let done = clean(&env, &arguments).succeeded();
    insta::assert_snapshot!("emptied", done.snapshot());
    assert_eq!(status(&env, &stack), None);
    let again = clean(&env, &parts).succeeded();
    assert_eq!(again.stdout().trim(), "Nothing to do");
}

#[test]
fn exports_in_use_protection_and_retained_resources_are_named() {
    let env = world();
    let exports = format!(
        "Resources:\n  Queue: {{Type: AWS::SQS::Queue}}\n  Kept: {{Type: AWS::SQS::Queue, \
         DeletionPolicy: Retain, Properties: {{QueueName: {}}}}}\nOutputs: {{Out: {{Value: \
         !GetAtt Queue.QueueName, Export: {{Name: {}}}}}}}\n",
        env.name("kept"),
        env.name("export"),
    );
    let imports = format!(
        "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {{DisplayName: \
         !ImportValue {}}}\n",
        env.name("export"),
    );
    let (china, net, app) = (env.china(), env.name("net"), env.name("app"));
    china.create_stack(&net, &exports, &[]).expect("created");
    for resource in china.stack_resources(&net).expect("answers") {
        env.redact(&resource.physical_id, &format!("[{}]", resource.logical_id));
    }
    china.create_stack(&app, &imports, &[]).expect("created");
    let protect = |is_wanted: &str| {
        let fields = [
            ("StackName", net.as_str()),
            ("EnableTerminationProtection", is_wanted),
        ];
        let set = china.query("cloudformation", "UpdateTerminationProtection", &fields);
        set.expect("set");
    };
    protect("true");
    let parts = ["--stack", "--stack-name", &net];
    insta::assert_snapshot!("blocked", clean(&env, &parts).failed_with(8).snapshot());
    assert_eq!(env.requests().operation("DeleteStack").count(), 0);

    protect("false");
    drop(clean(&env, &["--stack", "--stack-name", &app]).succeeded());
    let done = clean(&env, &parts).succeeded();
    assert!(done.stderr().contains("it stays and may cost money"));
    assert_eq!(status(&env, &net), None);
}

#[test]
fn throttling_and_lost_answers_only_take_time() {
    let env = world();
    put(&env, &artifact('a'));
    put(&env, &artifact('b'));
    let stack = create(&env, "dev", &artifact('a'));
    env.set("AWS_MAX_ATTEMPTS", "1");
    for operation in [
        "DescribeStacks",
        "GetTemplate",
        "DescribeStackEvents",
        "DeleteStack",
    ] {
        env.fault(Fault::on(operation).throttled().times(2));
    }
    for operation in ["ListObjectVersions", "DeleteObjects"] {
        env.fault(Fault::on(operation).answer(503, "SlowDown").times(2));
    }
    env.fault(Fault::on("DeleteObjects").skip(2).reset_after());
    env.fault(Fault::on("DeleteStack").skip(2).reset_after());
    let run = ["--stack", "--artifacts", "--stack-name", &stack];
    let output = clean(&env, &run).succeeded();
    assert!(
        output.stderr().contains("trying again"),
        "{}",
        output.stderr()
    );
    assert_eq!(keys(&env), [artifact('b')]);
    assert_eq!(status(&env, &stack), None);
}

// Amazon S3 API reference, `DeleteObjects`: the request succeeds, and each failure is an
// element of its answer. The emulator refuses single objects only under object lock.
#[test]
fn objects_that_s3_keeps_are_named_and_later_parts_are_not_begun() {
    let env = world();
    let stack = env.name("gone");
    for letter in ['a', 'b'] {
        put(&env, &artifact(letter));
    }
    let denied = format!(
        "<DeleteResult><Error><Key>{}</Key><VersionId>null</VersionId><Code>AccessDenied</Code>\
         <Message>Access Denied</Message></Error></DeleteResult>",
        artifact('b')
    );
    let script = Script::of("s3").on("DeleteObjects", Answer::xml(200, denied));
    env.script(script.otherwise_emulated());
    let arguments = [
        "--artifacts-older-than",
        "0s",
        "--key",
        "--stack-name",
        &stack,
    ];
    let output = clean(&env, &arguments).failed_with(5);
    insta::assert_snapshot!("objects_kept", output.without_digests().snapshot());
    assert_eq!(env.requests().operation("DeleteAccessKey").count(), 0);
}

#[test]
fn the_wrong_account_partition_or_identity_deletes_nothing() {
    let env = world();
    put(&env, &artifact('a'));
    for wrong in [
        &["--account", "999999999999"][..],
        // The build's own role is another partition's.
        &["--default-chain"],
        &["--region", "us-east-1"],
    ] {
        let arguments = [&["--artifacts-older-than", "0s"], wrong].concat();
        drop(clean(&env, &arguments).failed_with(5));
    }
    assert_eq!(keys(&env), [artifact('a')]);
    assert_eq!(env.requests().operation("DeleteObjects").count(), 0);
}

#[test]
fn a_run_that_chooses_nothing_or_lacks_a_name_is_refused_before_any_request() {
    let env = world();
    env.unset("S3_BUCKET_SSM");
    drop(cn_cleanup(&env, &[]).output().failed_with(2));
    for arguments in [
        &["--stack"][..],
        &["--artifacts", "--stack-name", "x"],
        &["--artifacts-older-than", "30d"],
        &["--parameters"],
        &["--parameters", "--parameter", "/a:1"],
        &["--stack", "--stack-name", "x", "--key", "--key-ssm", "/a:1"],
    ] {
        drop(clean(&env, arguments).failed_with(4));
    }
    let unused = [
        "--artifacts-older-than",
        "1d",
        "--empty-bucket",
        "x",
        "--s3-bucket",
        "bkt",
    ];
    drop(clean(&env, &unused).failed_with(2));
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn json_has_the_plan_and_the_result() {
    let env = world();
    put(&env, &artifact('a'));
    let collect = ["--artifacts-older-than", "0s", "--format", "json"];
    let shown = cn_cleanup(&env, &collect).output().succeeded();
    insta::assert_snapshot!("json_plan", shown.without_digests().snapshot());
    let done = clean(&env, &collect).succeeded();
    insta::assert_snapshot!("json_done", done.without_digests().snapshot());
}
