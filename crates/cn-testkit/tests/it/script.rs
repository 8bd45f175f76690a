use cn_testkit::{Answer, ChangeSet, Client, Events, Keys, Script, Side, Stack, TestEnv, xml};

fn china(env: &TestEnv) -> Client {
    env.client(Side::China, Keys::new("AKIAEXAMPLE", "example"))
}

// The order of events of a first deployment that fails: AWS CloudFormation user
// guide, "Stack failure options"; newest first: API reference, DescribeStackEvents.
#[test]
fn plays_a_first_deployment_that_rolls_back() {
    let env = TestEnv::new();
    let url = "https://example.com/?a&b";
    env.script(
        Script::of("cloudformation")
            .on("DescribeStacks", Answer::stack_missing("orders"))
            .on(
                "DescribeStacks",
                Stack::new("orders", "ROLLBACK_COMPLETE").output("Url", url),
            )
            .on(
                "CreateChangeSet",
                Answer::result("CreateChangeSet", &[("Id", "c")]),
            )
            .on(
                "DescribeChangeSet",
                ChangeSet::new("orders", "CREATE_COMPLETE").change(
                    "Add",
                    "Table",
                    "AWS::DynamoDB::Table",
                    "",
                ),
            )
            .on("ExecuteChangeSet", Answer::result("ExecuteChangeSet", &[]))
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .stack_event("CREATE_IN_PROGRESS", "")
                    .event(
                        "Table",
                        "AWS::DynamoDB::Table",
                        "CREATE_FAILED",
                        "Table already exists",
                    )
                    .stack_event("ROLLBACK_IN_PROGRESS", ""),
            ),
    );
    let client = china(&env);
    let call =
        |operation, fields: &[(&str, &str)]| client.query("cloudformation", operation, fields);
    let texts = |answer: &str, name| xml::all(answer, name).join(" ");

    assert_eq!(client.stack_status("orders").expect("answers"), None);
    call("CreateChangeSet", &[("ChangeSetName", "first")]).expect("answers");
    let change_set = call("DescribeChangeSet", &[]).expect("answers");
    assert!(texts(&change_set, "ChangeSetId").contains(":changeSet/first/"));
    call("ExecuteChangeSet", &[("ClientRequestToken", "t-1")]).expect("answers");
    let events = call("DescribeStackEvents", &[]).expect("answers");
    assert_eq!(texts(&events, "ClientRequestToken"), "t-1 t-1 t-1");
    assert_eq!(
        texts(&events, "ResourceStatus"),
        "ROLLBACK_IN_PROGRESS CREATE_FAILED CREATE_IN_PROGRESS"
    );
    let status = client.stack_status("orders").expect("answers");
    assert_eq!(status.as_deref(), Some("ROLLBACK_COMPLETE"));
    let missing = call("DeleteStack", &[]).expect_err("refused");
    assert_eq!(
        missing.message,
        "the test scripted no answer to DeleteStack"
    );
}

#[test]
fn answers_by_form_field_and_leaves_other_services_alone() {
    let env = TestEnv::new();
    let orders = [("StackName", "orders")];
    env.script(
        Script::of("cloudformation")
            .on("DescribeStacks", Stack::new("other", "CREATE_COMPLETE"))
            .when(
                "DescribeStacks",
                &orders,
                Stack::new("orders", "UPDATE_COMPLETE"),
            ),
    );
    let status = |stack| china(&env).stack_status(stack).expect("answers");
    assert_eq!(status("orders").as_deref(), Some("UPDATE_COMPLETE"));
    assert_eq!(status("other").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(
        china(&env).caller_arn().expect_err("unknown key").code,
        "InvalidClientTokenId"
    );
}

#[test]
fn the_aws_cli_reads_scripted_answers() {
    let env = TestEnv::new();
    env.script(Script::of("sts").on("GetCallerIdentity", Answer::caller_identity(Side::China)));
    env.script(
        Script::of("cloudformation").on(
            "DescribeStacks",
            Stack::new("orders", "CREATE_COMPLETE")
                .output("Url", "a&b")
                .tag("k", "v"),
        ),
    );
    let aws = |arguments: &[&str]| {
        let run = env
            .aws()
            .args(arguments)
            .args(["--output", "text", "--region", "cn-north-1"]);
        let run = run.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
        run.env("AWS_SECRET_ACCESS_KEY", "example")
            .output()
            .succeeded()
            .stdout()
    };
    let identity = aws(&["sts", "get-caller-identity", "--query", "Arn"]);
    assert_eq!(identity, "arn:aws-cn:iam::444455556666:user/deployer\n");
    let query = "Stacks[0].[StackStatus,Outputs[0].OutputValue,Tags[0].Key]";
    let stack = aws(&["cloudformation", "describe-stacks", "--query", query]);
    assert_eq!(stack, "CREATE_COMPLETE\ta&b\tk\n");
}
