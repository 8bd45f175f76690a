//! Tests of cases in which two features meet.

use std::time::Duration;

use cn_testkit::{Answer, ChangeSet, Events, Script, Stack};

use crate::scripted::{cloudformation, ready, scripted};
use crate::{TEMPLATE, deploy, seeded};

#[test]
fn no_request_outlasts_the_limit() {
    let late = |operation| Answer::result(operation, &[]).after(Duration::from_secs(50));
    for script in [
        Script::of("cloudformation").on("DescribeStacks", late("DescribeStacks")),
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on("DetectStackDrift", late("DetectStackDrift")),
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "UPDATE_IN_PROGRESS"))
            .on(
                "DescribeStackEvents",
                Answer::raw_result("DescribeStackEvents", "<StackEvents/>"),
            ),
    ] {
        let flags = ["--max-wait", "2s", "--drift", "deny", "--wait-busy"];
        drop(deploy(&scripted(script), &flags).failed_with(7));
    }
}

#[test]
fn a_limit_beyond_all_clocks_is_none() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    let limit = format!("{}s", u64::MAX);
    let output = deploy(
        &env,
        &["--max-wait", &limit, "--template-file", "absent.yaml"],
    );
    drop(output.failed_with(4));
}

#[test]
fn a_comment_is_no_difference_to_the_template() {
    let env = seeded(TEMPLATE);
    drop(deploy(&env, &[]).succeeded());
    env.write("packaged.yaml", format!("# 注释\n{TEMPLATE}"));
    let output = deploy(&env, &["--verify"]).succeeded();
    assert!(
        output.stderr().contains("No changes"),
        "{}",
        output.stderr()
    );
}

#[test]
fn files_that_cannot_be_written_are_found_before_anything_is_done() {
    let env = scripted(cloudformation());
    fs_err::create_dir(env.project().join("folder")).expect("made");
    for flags in [
        ["--outputs-file", "nowhere/o.json"],
        ["--env-file", "folder"],
        ["--changeset-file", "nowhere/c.md"],
    ] {
        let output = deploy(&env, &flags).failed_with(4);
        let said = output.stderr();
        assert!(said.contains(flags[1]) && !said.contains(".tmp"), "{said}");
    }
    assert_eq!(env.requests().count(), 0);
}

#[test]
fn a_gate_holds_for_a_plan_too_and_reviewers_see_what_it_refused() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on("DescribeChangeSet", ready()),
    );
    let flags = ["--plan", "--deny", "delete", "--changeset-file", "c.md"];
    drop(deploy(&env, &flags).failed_with(6));
    assert!(env.read("c.md").contains("AWS::DynamoDB::Table"));
    assert_eq!(env.requests().operation("DeleteChangeSet").count(), 1);
}

#[test]
fn a_review_without_changes_prints_what_the_next_step_understands() {
    let reason = "The submitted information didn't contain changes.";
    for (flag, stdout) in [("--no-execute-changeset", "NO_CHANGES\n"), ("--plan", "")] {
        let present = Stack::new("orders", "CREATE_COMPLETE").output("Url", "u");
        let env = scripted(cloudformation().on("DescribeStacks", present).on(
            "DescribeChangeSet",
            ChangeSet::new("orders", "FAILED").reason(reason),
        ));
        assert_eq!(deploy(&env, &[flag]).succeeded().stdout(), stdout);
    }
}

#[test]
fn a_parameter_that_a_later_value_replaces_is_not_read() {
    let env = scripted(cloudformation().on("DescribeStacks", Answer::stack_missing("orders")));
    let flags = [
        "--parameter-overrides",
        "Delay=ssm:/missing",
        "Delay=1",
        "--max-wait",
        "2s",
    ];
    drop(deploy(&env, &flags));
    assert_eq!(env.requests().service("ssm").count(), 0);
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 1);
}

#[test]
fn who_depends_on_drift_is_stopped_where_it_cannot_be_known() {
    let failed = "<DetectionStatus>DETECTION_FAILED</DetectionStatus><DetectionStatusReason>no permission</DetectionStatusReason>";
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on(
                "DetectStackDrift",
                Answer::result("DetectStackDrift", &[("StackDriftDetectionId", "d")]),
            )
            .on(
                "DescribeStackDriftDetectionStatus",
                Answer::raw_result("DescribeStackDriftDetectionStatus", failed),
            )
            .on(
                "DescribeStackResourceDrifts",
                Answer::raw_result("DescribeStackResourceDrifts", "<StackResourceDrifts/>"),
            ),
    );
    let output = deploy(&env, &["--drift", "deny"]).failed_with(6);
    assert!(
        output.stderr().contains("no permission"),
        "{}",
        output.stderr()
    );
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);
}

#[test]
fn a_refusal_does_not_quote_what_is_secret() {
    let template = TEMPLATE.replace(
        "Delay: {Type: Number, Default: 0}",
        "Delay: {Type: Number, Default: 0}\n  Short: {Type: String, NoEcho: true}\n  Long: {Type: String, NoEcho: true}",
    );
    let refused = "parameter value pass-word-long for parameter name Long, written \\\"a\\\"";
    let env = scripted(
        Script::of("cloudformation")
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on("CreateChangeSet", Answer::error("ValidationError", refused)),
    );
    env.write("packaged.yaml", template);
    let flags = ["--parameter-overrides", "Short=pass", "Long=pass-word-long"];
    let output = deploy(&env, &flags).failed_with(1);
    let said = output.stderr();
    assert!(
        said.contains("parameter value **** for parameter"),
        "{said}"
    );
}

#[test]
fn a_line_of_a_parameter_file_is_not_shown() {
    let env = scripted(cloudformation());
    env.write("p.json", r#"{"Secret": "hunter2hunter2", "Name": null}"#);
    let output = deploy(&env, &["--parameter-overrides", "file://p.json"]).failed_with(4);
    let said = output.stderr();
    assert!(
        said.contains("`Name` has no usable value") && said.contains("p.json:1"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_deletion_that_is_followed_ends_well() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "DELETE_IN_PROGRESS"))
            .on("DescribeStacks", Stack::new("orders", "DELETE_COMPLETE"))
            .on(
                "DescribeStackEvents",
                Events::new("orders")
                    .of_operation("theirs")
                    .stack_event("DELETE_IN_PROGRESS", "User Initiated")
                    .stack_event("DELETE_COMPLETE", ""),
            ),
    );
    let output = deploy(&env, &["--attach"]).succeeded();
    assert!(
        output.stderr().contains("Stack orders was deleted"),
        "{}",
        output.stderr()
    );
}

#[test]
fn what_names_no_change_set_of_the_region_is_refused_before_any_request() {
    let env = scripted(cloudformation());
    env.unset("CN_STACK_NAME");
    let elsewhere = Stack::change_set_id("x").replace("cn-north-1", "cn-northwest-1");
    for (name, why) in [
        ("x", "does not identify a change set"),
        (elsewhere.as_str(), "is in `cn-northwest-1`"),
    ] {
        let output = deploy(&env, &["--execute-changeset", name]).failed_with(2);
        assert!(output.stderr().contains(why), "{}", output.stderr());
    }
    assert_eq!(env.requests().count(), 0);
}
