//! Blockers of a clean-up, and failures during one.

use cn_testkit::{Answer, Events, Fault, Keys, Script, Side, Stack, TestEnv};

use crate::{artifact, clean, cn_cleanup, create, keys, put, status};

fn world() -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    env
}

/// Returns an environment whose CloudFormation in China is only the script.
fn scripted(script: Script) -> TestEnv {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    env.write_profile("china", &Keys::new("AKIAEXAMPLE", "example"), "cn-north-1");
    env.script(Script::of("sts").on("GetCallerIdentity", Answer::caller_identity(Side::China)));
    let resources = "<StackResourceSummaries><member><LogicalResourceId>Topic</LogicalResourceId>\
        <ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
        </member></StackResourceSummaries>";
    let template = "<TemplateBody>Resources: {Topic: {Type: AWS::SNS::Topic}}</TemplateBody>";
    let script = script
        .on("GetTemplate", Answer::raw_result("GetTemplate", template))
        .on(
            "ListStackResources",
            Answer::raw_result("ListStackResources", resources),
        )
        .on("DeleteStack", Answer::result("DeleteStack", &[]));
    env.script(script);
    env
}

// A deletion that fails and is started again: CloudFormation user guide, "Delete a stack", and
// `DeleteStack`: a stack in DELETE_FAILED can be deleted again.
#[test]
fn a_failed_deletion_tells_its_root_cause_and_the_next_run_converges() {
    let stack = |status: &str| Stack::new("orders", status);
    let none = Events::new("orders").of_operation("");
    let failed = Events::new("orders")
        .of_operation("{{DeleteStack.ClientRequestToken}}")
        .stack_event("DELETE_IN_PROGRESS", "User Initiated")
        .event("Topic", "AWS::SNS::Topic", "DELETE_IN_PROGRESS", "")
        .event(
            "Topic",
            "AWS::SNS::Topic",
            "DELETE_FAILED",
            "User: arn:aws-cn:iam::444455556666:user/deployer is not authorized to perform: SNS:DeleteTopic",
        )
        .stack_event("DELETE_FAILED", "The following resource(s) failed to delete: [Topic].");
    let deleted = failed
        .clone()
        .stack_event("DELETE_IN_PROGRESS", "User Initiated")
        .event("Topic", "AWS::SNS::Topic", "DELETE_COMPLETE", "")
        .stack_event("DELETE_COMPLETE", "");
    let script = Script::of("cloudformation")
        .on("DescribeStacks", stack("CREATE_COMPLETE"))
        .on("DescribeStacks", stack("CREATE_COMPLETE"))
        .on("DescribeStacks", stack("DELETE_FAILED"))
        .on("DescribeStacks", stack("DELETE_FAILED"))
        .on("DescribeStacks", stack("DELETE_FAILED"))
        .on("DescribeStacks", stack("DELETE_COMPLETE"))
        .on("DescribeStackEvents", none)
        .on("DescribeStackEvents", failed.clone())
        .on("DescribeStackEvents", failed.clone())
        .on("DescribeStackEvents", failed)
        .on("DescribeStackEvents", deleted);
    let env = scripted(script);
    let parts = ["--stack", "--stack-name", "orders"];
    insta::assert_snapshot!(
        "delete_failed",
        clean(&env, &parts).failed_with(1).snapshot()
    );
    insta::assert_snapshot!("delete_again", clean(&env, &parts).succeeded().snapshot());
    assert_eq!(env.requests().operation("DeleteStack").count(), 2);
}

// At the time limit, the deletion of the stack continues, and the next run follows it.
#[test]
fn the_time_limit_leaves_a_deletion_that_the_next_run_follows() {
    let stack = |status: &str| Stack::new("orders", status);
    let begun = Events::new("orders")
        .of_operation("")
        .stack_event("DELETE_IN_PROGRESS", "User Initiated");
    let over = begun.clone().stack_event("DELETE_COMPLETE", "");
    let script = Script::of("cloudformation")
        .on("DescribeStacks", stack("DELETE_IN_PROGRESS"))
        .on("DescribeStackEvents", begun);
    let env = scripted(script);
    let parts = ["--stack", "--stack-name", "orders"];
    let limited = [&parts[..], &["--max-wait", "2s"]].concat();
    let output = clean(&env, &limited).failed_with(7);
    assert!(
        output.stderr().contains("still being deleted"),
        "{}",
        output.stderr()
    );
    let script = Script::of("cloudformation")
        .on("DescribeStacks", stack("DELETE_IN_PROGRESS"))
        .on("DescribeStacks", stack("DELETE_IN_PROGRESS"))
        .on("DescribeStacks", stack("DELETE_COMPLETE"))
        .on("DescribeStackEvents", over);
    let env = scripted(script);
    drop(clean(&env, &parts).succeeded());
    assert_eq!(env.requests().operation("DeleteStack").count(), 0);
}

#[test]
fn a_bucket_with_content_stops_the_plan_and_is_emptied_when_it_is_named() {
    let env = world();
    let stack = env.name("data");
    let template = "Resources: {Data: {Type: AWS::S3::Bucket}}\n";
    env.china()
        .create_stack(&stack, template, &[])
        .expect("created");
    let resources = env.china().stack_resources(&stack).expect("answers");
    let bucket = resources.first().expect("a bucket").physical_id.clone();
    env.redact(&env.redacted(&bucket), "[DATA]");
    env.china()
        .put_object(&bucket, "a.txt", b"data")
        .expect("written");
    let parts = ["--stack", "--stack-name", &stack];
    let blocked = clean(&env, &parts).failed_with(8);
    insta::assert_snapshot!("bucket_not_empty", blocked.snapshot());
    let arguments = [&parts[..], &["--empty-bucket", "Data"]].concat();
    insta::assert_snapshot!("emptied", clean(&env, &arguments).succeeded().snapshot());
    assert_eq!(status(&env, &stack), None);
}

#[test]
fn exports_in_use_protection_and_retained_resources_are_named() {
    let env = world();
    let exports = format!(
        "Resources:\n  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {}}}}}\n  Kept: {{Type: AWS::SQS::Queue, \
         DeletionPolicy: Retain, Properties: {{QueueName: {}}}}}\nOutputs: {{Out: {{Value: \
         !GetAtt Queue.QueueName, Export: {{Name: {}}}}}}}\n",
        env.name("queue"),
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
        let id = env.redacted(&resource.physical_id);
        env.redact(&id, &format!("[{}]", resource.logical_id));
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
    put(&env, &artifact(&env, 'a'));
    put(&env, &artifact(&env, 'b'));
    let stack = create(&env, "dev", &artifact(&env, 'a'));
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
        output.stderr().contains("; retrying"),
        "{}",
        output.stderr()
    );
    assert_eq!(keys(&env), [artifact(&env, 'b')]);
    assert_eq!(status(&env, &stack), None);
}

// Amazon S3 API reference, `DeleteObjects`: the request succeeds, and each failure is an
// element of its answer. The emulator refuses single objects only under object lock.
#[test]
fn objects_that_s3_keeps_are_named_and_later_parts_are_not_begun() {
    let env = world();
    let stack = env.name("gone");
    for letter in ['a', 'b'] {
        put(&env, &artifact(&env, letter));
    }
    let denied = format!(
        "<DeleteResult><Error><Key>{}</Key><VersionId>null</VersionId><Code>AccessDenied</Code>\
         <Message>Access Denied</Message></Error></DeleteResult>",
        artifact(&env, 'b')
    );
    let script = Script::of("s3").on("DeleteObjects", Answer::xml(200, denied));
    env.script(script.otherwise_emulated());
    let arguments = [
        "--everything",
        "--artifacts-older-than",
        "0s",
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
    put(&env, &artifact(&env, 'a'));
    for wrong in [
        &["--account", "999999999999"][..],
        // The build's own role belongs to another partition.
        &["--default-chain"],
    ] {
        let arguments = [&["--artifacts-older-than", "0s"], wrong].concat();
        drop(clean(&env, &arguments).failed_with(5));
    }
    assert_eq!(keys(&env), [artifact(&env, 'a')]);
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
    put(&env, &artifact(&env, 'a'));
    let collect = ["--artifacts-older-than", "0s", "--format", "json"];
    let shown = cn_cleanup(&env, &collect).output().succeeded();
    insta::assert_snapshot!("json_plan", shown.without_digests().snapshot());
    let done = clean(&env, &collect).succeeded();
    insta::assert_snapshot!("json_done", done.without_digests().snapshot());
}
