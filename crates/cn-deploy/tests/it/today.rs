//! Express mode, reverted drift and validation: recent features of CloudFormation.

use cn_testkit::{Answer, ChangeSet, Events, Script, Stack};

use crate::scripted::{cloudformation, ready, scripted, updated};
use crate::{deploy, said};

/// The service's reason in Express mode (aws-cdk-cli 1689).
const EXPRESS: &str = "Resource operation completed using Express Mode. It may continue becoming available in the background.";

/// Returns a first deployment whose resources complete as soon as they are configured.
fn express() -> Script {
    let events = Events::new("orders")
        .stack_event("CREATE_IN_PROGRESS", "User Initiated")
        .event("Queue", "AWS::SQS::Queue", "CREATE_IN_PROGRESS", "")
        .event("Queue", "AWS::SQS::Queue", "CREATE_COMPLETE", EXPRESS)
        .event("Role", "AWS::IAM::Role", "CREATE_COMPLETE", EXPRESS)
        .event("Setup", "Custom::Setup", "CREATE_COMPLETE", "")
        .event("Old", "AWS::Lambda::Function", "DELETE_COMPLETE", EXPRESS)
        .stack_event("CREATE_COMPLETE", "");
    first(
        ChangeSet::new("orders", "CREATE_COMPLETE")
            .change("Add", "Queue", "AWS::SQS::Queue", "")
            .change("Add", "Role", "AWS::IAM::Role", "")
            .change("Add", "Setup", "Custom::Setup", ""),
    )
    .on("DescribeStackEvents", events)
}

/// Returns a first deployment without its events.
fn first(changes: ChangeSet) -> Script {
    cloudformation()
        .on("DescribeStacks", Answer::stack_missing("orders"))
        .on(
            "DescribeStacks",
            Stack::new("orders", "CREATE_COMPLETE").output("Url", "https://x"),
        )
        .on("DescribeChangeSet", changes)
}

#[test]
fn express_mode_is_said_and_names_what_is_not_ready() {
    let env = scripted(express());
    let output = deploy(&env, &["--express", "--report", "report"]).succeeded();
    insta::assert_snapshot!("express", said(&output));
    let requests = env.requests();
    let sent = &requests.operation("CreateChangeSet").0[0];
    let field = |name: &str| sent.field(name);
    assert_eq!(field("DeploymentConfig.Mode").as_deref(), Some("EXPRESS"));
    assert_eq!(
        field("DeploymentConfig.DisableRollback").as_deref(),
        Some("false")
    );
    let requests = env.requests();
    let executed = &requests.operation("ExecuteChangeSet").0[0];
    assert_eq!(executed.field("DisableRollback"), None);
    let markdown = env.read("report/orders.cn-north-1.md");
    let background = "3 resources may still become ready, or be deleted, in the background: \\`Queue\\`, \\`Role\\`, \\`Old\\`.";
    assert!(
        markdown.contains(&background.replace('\\', "")),
        "{markdown}"
    );
    let html = env.read("report/orders.cn-north-1.html");
    assert!(html.contains("<h2>In the background</h2>"), "{html}");
    let junit = env.read("report/orders.cn-north-1.xml");
    assert!(junit.contains("may still become ready"), "{junit}");

    let json = deploy(&scripted(express()), &["--express", "--format", "json"]).succeeded();
    let outputs = r#""in-background":["Queue","Role","Old"]"#;
    assert!(json.stdout().contains(outputs), "{}", json.stdout());
    for part in [
        r#""mode":"express","on-failure":"roll-back""#,
        r#""background":"becoming-ready""#,
        r#""background":"being-deleted""#,
    ] {
        assert!(json.stderr().contains(part), "{}", json.stderr());
    }
}

#[test]
fn express_mode_can_keep_what_succeeded() {
    let env = scripted(express());
    let output = deploy(&env, &["--express", "--disable-rollback"]).succeeded();
    let line = "complete when resources are configured; a failure keeps what succeeded\n";
    assert!(output.stderr().contains(line), "{}", output.stderr());
    let requests = env.requests();
    let sent = &requests.operation("CreateChangeSet").0[0];
    let disabled = sent.field("DeploymentConfig.DisableRollback");
    assert_eq!(disabled.as_deref(), Some("true"));
}

#[test]
fn express_mode_is_refused_with_what_to_do() {
    let env = scripted(express());
    let output = deploy(&env, &["--express", "--on-failure", "DELETE"]).failed_with(4);
    insta::assert_snapshot!("express_delete", said(&output));
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);

    for (name, said_by_service) in [
        (
            "express_not_offered",
            "DeploymentConfig is not supported in this region.",
        ),
        (
            "express_needed",
            "Follow-up operations must use the same DeploymentConfig (mode=EXPRESS)",
        ),
    ] {
        let script = cloudformation()
            .when(
                "CreateChangeSet",
                &[("Action", "CreateChangeSet")],
                Answer::error("ValidationError", said_by_service),
            )
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"));
        let output = deploy(&scripted(script), &[]).failed_with(1);
        insta::assert_snapshot!(name, said(&output));
    }
}

#[test]
fn an_update_that_could_not_be_rolled_back_replaces_nothing() {
    let script = cloudformation()
        .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
        .on("DescribeChangeSet", ready());
    let env = scripted(script);
    let output = deploy(&env, &["--express", "--disable-rollback"]).failed_with(6);
    insta::assert_snapshot!("express_replacement", said(&output));
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 0);
}

#[test]
fn a_replacement_that_the_service_refuses_is_explained() {
    let events = Events::new("orders")
        .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
        .event(
            "Queue",
            "AWS::SQS::Queue",
            "UPDATE_FAILED",
            "Replacement type updates not supported on stack with disable-rollback.",
        )
        .stack_event(
            "UPDATE_FAILED",
            "The following resource(s) failed to update: [Queue].",
        );
    let script = cloudformation()
        .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
        .on("DescribeStacks", Stack::new("orders", "UPDATE_FAILED"))
        .on("DescribeChangeSet", ready())
        .on("DescribeStackEvents", events);
    let output = deploy(&scripted(script), &["--disable-rollback"]).failed_with(1);
    let hint = "hint: remove `--disable-rollback`: CloudFormation cannot replace resources";
    assert!(output.stderr().contains(hint), "{}", output.stderr());
}

#[test]
fn readiness_is_waited_for_until_events_tell_it() {
    let events = |is_ready: bool| {
        let events = Events::new("orders")
            .stack_event("CREATE_IN_PROGRESS", "User Initiated")
            .event("Queue", "AWS::SQS::Queue", "CREATE_COMPLETE", EXPRESS)
            .stack_event("CREATE_COMPLETE", "");
        if is_ready {
            events.event("Queue", "AWS::SQS::Queue", "CREATE_COMPLETE", "")
        } else {
            events
        }
    };
    let script = |is_ready| {
        let changes = ChangeSet::new("orders", "CREATE_COMPLETE");
        let changes = changes.change("Add", "Queue", "AWS::SQS::Queue", "");
        // Twice for the operation: its end is read once more.
        let script = first(changes)
            .on("DescribeStackEvents", events(false))
            .on("DescribeStackEvents", events(false));
        script.on("DescribeStackEvents", events(is_ready))
    };
    let arguments = ["--express", "--wait-ready"];
    let output = deploy(&scripted(script(true)), &arguments).succeeded();
    insta::assert_snapshot!("express_ready", said(&output));
    let arguments = ["--express", "--wait-ready", "--max-wait", "6s"];
    let output = deploy(&scripted(script(false)), &arguments).succeeded();
    let warning = "warning: 1 resource is configured but may not be ready yet: Queue; no further \
                   event arrived in time\n";
    assert!(output.stderr().contains(warning), "{}", output.stderr());
}

/// Elements of a change that reverts drift: API reference, `ResourceTargetDefinition`.
const DRIFT: &str = "<ResourceDriftStatus>MODIFIED</ResourceDriftStatus><ResourceDriftIgnoredAttributes><member><Path>/Properties/Capacity</Path><Reason>MANAGED_BY_AWS</Reason></member></ResourceDriftIgnoredAttributes><Details><member><Target><Attribute>Properties</Attribute><Path>/Properties/DelaySeconds</Path><RequiresRecreation>Never</RequiresRecreation><BeforeValue>9</BeforeValue><AfterValue>0</AfterValue><BeforeValueFrom>ACTUAL_STATE</BeforeValueFrom><Drift><PreviousValue>0</PreviousValue><ActualValue>9</ActualValue></Drift><AttributeChangeType>Modify</AttributeChangeType></Target></member></Details>";

/// A property whose new value in the template is the value that it has drifted to.
const SYNCED: &str = "<ResourceDriftStatus>MODIFIED</ResourceDriftStatus><Details><member><Target><Attribute>Properties</Attribute><Path>/Properties/DisplayName</Path><RequiresRecreation>Never</RequiresRecreation><Drift><PreviousValue>a</PreviousValue><ActualValue>b</ActualValue></Drift><AttributeChangeType>SyncWithActual</AttributeChangeType></Target></member></Details>";

#[test]
fn drift_is_reverted_and_shown_per_property() {
    let script = cloudformation()
        .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
        .on(
            "DescribeChangeSet",
            ChangeSet::new("orders", "CREATE_COMPLETE")
                .change("Modify", "Queue", "AWS::SQS::Queue", "False")
                .with(DRIFT)
                .change("SyncWithActual", "Topic", "AWS::SNS::Topic", "")
                .with(SYNCED)
                .change("Add", "Table", "AWS::DynamoDB::Table", "")
                .with("<ResourceDriftStatus>DELETED</ResourceDriftStatus>"),
        );
    let env = scripted(script);
    let arguments = [
        "--revert-drift",
        "--no-execute-changeset",
        "--changeset-file",
        "changes.md",
        "changes.json",
    ];
    let output = deploy(&env, &arguments).succeeded();
    insta::assert_snapshot!("revert_drift", said(&output));
    let requests = env.requests();
    let sent = &requests.operation("CreateChangeSet").0[0];
    assert_eq!(
        sent.field("DeploymentMode").as_deref(),
        Some("REVERT_DRIFT")
    );
    let markdown = env.read("changes.md");
    let property = markdown.split_once("## Queue").unwrap().1;
    insta::assert_snapshot!("revert_drift.md", property);
    let json = env.read("changes.json");
    for part in [
        r#""drift": "MODIFIED""#,
        r#""drift": "reverted""#,
        r#""drift": "accepted""#,
        r#""deployed": "0""#,
        r#""/Properties/Capacity": "MANAGED_BY_AWS""#,
    ] {
        assert!(json.contains(part), "{part}: {json}");
    }
}

#[test]
fn drift_is_not_refused_and_reverted_at_once() {
    let env = scripted(cloudformation());
    let output = deploy(&env, &["--revert-drift", "--drift", "deny"]).failed_with(2);
    assert!(
        output
            .stderr()
            .contains("error: `--drift deny` stops at any drift"),
        "{}",
        output.stderr()
    );
    assert_eq!(env.requests().service("cloudformation").count(), 0);
}

/// Returns the findings of the validation, in two modes: user guide, "Validate stack deployments".
fn validated() -> Answer {
    let event = |id: &str, kind: &str, name: &str, mode: &str, why: &str| {
        format!(
            "<member><EventId>{id}</EventId><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>{id}</LogicalResourceId><ResourceType>{kind}</ResourceType><ValidationName>{name}</ValidationName><ValidationFailureMode>{mode}</ValidationFailureMode><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>{why}</ValidationStatusReason><ValidationPath>/Resources/{id}</ValidationPath></member>"
        )
    };
    let events = [
        event(
            "Table",
            "AWS::DynamoDB::Table",
            "SERVICE_QUOTA",
            "WARN",
            "would exceed the quota of tables",
        ),
        event(
            "Logs",
            "AWS::S3::Bucket",
            "BUCKET_EMPTINESS",
            "WARN",
            "holds 3 objects",
        ),
    ];
    let inside = format!("<OperationEvents>{}</OperationEvents>", events.concat());
    Answer::raw_result("DescribeEvents", &inside)
}

/// Returns an update with warnings.
fn warned() -> Script {
    updated(cloudformation().when(
        "DescribeEvents",
        &[("Action", "DescribeEvents")],
        validated(),
    ))
}

#[test]
fn warnings_of_the_validation_stand_in_the_table_the_data_and_the_reports() {
    let env = scripted(warned());
    let output = deploy(&env, &["--report", "report"]).succeeded();
    insta::assert_snapshot!("validation", said(&output));
    for extension in ["md", "html", "xml"] {
        let report = env.read(format!("report/orders.cn-north-1.{extension}"));
        assert!(report.contains("holds 3 objects"), "{extension}: {report}");
    }
    let env = scripted(warned());
    let arguments = [
        "--plan",
        "--changeset-file",
        "changes.md",
        "--format",
        "json",
    ];
    let output = deploy(&env, &arguments).succeeded();
    let found = r#"{"mode":"WARN","found-by":"BUCKET_EMPTINESS","logical-id":"Logs","resource-type":"AWS::S3::Bucket","reason":"holds 3 objects","place":"/Resources/Logs"}"#;
    assert!(output.stdout().contains(found), "{}", output.stdout());
    assert!(output.stderr().contains(found), "{}", output.stderr());
    let line = "- WARN `Logs` BUCKET_EMPTINESS at `/Resources/Logs`: holds 3 objects\n";
    let file = env.read("changes.md").replace('\\', "");
    assert!(file.contains(line), "{file}");
}

#[test]
fn a_gate_refuses_warnings_of_the_validation_before_anything_is_executed() {
    let env = scripted(warned());
    let output = deploy(&env, &["--deny", "validation-warning"]).failed_with(6);
    insta::assert_snapshot!("validation_denied", said(&output));
    assert_eq!(env.requests().operation("ExecuteChangeSet").count(), 0);
    let env = scripted(warned());
    let pattern = ["--deny", "validation-warning=AWS::S3::*"];
    let output = deploy(&env, &pattern).failed_with(6);
    assert!(
        !output
            .stderr()
            .contains("--deny validation-warning=AWS::S3::*)\n             `Table`")
    );
    assert!(
        output.stderr().contains("1 warning refused"),
        "{}",
        output.stderr()
    );
    let other = ["--deny", "validation-warning=AWS::ECR::*"];
    drop(deploy(&scripted(warned()), &other).succeeded());
}

#[test]
fn results_that_cannot_be_read_stop_only_who_depends_on_them() {
    let script = || first(ready()).on("DescribeStackEvents", finished());
    let output = deploy(&scripted(script()), &["-v"]).succeeded();
    let line = "The results of CloudFormation's validation are unknown: ";
    assert!(output.stderr().contains(line), "{}", output.stderr());
    let denied = ["--deny", "validation-warning"];
    let output = deploy(&scripted(script()), &denied).failed_with(6);
    insta::assert_snapshot!("validation_unknown", said(&output));
}

fn finished() -> Events {
    Events::new("orders")
        .stack_event("CREATE_IN_PROGRESS", "User Initiated")
        .stack_event("CREATE_COMPLETE", "")
}

#[test]
fn validation_is_left_out_with_a_warning() {
    let env = scripted(first(ready()).on("DescribeStackEvents", finished()));
    let output = deploy(&env, &["--no-validation"]).succeeded();
    let warning = "warning[CN623]: CloudFormation's validation is off";
    assert!(output.stderr().contains(warning), "{}", output.stderr());
    let requests = env.requests();
    let sent = &requests.operation("CreateChangeSet").0[0];
    assert_eq!(sent.field("DisableValidation").as_deref(), Some("true"));
    let env = scripted(first(ready()));
    let gate = ["--no-validation", "--deny", "validation-warning"];
    let output = deploy(&env, &gate).failed_with(4);
    assert!(
        output.stderr().contains("error[CN622]"),
        "{}",
        output.stderr()
    );
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);
}
