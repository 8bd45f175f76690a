//! Flags: the requests that each sends, and the message if it cannot.

use cn_testkit::{Answer, ChangeSet, Events, Recorded, Script, Side, Stack, TestEnv};

use crate::scripted::{cloudformation, ready, scripted};
use crate::{TEMPLATE, deploy, said, seeded};

/// Returns a script of an update that succeeds.
fn update() -> Script {
    cloudformation()
        .on(
            "DescribeStacks",
            Stack::new("orders", "CREATE_COMPLETE").tag("team", "orders"),
        )
        .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
        .on("DescribeChangeSet", ready())
        .on("SetStackPolicy", Answer::result("SetStackPolicy", &[]))
        .on(
            "UpdateTerminationProtection",
            Answer::result("UpdateTerminationProtection", &[("StackId", "arn")]),
        )
        .on(
            "DescribeStackEvents",
            Events::new("orders")
                .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                .stack_event("UPDATE_COMPLETE", ""),
        )
}

fn sent(env: &TestEnv, operation: &str) -> Recorded {
    let requests = env.requests().operation(operation);
    assert_eq!(requests.count(), 1, "{operation}");
    requests.0[0].clone()
}

const POLICY: &str =
    r#"{"Statement":[{"Effect":"Deny","Action":"Update:Delete","Principal":"*","Resource":"*"}]}"#;

#[test]
fn a_stack_policy_comes_from_a_file_a_text_or_the_pipelines_configuration() {
    let configuration = format!(r#"{{"Parameters": {{"Delay": "1"}}, "StackPolicy": {POLICY}}}"#);
    for arguments in [
        vec!["--stack-policy", "policy.json"],
        vec!["--stack-policy", "file://policy.json"],
        vec!["--stack-policy", POLICY],
        vec!["--parameter-overrides", "file://pipeline.json"],
    ] {
        let env = scripted(update());
        env.write("policy.json", POLICY);
        env.write("pipeline.json", &configuration);
        drop(deploy(&env, &arguments).succeeded());
        let set = sent(&env, "SetStackPolicy");
        assert_eq!(
            set.field("StackPolicyBody").as_deref(),
            Some(POLICY),
            "{arguments:?}"
        );
        assert_eq!(set.field("StackName"), Some(Stack::id("orders")));
        let requests = env.requests();
        let order = requests.operations();
        let at = |name| order.iter().position(|operation| *operation == name);
        assert!(at("SetStackPolicy") < at("ExecuteChangeSet"), "{order:?}");
    }
}

#[test]
fn a_stack_policy_that_is_none_is_refused_before_any_call() {
    let env = scripted(update());
    env.write("policy.json", "Statement: []");
    let output = deploy(&env, &["--stack-policy", "policy.json"]).failed_with(4);
    insta::assert_snapshot!(said(&output));
    let absent = deploy(&env, &["--stack-policy", "nowhere.json"]).failed_with(4);
    assert!(absent.stderr().contains("cannot read `nowhere.json`"));
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_review_says_that_it_sets_neither_policy_nor_protection() {
    let env = scripted(update());
    let arguments = ["--no-execute-changeset", "--stack-policy", POLICY];
    let output = deploy(&env, &arguments).succeeded();
    assert!(
        output.stderr().contains("warning[CN617]"),
        "{}",
        output.stderr()
    );
    assert_eq!(env.requests().operation("SetStackPolicy").count(), 0);
}

#[test]
fn protection_alarms_and_retention_are_sent_as_asked() {
    let alarm = "arn:aws-cn:cloudwatch:cn-north-1:444455556666:alarm:errors";
    let env = scripted(update());
    let composite = format!("composite:{alarm}");
    drop(
        deploy(
            &env,
            &[
                "--termination-protection",
                "--rollback-triggers",
                alarm,
                &composite,
                "--monitoring-minutes",
                "15",
                "--retain-except-on-create",
            ],
        )
        .succeeded(),
    );
    let protection = sent(&env, "UpdateTerminationProtection");
    assert_eq!(
        protection.field("EnableTerminationProtection").as_deref(),
        Some("true")
    );
    let created = sent(&env, "CreateChangeSet");
    let of = |name: &str| created.field(&format!("RollbackConfiguration.{name}"));
    assert_eq!(of("MonitoringTimeInMinutes").as_deref(), Some("15"));
    assert_eq!(of("RollbackTriggers.member.1.Arn").as_deref(), Some(alarm));
    assert_eq!(
        of("RollbackTriggers.member.2.Type").as_deref(),
        Some("AWS::CloudWatch::CompositeAlarm")
    );
    let executed = sent(&env, "ExecuteChangeSet");
    assert_eq!(
        executed.field("RetainExceptOnCreate").as_deref(),
        Some("true")
    );

    let bad = deploy(&env, &["--rollback-triggers", "errors"]).failed_with(4);
    insta::assert_snapshot!("bad_trigger", said(&bad));
    drop(deploy(&env, &["--monitoring-minutes", "181"]).failed_with(2));
}

#[test]
fn protection_is_left_alone_where_it_is_right_already() {
    let env = scripted(update());
    // The flag overrides the file, even with the opposite value.
    env.write(
        "cn.toml",
        "[default.deploy.parameters]\ntermination_protection = true\n",
    );
    drop(deploy(&env, &["--no-termination-protection"]).succeeded());
    assert_eq!(
        env.requests()
            .operation("UpdateTerminationProtection")
            .count(),
        0
    );
}

#[test]
fn the_revision_is_a_tag_beside_those_the_stack_has() {
    for (arguments, revision) in [
        (vec!["--revision", "v7"], "v7"),
        (vec!["--tag-revision"], "4f0c1d"),
    ] {
        let env = scripted(update());
        env.set("CODEBUILD_RESOLVED_SOURCE_VERSION", "4f0c1d");
        drop(deploy(&env, &arguments).succeeded());
        let created = sent(&env, "CreateChangeSet");
        let tag = |at: usize, part: &str| created.field(&format!("Tags.member.{at}.{part}"));
        assert_eq!(tag(1, "Key").as_deref(), Some("team"));
        assert_eq!(tag(2, "Key").as_deref(), Some("cn:source-revision"));
        assert_eq!(tag(2, "Value").as_deref(), Some(revision));
    }
    let env = scripted(update());
    let output = deploy(&env, &["--tag-revision"]).failed_with(2);
    insta::assert_snapshot!(said(&output));
}

#[test]
fn a_template_in_s3_is_read_and_fetched_from_there() {
    let env = seeded("");
    let bucket = env.bucket().to_owned();
    let path = format!("/{bucket}/t/app-1.yaml");
    env.china()
        .rest("s3", "PUT", &path, "", TEMPLATE.as_bytes().to_vec())
        .expect("written");
    let https = format!("https://{bucket}.s3.cn-north-1.amazonaws.com.cn/t/app-1.yaml");
    let url = format!("https://s3.cn-north-1.amazonaws.com.cn/{bucket}/t/app-1.yaml");
    for address in [format!("s3://{bucket}/t/app-1.yaml"), https] {
        env.forget_requests();
        let output = deploy(
            &env,
            &[
                "--template-file",
                &address,
                "--parameter-overrides",
                "Dely=1",
            ],
        );
        let output = output.succeeded();
        assert!(
            output.stderr().contains("did you mean `Delay`?"),
            "{}",
            output.stderr()
        );
        let created = sent(&env, "CreateChangeSet");
        assert_eq!(created.field("TemplateURL").as_deref(), Some(url.as_str()));
        assert_eq!(created.field("TemplateBody"), None);
        assert_eq!(env.requests().object_puts().count(), 0);
    }
    let absent = format!("s3://{bucket}/absent.yaml");
    let output = deploy(&env, &["--template-file", &absent]).failed_with(1);
    insta::assert_snapshot!("absent_in_s3", said(&output));
    let foreign = "https://s3.us-east-1.amazonaws.com/b/t.yaml";
    let output = deploy(&env, &["--template-file", foreign]).failed_with(4);
    insta::assert_snapshot!("in_another_partition", said(&output));
}

#[test]
fn values_from_parameters_of_the_home_account_are_never_shown() {
    let template = TEMPLATE.replace(
        "Resources:",
        "  Password: {Type: String, NoEcho: true}\n  Shown: {Type: String}\nResources:",
    );
    let env = seeded(&template);
    let (password, shown) = (env.parameter_name("Password"), env.parameter_name("Shown"));
    let home = env.home();
    home.put_secure_parameter(&password, "hunter2-of-password")
        .expect("written");
    home.put_secure_parameter(&shown, "hunter2-of-shown")
        .expect("written");
    env.keep_secret("hunter2-of-password");
    env.keep_secret("hunter2-of-shown");
    let overrides =
        format!(r#"{{"Password": "ssm:{password}", "Shown": "ssm:{shown}", "Delay": 3}}"#);
    env.write("values.json", overrides);
    let arguments = [
        "--parameter-overrides",
        "file://values.json",
        "--plan",
        "--changeset-file",
        "review.json",
        "review.md",
    ];
    let output = deploy(&env, &arguments).succeeded();
    let errors = output.stderr();
    assert_eq!(errors.matches("warning[CN619]").count(), 1, "{errors}");
    assert!(
        errors.contains("`Shown`, which everyone who can describe the stack can read"),
        "{errors}"
    );
    for file in ["review.json", "review.md"] {
        assert!(!env.read(file).contains("hunter2"), "{file}");
    }
    let created = sent(&env, "CreateChangeSet");
    assert_eq!(created.side(), Side::China);
    let value = |key: &str| {
        (1..=3).find_map(|at| {
            let of = |part: &str| created.field(&format!("Parameters.member.{at}.{part}"));
            (of("ParameterKey").as_deref() == Some(key)).then(|| of("ParameterValue"))?
        })
    };
    assert_eq!(value("Password").as_deref(), Some("hunter2-of-password"));
    assert_eq!(value("Shown").as_deref(), Some("hunter2-of-shown"));
    assert_eq!(value("Delay").as_deref(), Some("3"));

    let overrides = ["--parameter-overrides", "file://values.json"];
    let revision = ["--revision", "of hunter2-of-password"];
    drop(deploy(&env, &[overrides, revision].concat()).succeeded());
    let compare = ["--compare", "cn-north-1"];
    let compared = deploy(&env, &[overrides, compare].concat()).succeeded();
    let table = compared.stdout();
    assert!(
        table.contains("of ****") && !table.contains("hunter2"),
        "{table}"
    );

    let output = deploy(
        &env,
        &["--parameter-overrides", "Password=ssm:/nowhere", "Shown=x"],
    );
    insta::assert_snapshot!("absent_parameter", said(&output.failed_with(4)));
}

// Services quote the values that they refuse.
#[test]
fn a_reason_that_quotes_a_value_from_a_parameter_does_not_show_it() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on(
                "DescribeStacks",
                Stack::new("orders", "UPDATE_ROLLBACK_COMPLETE"),
            )
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                    .event(
                        "Queue",
                        "AWS::SQS::Queue",
                        "UPDATE_FAILED",
                        "Value hunter2-of-delay at DelaySeconds is not valid",
                    )
                    .stack_event("UPDATE_ROLLBACK_COMPLETE", ""),
            ),
    );
    let name = env.parameter_name("Delay");
    let written = env.home().put_secure_parameter(&name, "hunter2-of-delay");
    written.expect("written");
    env.keep_secret("hunter2-of-delay");
    let value = format!("Delay=ssm:{name}");
    let arguments = ["--parameter-overrides", &value, "--report", "report"];
    let output = deploy(&env, &arguments).failed_with(1);
    let reason = "Value **** at DelaySeconds is not valid";
    assert_eq!(
        output.stderr().matches(reason).count(),
        2,
        "{}",
        output.stderr()
    );
    for file in fs_err::read_dir(env.project().join("report")).expect("written") {
        let text = fs_err::read_to_string(file.expect("read").path()).expect("read");
        assert!(text.contains("at DelaySeconds is not valid"));
        assert!(!text.contains("hunter2"));
    }
}

#[test]
fn a_change_set_is_written_down_for_reviewers() {
    let env = seeded(TEMPLATE);
    drop(deploy(&env, &[]).succeeded());
    let arguments = [
        "--no-execute-changeset",
        "--parameter-overrides",
        "Delay=9",
        "--changeset-file",
        "review/changes.json",
        "review/changes.md",
    ];
    fs_err::create_dir(env.project().join("review")).expect("made");
    let output = deploy(&env, &arguments).succeeded();
    let id = output.stdout().trim().to_owned();
    let json = env.read("review/changes.json");
    assert!(
        json.contains(&id) && json.contains(r#""logical-id": "Queue""#),
        "{json}"
    );
    let markdown = env.read("review/changes.md");
    assert!(
        markdown.contains(&id) && markdown.contains("| Modify | `Queue` |"),
        "{markdown}"
    );
}

#[test]
fn a_failed_rollback_is_continued_when_asked() {
    let env = scripted(
        cloudformation()
            .on(
                "DescribeStacks",
                Stack::new("orders", "UPDATE_ROLLBACK_FAILED"),
            )
            .on(
                "DescribeStacks",
                Stack::new("orders", "UPDATE_ROLLBACK_FAILED"),
            )
            .on(
                "ContinueUpdateRollback",
                Answer::result("ContinueUpdateRollback", &[]),
            )
            .on(
                "DescribeStackEvents",
                Events::new("orders").of_operation("earlier"),
            )
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .of_operation("")
                    .stack_event("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
                    .event(
                        "Queue",
                        "AWS::SQS::Queue",
                        "UPDATE_FAILED",
                        "the queue does not exist",
                    )
                    .stack_event(
                        "UPDATE_ROLLBACK_FAILED",
                        "The following resource(s) failed to update: [Queue].",
                    ),
            ),
    );
    let output = deploy(&env, &["--continue-rollback"]).failed_with(1);
    insta::assert_snapshot!(said(&output));
    assert_eq!(
        env.requests().operation("ContinueUpdateRollback").count(),
        1
    );
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);
}

#[test]
fn a_gate_sees_what_a_nested_stack_would_lose() {
    let nested = "arn:aws-cn:cloudformation:cn-north-1:444455556666:changeSet/nested/1";
    let inside = |changes: &str| {
        Answer::raw_result(
            "DescribeChangeSet",
            &format!(
                "<ChangeSetId>{{{{CreateChangeSet.ChangeSetName}}}}</ChangeSetId><StackId>{}</StackId><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>{changes}</Changes>",
                Stack::id("orders")
            ),
        )
    };
    let data = format!(
        "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Data</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ChangeSetId>{nested}</ChangeSetId></ResourceChange></member>"
    );
    let table = "<member><Type>Resource</Type><ResourceChange><Action>Remove</Action><LogicalResourceId>Table</LogicalResourceId><ResourceType>AWS::DynamoDB::Table</ResourceType></ResourceChange></member>";
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .when(
                "DescribeChangeSet",
                &[("ChangeSetName", nested)],
                inside(table),
            )
            .on("DescribeChangeSet", inside(&data)),
    );
    let output = deploy(&env, &["--deny", "delete=AWS::DynamoDB::*"]).failed_with(6);
    insta::assert_snapshot!(said(&output));
    let created = sent(&env, "CreateChangeSet");
    assert_eq!(
        created.field("IncludeNestedStacks").as_deref(),
        Some("true")
    );
}

#[test]
fn the_deployed_template_is_verified() {
    let env = seeded(TEMPLATE);
    let output = deploy(&env, &["--verify"]).succeeded();
    assert!(
        output.stderr().contains("has the template packaged.yaml"),
        "{}",
        output.stderr()
    );
    let unchanged = deploy(&env, &["--verify"]).succeeded();
    assert!(
        unchanged
            .stderr()
            .contains("has the template packaged.yaml")
    );

    // The same for an operation that is only followed, and for a reviewed change set.
    let attached = deploy(&env, &["--attach", "--verify"]).succeeded();
    assert!(attached.stderr().contains("has the template packaged.yaml"));
    env.write("packaged.yaml", TEMPLATE.replace("-queue", "-line"));
    let review = deploy(&env, &["--no-execute-changeset"]).succeeded();
    let id = review.stdout().trim().to_owned();
    let executed = deploy(&env, &["--execute-changeset", &id, "--verify"]).succeeded();
    assert!(executed.stderr().contains("has the template packaged.yaml"));

    let other = TEMPLATE.replace("Delay: {", "Delays: {");
    let body = format!("<TemplateBody>{other}</TemplateBody>");
    let env = scripted(update().on("GetTemplate", Answer::raw_result("GetTemplate", &body)));
    insta::assert_snapshot!(said(&deploy(&env, &["--verify"]).failed_with(1)));
}

/// Returns a script in which a queue has drifted.
fn drifted() -> Script {
    let drift = "<StackResourceDrifts><member><StackId>arn</StackId><LogicalResourceId>Queue</LogicalResourceId><PhysicalResourceId>orders-queue</PhysicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><PropertyDifferences><member><PropertyPath>/DelaySeconds</PropertyPath><ExpectedValue>0</ExpectedValue><ActualValue>5</ActualValue><DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences><StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><Timestamp>2030-01-01T00:00:00Z</Timestamp></member></StackResourceDrifts>";
    let status = |status: &str| {
        Answer::raw_result(
            "DescribeStackDriftDetectionStatus",
            &format!(
                "<StackId>arn</StackId><StackDriftDetectionId>d1</StackDriftDetectionId><DetectionStatus>{status}</DetectionStatus><Timestamp>2030-01-01T00:00:00Z</Timestamp>"
            ),
        )
    };
    update()
        .on(
            "DetectStackDrift",
            Answer::result("DetectStackDrift", &[("StackDriftDetectionId", "d1")]),
        )
        .on(
            "DescribeStackDriftDetectionStatus",
            status("DETECTION_IN_PROGRESS"),
        )
        .on(
            "DescribeStackDriftDetectionStatus",
            status("DETECTION_COMPLETE"),
        )
        .on(
            "DescribeStackResourceDrifts",
            Answer::raw_result("DescribeStackResourceDrifts", drift),
        )
}

#[test]
fn drift_is_reported_or_stops_the_deployment() {
    for when in ["before", "after"] {
        let env = scripted(drifted());
        let output = deploy(&env, &["--drift", when]).succeeded();
        let line = "warning: `Queue` (AWS::SQS::Queue) was modified outside of CloudFormation: /DelaySeconds";
        assert!(output.stderr().contains(line), "{}", output.stderr());
        let requests = env.requests();
        let order = requests.operations();
        let at = |name| order.iter().position(|operation| *operation == name);
        let is_before = at("DetectStackDrift") < at("ExecuteChangeSet");
        assert_eq!(is_before, when == "before");
    }
    let env = scripted(drifted());
    insta::assert_snapshot!(said(&deploy(&env, &["--drift", "deny"]).failed_with(6)));
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);
    let json = deploy(&env, &["--drift", "deny", "--format", "json"]).failed_with(6);
    let record = r#""kind":"drift","stack":"orders","resources":[{"logical-id":"Queue""#;
    assert!(json.stderr().contains(record), "{}", json.stderr());
}

#[test]
fn drift_that_cannot_be_looked_for_stops_only_who_depends_on_it() {
    let script = || {
        let refused = Answer::error("AccessDenied", "not authorized to perform this");
        update().on("DetectStackDrift", refused)
    };
    let output = deploy(&scripted(script()), &["--drift", "before"]).succeeded();
    let warning = "warning: cannot detect the drift of stack `orders`";
    assert!(output.stderr().contains(warning), "{}", output.stderr());
    let env = scripted(script());
    drop(deploy(&env, &["--drift", "deny"]).failed_with(5));
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);
}

#[test]
fn the_stacks_of_both_partitions_are_compared() {
    let env = seeded(TEMPLATE);
    let both = ["--compare", "us-east-1", "cn-north-1"];
    let revision = |revision| ["--revision", revision];
    drop(deploy(&env, &revision("v1")).succeeded());
    insta::assert_snapshot!("compared_absent", said(&deploy(&env, &both).failed_with(4)));
    let home = ["--region", "us-east-1", "--revision", "v1"];
    drop(deploy(&env, &home).succeeded());
    let output = deploy(&env, &both).succeeded();
    insta::assert_snapshot!("compared_equal", said(&output));
    drop(deploy(&env, &revision("v2")).succeeded());
    let output = deploy(&env, &both).failed_with(4);
    insta::assert_snapshot!("compared_different", said(&output));
    let requests = env.requests();
    let home_keys = requests.to(Side::Home).service("cloudformation").0[0]
        .access_key_id
        .clone();
    assert_eq!(requests.to(Side::China).signed_by(&home_keys).count(), 0);
}

#[test]
fn the_change_set_of_a_preview_can_be_kept_as_a_file() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on(
                "DescribeChangeSet",
                ChangeSet::new("orders", "CREATE_COMPLETE").change(
                    "Remove",
                    "Table",
                    "AWS::DynamoDB::Table",
                    "",
                ),
            ),
    );
    let output = deploy(&env, &["--plan", "--changeset-file", "plan.md"]).succeeded();
    assert!(output.stdout().contains("REMOVE  Table"));
    insta::assert_snapshot!(env.read("plan.md"));
}

#[test]
fn a_reviewed_change_set_is_executed_with_policy_and_protection() {
    let env = scripted(update());
    let id = Stack::change_set_id("cn-deploy-orders-6-00c0ffee");
    let arguments = [
        "--execute-changeset",
        &id,
        "--stack-policy",
        POLICY,
        "--termination-protection",
    ];
    drop(deploy(&env, &arguments).succeeded());
    let requests = env.requests();
    let order = requests.operations();
    let at = |name| order.iter().position(|operation| *operation == name);
    assert!(at("SetStackPolicy") < at("UpdateTerminationProtection"));
    assert!(
        at("UpdateTerminationProtection") < at("ExecuteChangeSet"),
        "{order:?}"
    );
}

#[test]
fn a_protected_stack_refuses_its_deletion() {
    let env = seeded(TEMPLATE);
    drop(deploy(&env, &["--termination-protection"]).succeeded());
    let stack = env.name("orders");
    let delete = || {
        let fields = [("StackName", stack.as_str())];
        env.china().query("cloudformation", "DeleteStack", &fields)
    };
    let refused = delete().expect_err("it is protected");
    assert!(
        refused.message.contains("TerminationProtection"),
        "{refused}"
    );
    // Nothing else changes, and the stack is already protected: nothing is sent.
    env.forget_requests();
    drop(deploy(&env, &["--termination-protection"]).succeeded());
    assert_eq!(
        env.requests()
            .operation("UpdateTerminationProtection")
            .count(),
        0
    );
    drop(deploy(&env, &["--no-termination-protection"]).succeeded());
    delete().expect("it is protected no more");
}
