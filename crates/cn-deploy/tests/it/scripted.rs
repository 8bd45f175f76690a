//! Behavior that the emulator cannot simulate.

use cn_testkit::{Answer, ChangeSet, Events, Fault, Keys, Script, Side, Stack, TestEnv};

use crate::{TEMPLATE, deploy, run, said};

/// Returns an environment whose China side is only the script.
pub(crate) fn scripted(script: Script) -> TestEnv {
    let env = TestEnv::new();
    env.set("CN_REGION", "cn-north-1");
    env.set("CN_STACK_NAME", "orders");
    env.set("CODEBUILD_BUILD_ID", "orders:7");
    env.write_profile("china", &Keys::new("AKIAEXAMPLE", "example"), "cn-north-1");
    env.script(Script::of("sts").on("GetCallerIdentity", Answer::caller_identity(Side::China)));
    env.script(script);
    env.write("packaged.yaml", TEMPLATE);
    env
}

pub(crate) fn cloudformation() -> Script {
    Script::of("cloudformation")
        .on("CreateChangeSet", ChangeSet::created("orders"))
        .on("DeleteChangeSet", Answer::result("DeleteChangeSet", &[]))
        .on("ExecuteChangeSet", Answer::result("ExecuteChangeSet", &[]))
        .on("DeleteStack", Answer::result("DeleteStack", &[]))
        .on(
            "ListChangeSets",
            Answer::raw_result("ListChangeSets", "<Summaries/>"),
        )
        .on(
            "DescribeEvents",
            Answer::error("AccessDenied", "not authorized"),
        )
}

/// Adds the update of stack `orders` by a change set.
pub(crate) fn updated(script: Script) -> Script {
    script
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
        .on("DescribeChangeSet", ready())
        .on(
            "DescribeStackEvents",
            Events::new("orders")
                .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                .stack_event("UPDATE_COMPLETE", ""),
        )
}

pub(crate) fn ready() -> ChangeSet {
    ChangeSet::new("orders", "CREATE_COMPLETE")
        .change("Add", "Role", "AWS::IAM::Role", "")
        .change("Modify", "Queue", "AWS::SQS::Queue", "True")
        .change("Remove", "Table", "AWS::DynamoDB::Table", "")
}

/// Returns a first deployment that fails and has rolled back.
pub(crate) fn rolled_back(changes: ChangeSet, events: Events) -> Script {
    let events = events
        .stack_event(
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create.",
        )
        .stack_event("ROLLBACK_COMPLETE", "");
    cloudformation()
        .on("DescribeStacks", Answer::stack_missing("orders"))
        .on("DescribeStacks", Stack::new("orders", "ROLLBACK_COMPLETE"))
        .on("DescribeChangeSet", changes)
        .on("DescribeStackEvents", events)
}

/// Returns a script in which a role fails for a reason, which cancels a queue.
pub(crate) fn role_fails(why: &str) -> Script {
    let queue = "AWS::SQS::Queue";
    let cancelled = "Resource creation cancelled";
    let events = Events::new("orders")
        .stack_event("CREATE_IN_PROGRESS", "User Initiated")
        .event("Queue", queue, "CREATE_IN_PROGRESS", "")
        .event("Role", "AWS::IAM::Role", "CREATE_FAILED", why)
        .event("Queue", queue, "CREATE_FAILED", cancelled);
    rolled_back(ready(), events)
}

// A first deployment that fails: CloudFormation user guide, "Stack failure options".
#[test]
fn a_creation_that_rolls_back_names_the_first_failure() {
    let env = scripted(role_fails(
        r#"Partition "aws" is not valid for resource "arn:aws:s3:::b". (Service: Iam, Status Code: 400, Request ID: 1) (HandlerErrorCode: InvalidRequest)"#,
    ));
    let output = deploy(&env, &[]).failed_with(1);
    let errors = output.stderr();
    let failure = errors
        .find("error: stack `orders` rolled back")
        .expect("said");
    assert!(errors[failure..].starts_with("error: stack"));
    insta::assert_snapshot!(said(&output));
}

#[test]
fn a_stack_that_needs_a_person_is_not_touched() {
    for status in [
        "UPDATE_ROLLBACK_FAILED",
        "ROLLBACK_FAILED",
        "DELETE_FAILED",
        "CREATE_FAILED",
        "UPDATE_IN_PROGRESS",
    ] {
        let env = scripted(cloudformation().on("DescribeStacks", Stack::new("orders", status)));
        insta::assert_snapshot!(status, said(&deploy(&env, &[]).failed_with(8)));
        let requests = env.requests().service("cloudformation");
        let writes = requests.keep(|request| !request.operation.starts_with("Describe"));
        assert_eq!(writes.count(), 0);
    }
}

#[test]
fn a_rolled_back_creation_is_replaced_unless_forbidden() {
    let script = || {
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "ROLLBACK_COMPLETE"))
            .on("DescribeStacks", Stack::new("orders", "DELETE_COMPLETE"))
            .on(
                "DescribeStacks",
                Stack::new("orders", "CREATE_COMPLETE").output("Url", "https://x"),
            )
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .stack_event("CREATE_IN_PROGRESS", "User Initiated")
                    .stack_event("CREATE_COMPLETE", ""),
            )
    };
    insta::assert_snapshot!(
        "replaced",
        said(&deploy(&scripted(script()), &[]).succeeded())
    );
    let env = scripted(script());
    let output = deploy(&env, &["--no-replace-failed"]).failed_with(8);
    insta::assert_snapshot!("not_replaced", said(&output));
    assert_eq!(env.requests().operation("DeleteStack").count(), 0);
}

#[test]
fn a_refused_change_set_is_explained() {
    for (name, reason) in [
        (
            "with_reason",
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        ),
        ("without_reason", ""),
    ] {
        let mut failed = ChangeSet::new("orders", "FAILED");
        if !reason.is_empty() {
            failed = failed.reason(reason);
        }
        let env = scripted(
            cloudformation()
                .on("DescribeStacks", Answer::stack_missing("orders"))
                .on("DescribeStacks", Stack::new("orders", "REVIEW_IN_PROGRESS"))
                .on("DescribeChangeSet", failed),
        );
        insta::assert_snapshot!(name, said(&deploy(&env, &["-v"]).failed_with(1)));
        let requests = env.requests();
        for operation in ["DeleteChangeSet", "DeleteStack"] {
            assert_eq!(requests.operation(operation).count(), 1, "{operation}");
        }
    }
}

#[test]
fn a_gate_refuses_with_a_code_of_its_own() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on("DescribeChangeSet", ready()),
    );
    let output = deploy(
        &env,
        &["--deny", "replacement,delete=AWS::DynamoDB::*,iam-widening"],
    );
    insta::assert_snapshot!(said(&output.failed_with(6)));
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 0);
}

#[test]
fn both_wordings_of_nothing_to_change_are_known() {
    for reason in [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ] {
        let env = scripted(
            cloudformation()
                .on(
                    "DescribeStacks",
                    Stack::new("orders", "CREATE_COMPLETE").output("Url", "u"),
                )
                .on(
                    "DescribeChangeSet",
                    ChangeSet::new("orders", "FAILED").reason(reason),
                ),
        );
        let output = deploy(&env, &[]).succeeded();
        assert_eq!(output.stdout(), "Url = u\n");
        assert!(
            output
                .stderr()
                .contains("No changes: stack orders already matches packaged.yaml")
        );
        assert_eq!(env.requests().operation("DeleteChangeSet").count(), 1);
    }
}

#[test]
fn what_was_not_given_is_not_sent_cases_74_79() {
    let script = || {
        cloudformation()
            .on(
                "DescribeStacks",
                Stack::new("orders", "CREATE_COMPLETE").parameter("Delay", "1"),
            )
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                    .stack_event("UPDATE_COMPLETE", ""),
            )
    };
    let sent = |arguments: &[&str], operation: &str| {
        let env = scripted(script());
        drop(deploy(&env, arguments).succeeded());
        let requests = env.requests().operation(operation);
        requests.0[0].clone()
    };
    let bare = sent(&[], "CreateChangeSet");
    for absent in [
        "Tags.member.1.Key",
        "Tags",
        "RoleARN",
        "NotificationARNs",
        "NotificationARNs.member.1",
        "Capabilities.member.1",
    ] {
        assert_eq!(bare.field(absent), None, "{absent}");
    }
    assert_eq!(
        bare.field("Parameters.member.1.UsePreviousValue")
            .as_deref(),
        Some("true")
    );
    assert_eq!(
        sent(&[], "ExecuteChangeSet")
            .field("DisableRollback")
            .as_deref(),
        Some("false")
    );

    let role = "arn:aws-cn:iam::444455556666:role/deployer";
    let full = sent(
        &[
            "--tags",
            "a=b",
            "c d=e f,g=h",
            "--role-arn",
            role,
            "--notification-arns",
            "arn:aws-cn:sns:cn-north-1:444455556666:t",
            "--capabilities",
            "CAPABILITY_IAM",
            "CAPABILITY_AUTO_EXPAND",
        ],
        "CreateChangeSet",
    );
    let field = |name: &str| full.field(name).unwrap_or_default();
    assert_eq!(field("Tags.member.1.Key"), "a");
    assert_eq!(field("Tags.member.2.Key"), "c d");
    assert_eq!(field("Tags.member.2.Value"), "e f,g=h");
    assert_eq!(full.field("Tags.member.3.Key"), None);
    assert_eq!(field("RoleARN"), role);
    assert_eq!(field("Capabilities.member.2"), "CAPABILITY_AUTO_EXPAND");
    let kept = sent(&["--disable-rollback"], "ExecuteChangeSet");
    assert_eq!(kept.field("DisableRollback").as_deref(), Some("true"));
}

#[test]
fn missing_and_misspelled_parameters_are_all_said_before_anything_is_made() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    let template = TEMPLATE.replace(
        "Delay: {Type: Number, Default: 0}",
        "Delay: {Type: Number}\n  VpcId: {Type: String}",
    );
    env.write("packaged.yaml", template);
    let output = deploy(&env, &["--parameter-overrides", "VcpId=vpc-1"]);
    insta::assert_snapshot!(said(&output.failed_with(4)));
}

#[test]
fn a_signal_says_what_goes_on() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on("DescribeStackEvents", Events::new("orders")),
    );
    let running = run(&env).spawn();
    running.wait_for_request("DescribeStackEvents");
    running.signal("TERM");
    insta::assert_snapshot!(said(&running.output().failed_with(143)));
}

#[test]
fn the_time_limit_ends_the_waiting_and_not_the_operation() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "UPDATE_IN_PROGRESS"))
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeStackEvents",
                Events::new("orders").stack_event("UPDATE_IN_PROGRESS", "User Initiated"),
            )
            .when(
                "DescribeStacks",
                &[("StackName", "orders")],
                Stack::new("orders", "CREATE_COMPLETE"),
            ),
    );
    let output = deploy(&env, &["--max-wait", "2s"]);
    insta::assert_snapshot!(said(&output.failed_with(7)));
}

#[test]
fn a_signal_before_the_execution_removes_what_was_made() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Answer::stack_missing("orders"))
            .on("DescribeStacks", Stack::new("orders", "REVIEW_IN_PROGRESS"))
            .on(
                "DescribeChangeSet",
                ChangeSet::new("orders", "CREATE_IN_PROGRESS"),
            ),
    );
    let running = run(&env).spawn();
    running.wait_for_request("DescribeChangeSet");
    running.signal("INT");
    let output = running.output().failed_with(130);
    insta::assert_snapshot!(said(&output));
    for operation in ["DeleteChangeSet", "DeleteStack"] {
        assert_eq!(
            env.requests().operation(operation).count(),
            1,
            "{operation}"
        );
    }
}

#[test]
fn a_signal_can_cancel_an_update() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on(
                "CancelUpdateStack",
                Answer::result("CancelUpdateStack", &[]),
            )
            .on("DescribeStackEvents", Events::new("orders")),
    );
    let running = run(&env).args(["--on-interrupt", "cancel"]).spawn();
    running.wait_for_request("DescribeStackEvents");
    running.signal("TERM");
    insta::assert_snapshot!(said(&running.output().failed_with(143)));
    assert_eq!(env.requests().operation("CancelUpdateStack").count(), 1);
}

#[test]
fn an_operation_that_has_ended_is_reported_when_attached_to() {
    let env = scripted(
        cloudformation()
            .on(
                "DescribeStacks",
                Stack::new("orders", "UPDATE_ROLLBACK_COMPLETE"),
            )
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .of_operation("cn-deploy-orders-6-00c0ffee")
                    .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                    .event(
                        "Api",
                        "AWS::ApiGateway::RestApi",
                        "UPDATE_FAILED",
                        "Endpoint type EDGE is not supported in this region (HandlerErrorCode: InvalidRequest)",
                    )
                    .stack_event("UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Api].")
                    .stack_event("UPDATE_ROLLBACK_COMPLETE", ""),
            ),
    );
    insta::assert_snapshot!(said(&deploy(&env, &["--attach"]).failed_with(1)));
    let writes = env.requests().service("cloudformation");
    let writes = writes.keep(|request| !request.operation.starts_with("Describe"));
    assert_eq!(writes.count(), 0);
}

#[test]
fn what_an_update_leaves_behind_is_warned_of_in_every_report() {
    let events = |last: &str| {
        Events::new("orders")
            .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
            .event("Queue", "AWS::SQS::Queue", "UPDATE_COMPLETE", "")
            .stack_event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
            .event("Table", "AWS::DynamoDB::Table", "DELETE_IN_PROGRESS", "")
            .event(
                "Table",
                "AWS::DynamoDB::Table",
                "DELETE_FAILED",
                "it is in use",
            )
            .event("Table", "AWS::DynamoDB::Table", "DELETE_IN_PROGRESS", "")
            .event("Table", "AWS::DynamoDB::Table", last, "it is still in use")
            .stack_event("UPDATE_COMPLETE", "")
    };
    let run = |last: &str| {
        let env = scripted(
            cloudformation()
                .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
                .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
                .on("DescribeChangeSet", ready())
                .on("DescribeStackEvents", events(last)),
        );
        let output = deploy(&env, &["--quiet", "--report", "report"]).succeeded();
        let mut all = vec![output.stderr()];
        for file in ["html", "md", "xml"] {
            all.push(env.read(format!("report/orders.cn-north-1.{file}")));
        }
        all
    };
    for text in run("DELETE_FAILED") {
        assert!(
            text.contains("Table") && text.contains("may cost money"),
            "{text}"
        );
    }
    for text in run("DELETE_COMPLETE") {
        assert!(!text.contains("may cost money"), "{text}");
    }
}

#[test]
fn a_preview_does_not_say_deleted_of_what_was_not() {
    for (status, is_deleted) in [(200, true), (403, false)] {
        let env = scripted(
            cloudformation()
                .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
                .on("DescribeChangeSet", ready()),
        );
        if !is_deleted {
            env.fault(Fault::on("DeleteChangeSet").answer(status, "AccessDenied"));
        }
        let said = deploy(&env, &["--plan"]).succeeded();
        let said = said.stderr();
        assert_eq!(
            said.contains("the change set was deleted"),
            is_deleted,
            "{said}"
        );
        assert_eq!(said.contains("was not removed"), !is_deleted, "{said}");
    }
}

#[test]
fn a_failed_rollback_names_the_way_out() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on(
                "DescribeStacks",
                Stack::new("orders", "UPDATE_ROLLBACK_FAILED"),
            )
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                    .event("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "no")
                    .stack_event("UPDATE_ROLLBACK_IN_PROGRESS", "")
                    .event("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "still no")
                    .stack_event("UPDATE_ROLLBACK_FAILED", ""),
            ),
    );
    let said = deploy(&env, &[]).failed_with(1);
    assert!(
        said.stderr().contains("--continue-rollback"),
        "{}",
        said.stderr()
    );
}

#[test]
fn a_page_of_a_proxy_neither_ends_a_run_nor_counts_as_success() {
    let page = "<html><body>Please sign in</body></html>";
    for (status, body) in [(200, page), (200, ""), (407, ""), (502, page)] {
        let env = scripted(updated(cloudformation()));
        for operation in [
            "CreateChangeSet",
            "DescribeChangeSet",
            "DescribeStackEvents",
            "DescribeStacks",
            "ExecuteChangeSet",
        ] {
            env.fault(Fault::on(operation).foreign(Answer::page(status, body)));
        }
        drop(deploy(&env, &[]).succeeded());
        assert_eq!(
            env.requests().operation("ExecuteChangeSet").count(),
            2,
            "{status}"
        );
    }
}
