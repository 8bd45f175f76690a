//! StackSets: the template in many accounts and regions.
//!
//! Shapes: CloudFormation API reference, `StackSet`, `StackInstanceSummary`,
//! `StackSetOperation`, `StackSetOperationResultSummary`. The emulator has no StackSets.

use std::time::Duration;

use cn_testkit::{Answer, Fault, Output, Script, Side, TestEnv};

use crate::scripted::scripted;
use crate::{deploy, run, said, seeded};

const TEMPLATE: &str = "\
Parameters:
  Stage: {Type: String, Default: dev}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: !Ref Stage
";

const A: &str = "111111111111";
const B: &str = "222222222222";

fn set(inside: &str) -> Answer {
    let inside = format!(
        "<StackSet><StackSetName>fleet</StackSetName><Status>ACTIVE</Status>{inside}</StackSet>"
    );
    Answer::raw_result("DescribeStackSet", &inside)
}

/// Returns the StackSet with the template of these tests.
fn present() -> Answer {
    set(&format!(
        "<TemplateBody>{TEMPLATE}</TemplateBody><PermissionModel>SELF_MANAGED</PermissionModel>"
    ))
}

fn absent() -> Answer {
    Answer::error("StackSetNotFoundException", "StackSet fleet not found")
}

/// Returns an answer with a list: the tags and texts of each member.
fn list(operation: &str, rows: &[&[(&str, &str)]]) -> Answer {
    let member = |row: &&[(&str, &str)]| {
        let fields = row
            .iter()
            .map(|(name, text)| format!("<{name}>{text}</{name}>"));
        format!("<member>{}</member>", fields.collect::<String>())
    };
    let members: String = rows.iter().map(member).collect();
    Answer::raw_result(operation, &format!("<Summaries>{members}</Summaries>"))
}

fn instances(rows: &[(&str, &str, &str)]) -> Answer {
    let rows: Vec<[(&str, &str); 3]> = rows
        .iter()
        .map(|(account, region, status)| {
            [
                ("Account", *account),
                ("Region", *region),
                ("Status", *status),
            ]
        })
        .collect();
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(|row| &row[..]).collect();
    list("ListStackInstances", &rows)
}

fn results(rows: &[(&str, &str, &str, &str)]) -> Answer {
    let rows: Vec<[(&str, &str); 4]> = rows
        .iter()
        .map(|(account, region, status, reason)| {
            [
                ("Account", *account),
                ("Region", *region),
                ("Status", *status),
                ("StatusReason", *reason),
            ]
        })
        .collect();
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(|row| &row[..]).collect();
    list("ListStackSetOperationResults", &rows)
}

/// Adds an operation that succeeds in its only place.
fn succeeded(script: Script, action: &str) -> Script {
    script
        .on("DescribeStackSetOperation", operation(action, "SUCCEEDED"))
        .on(
            "ListStackSetOperationResults",
            results(&[(A, "cn-north-1", "SUCCEEDED", "")]),
        )
}

fn operation(action: &str, status: &str) -> Answer {
    let inside = format!(
        "<StackSetOperation><OperationId>x</OperationId><Action>{action}</Action><Status>{status}</Status></StackSetOperation>"
    );
    Answer::raw_result("DescribeStackSetOperation", &inside)
}

fn operations(rows: &[(&str, &str)]) -> Answer {
    let rows: Vec<[(&str, &str); 4]> = rows
        .iter()
        .zip(["2026-11-26T02:00:00Z", "2026-11-26T01:00:00Z"])
        .map(|((id, status), began)| {
            [
                ("OperationId", *id),
                ("Action", "UPDATE"),
                ("Status", *status),
                ("CreationTimestamp", began),
            ]
        })
        .collect();
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(|row| &row[..]).collect();
    list("ListStackSetOperations", &rows)
}

fn started(name: &str) -> Answer {
    let id = format!("{{{{{name}.OperationId}}}}");
    Answer::result(name, &[("OperationId", &id)])
}

/// Returns a service without the StackSet that accepts every request.
fn empty() -> Script {
    Script::of("cloudformation")
        .on("DescribeStackSet", absent())
        .on(
            "CreateStackSet",
            Answer::result("CreateStackSet", &[("StackSetId", "fleet:0a1b")]),
        )
        .on("CreateStackInstances", started("CreateStackInstances"))
}

/// Returns a service with the StackSet and an outdated instance in each region.
fn outdated() -> Script {
    Script::of("cloudformation")
        .on("DescribeStackSet", present())
        .on("ListStackSetOperations", operations(&[]))
        .on(
            "ListStackInstances",
            instances(&[
                (A, "cn-north-1", "OUTDATED"),
                (A, "cn-northwest-1", "CURRENT"),
            ]),
        )
        .on("UpdateStackSet", started("UpdateStackSet"))
}

fn fleet(script: Script) -> TestEnv {
    let env = scripted(script);
    env.write("packaged.yaml", TEMPLATE);
    env
}

fn deploy_set(env: &TestEnv, more: &[&str]) -> Output {
    deploy(env, &[&["--stack-set", "fleet"], more].concat())
}

fn writes(env: &TestEnv) -> Vec<String> {
    let requests = env.requests().service("cloudformation");
    let is_write = |name: &&str| !name.starts_with("Describe") && !name.starts_with("List");
    let operations = requests.operations();
    operations
        .into_iter()
        .filter(is_write)
        .map(str::to_owned)
        .collect()
}

/// Returns a service with the StackSet and a current instance in Beijing.
fn current() -> Script {
    Script::of("cloudformation")
        .on("DescribeStackSet", present())
        .on("ListStackSetOperations", operations(&[]))
        .on(
            "ListStackInstances",
            instances(&[(A, "cn-north-1", "CURRENT")]),
        )
}

#[test]
fn what_is_current_is_left_alone() {
    let env = fleet(current());
    let flags = ["--accounts", A, "--regions", "cn-north-1"];
    insta::assert_snapshot!("set_unchanged", said(&deploy_set(&env, &flags).succeeded()));
    let strict = [&flags[..], &["--fail-on-empty-changeset"]].concat();
    drop(deploy_set(&env, &strict).failed_with(3));
    let json = deploy_set(&env, &["--format", "json"]).succeeded();
    insta::assert_snapshot!("set_unchanged_json", json.stdout());
    assert_eq!(writes(&env), [""; 0]);
}

#[test]
fn a_plan_changes_nothing_and_what_is_missing_is_created() {
    let script = current()
        .on("UpdateStackSet", started("UpdateStackSet"))
        .on("CreateStackInstances", started("CreateStackInstances"))
        .on(
            "DescribeStackSetOperation",
            operation("UPDATE", "SUCCEEDED"),
        )
        .on(
            "DescribeStackSetOperation",
            operation("CREATE", "SUCCEEDED"),
        )
        .on(
            "ListStackSetOperationResults",
            results(&[(A, "cn-north-1", "SUCCEEDED", "")]),
        )
        .on(
            "ListStackSetOperationResults",
            results(&[(B, "cn-north-1", "SUCCEEDED", "")]),
        );
    let env = fleet(script);
    let flags = ["--accounts", B, "--parameter-overrides", "Stage=prod"];
    let plan = [&flags[..], &["--plan"]].concat();
    insta::assert_snapshot!("set_plan", said(&deploy_set(&env, &plan).succeeded()));
    let json = [&plan[..], &["--format", "json"]].concat();
    insta::assert_snapshot!(
        "set_plan_json",
        deploy_set(&env, &json).succeeded().stdout()
    );
    assert_eq!(writes(&env), [""; 0]);
    let json = [&flags[..], &["--format", "json"]].concat();
    let output = deploy_set(&env, &json).succeeded();
    insta::assert_snapshot!("set_extended_json", crate::steady(output.stdout()));
    assert!(output.stderr().contains("\"kind\":\"stack-set-event\""));
    assert_eq!(writes(&env), ["UpdateStackSet", "CreateStackInstances"]);
    let requests = env.requests();
    let update = &requests.operation("UpdateStackSet").0[0];
    let field = |name: &str| update.field(name).unwrap_or_default();
    assert_eq!(field("TemplateBody"), TEMPLATE);
    assert_eq!(field("Parameters.member.1.ParameterValue"), "prod");
    // Every instance is updated: none keeps the previous template.
    assert_eq!(update.field("Accounts.member.1"), None);
}

// Failure tolerance exceeded: CloudFormation API reference, `StackSetOperation`, `Status`.
#[test]
fn failures_come_first_and_stop_the_run() {
    let why = "ResourceLogicalId:Topic, ResourceType:AWS::SNS::Topic, ResourceStatusReason:boom.";
    let role = "Account 222222222222 should have 'AWSCloudFormationStackSetExecutionRole' role with trust relationship to Role 'AWSCloudFormationStackSetAdministrationRole'.";
    let script = empty()
        .on("DescribeStackSetOperation", operation("CREATE", "RUNNING"))
        .on("DescribeStackSetOperation", operation("CREATE", "FAILED"))
        .on(
            "ListStackSetOperationResults",
            results(&[
                (A, "cn-north-1", "RUNNING", ""),
                (B, "cn-north-1", "PENDING", ""),
            ]),
        )
        .on(
            "ListStackSetOperationResults",
            results(&[
                (A, "cn-north-1", "SUCCEEDED", ""),
                (A, "cn-northwest-1", "FAILED", why),
                (
                    B,
                    "cn-northwest-1",
                    "CANCELLED",
                    "Cancelled since failure tolerance has exceeded",
                ),
                (B, "cn-north-1", "FAILED", role),
            ]),
        );
    let env = fleet(script);
    let accounts = format!("{A},{B}");
    let flags = [
        "--accounts",
        &accounts,
        "--failure-tolerance",
        "1",
        "--report",
        "reports",
    ];
    let output = deploy_set(&env, &flags).failed_with(1);
    insta::assert_snapshot!("set_failed", said(&output));
    let report = env.read("reports/fleet.cn-north-1.xml");
    let report = report.replace("failed after 1s", "failed after [TIME]");
    insta::assert_snapshot!("set_report", crate::steady(report));
    let requests = env.requests();
    let create = &requests.operation("CreateStackInstances").0[0];
    let field = |name: &str| create.field(name).unwrap_or_default();
    assert_eq!(field("OperationPreferences.FailureToleranceCount"), "1");
    assert_eq!(field("Accounts.member.2"), B);
    assert_eq!(field("Regions.member.2"), "cn-northwest-1");
    let created = &requests.operation("CreateStackSet").0[0];
    let token = created.field("ClientRequestToken").expect("a token");
    assert_eq!(field("OperationId"), format!("{token}-1"));
}

#[test]
fn a_run_without_an_identity_writes_its_report() {
    let env = seeded(TEMPLATE);
    env.unset("USER_ACCESS_KEY_SSM");
    env.unset("USER_SECRET_KEY_SSM");
    let output = deploy_set(&env, &["--report", "reports"]).failed_with(5);
    assert!(output.stderr().contains("Report: reports/fleet.xml"));
    let report = env.read("reports/fleet.xml");
    assert!(
        report.contains("no credentials for `cn-north-1`"),
        "{report}"
    );
}

#[test]
fn failures_within_the_tolerance_are_warnings() {
    let script = outdated()
        .on(
            "DescribeStackSetOperation",
            operation("UPDATE", "SUCCEEDED"),
        )
        .on(
            "ListStackSetOperationResults",
            results(&[
                (A, "cn-north-1", "SUCCEEDED", ""),
                (A, "cn-northwest-1", "FAILED", "boom"),
            ]),
        );
    let flags = ["--failure-tolerance", "50%", "--max-concurrent", "100%"];
    let output = deploy_set(&fleet(script), &flags).succeeded();
    insta::assert_snapshot!("set_tolerated", said(&output));
}

#[test]
fn another_operation_is_waited_for_when_asked_to() {
    let busy = || {
        Script::of("cloudformation")
            .on("DescribeStackSet", present())
            .on("ListStackInstances", instances(&[]))
            .on(
                "ListStackSetOperations",
                operations(&[("by-hand", "RUNNING")]),
            )
    };
    let env = fleet(busy());
    insta::assert_snapshot!("set_busy", said(&deploy_set(&env, &[]).failed_with(8)));
    assert_eq!(writes(&env), [""; 0]);
    let free = busy().on(
        "ListStackSetOperations",
        operations(&[("by-hand", "SUCCEEDED")]),
    );
    let output = deploy_set(&fleet(free), &["--wait-busy"]).succeeded();
    assert!(
        output
            .stderr()
            .contains("another operation is running (by-hand)")
    );
    // An operation that begins between the check and the update.
    let raced = outdated()
        .on(
            "DescribeStackSetOperation",
            Answer::error("OperationNotFoundException", "no"),
        )
        .when(
            "UpdateStackSet",
            &[("StackSetName", "fleet")],
            Answer::error(
                "OperationInProgressException",
                "Another Operation is in progress",
            ),
        );
    let env = fleet(raced);
    let output = deploy_set(&env, &[]).failed_with(8);
    assert!(
        output.stderr().contains("--wait-busy"),
        "{}",
        output.stderr()
    );
    assert_eq!(writes(&env), ["UpdateStackSet"]);
}

#[test]
fn an_answer_that_is_lost_starts_no_second_operation() {
    let script = succeeded(outdated(), "UPDATE");
    let env = fleet(script);
    env.fault(Fault::on("UpdateStackSet").reset_after().always());
    drop(deploy_set(&env, &[]).succeeded());
    let requests = env.requests().operation("UpdateStackSet");
    let ids: Vec<_> = requests
        .0
        .iter()
        .map(|it| it.field("OperationId"))
        .collect();
    assert!(
        ids.len() > 1 && ids.iter().all(|id| *id == ids[0]),
        "{ids:?}"
    );

    let script = empty()
        .on(
            "DescribeStackSetOperation",
            operation("CREATE", "SUCCEEDED"),
        )
        .on("ListStackSetOperationResults", results(&[]));
    let env = fleet(script);
    env.fault(Fault::on("CreateStackSet").reset_after().times(4));
    drop(deploy_set(&env, &["--accounts", A]).succeeded());
    let requests = env.requests().operation("CreateStackSet");
    let token = |it: &cn_testkit::Recorded| it.field("ClientRequestToken");
    assert!(requests.count() > 4);
    assert!(
        requests
            .0
            .iter()
            .all(|it| token(it) == token(&requests.0[0]))
    );
}

#[test]
fn a_limit_or_a_signal_ends_the_wait_alone() {
    let script = || {
        outdated()
            .on("DescribeStackSetOperation", operation("UPDATE", "RUNNING"))
            .on(
                "ListStackSetOperationResults",
                results(&[(A, "cn-north-1", "RUNNING", "")]),
            )
    };
    let output = deploy_set(&fleet(script()), &["--max-wait", "2s"]).failed_with(7);
    insta::assert_snapshot!("set_running", said(&output));

    let env = fleet(script());
    let running = run(&env).args(["--stack-set", "fleet"]).spawn();
    running.wait_for_request("ListStackSetOperationResults");
    std::thread::sleep(Duration::from_millis(300));
    running.signal("TERM");
    let words = said(&running.output().failed_with(143));
    let hint = words.lines().find(|line| line.starts_with("hint:"));
    insta::assert_snapshot!("set_interrupted", hint.expect("a hint"));
}

#[test]
fn an_operation_can_be_followed_by_its_id() {
    let script = || {
        Script::of("cloudformation")
            .on("DescribeStackSet", present())
            .on(
                "ListStackSetOperations",
                operations(&[("newest", "STOPPED"), ("older", "FAILED")]),
            )
            .on("ListStackSetOperationResults", results(&[]))
            .on("DescribeStackSetOperation", operation("UPDATE", "STOPPED"))
    };
    let env = fleet(script());
    let output = deploy_set(&env, &["--attach"]).failed_with(1);
    insta::assert_snapshot!("set_stopped", said(&output));
    assert_eq!(writes(&env), [""; 0]);
    let asked = |env: &TestEnv| {
        let requests = env.requests().operation("DescribeStackSetOperation");
        requests.0[0].field("OperationId").expect("an ID")
    };
    assert_eq!(asked(&env), "newest");
    let env = fleet(script());
    drop(deploy_set(&env, &["--attach", "--operation", "older"]).failed_with(1));
    assert_eq!(asked(&env), "older");
    drop(deploy_set(&env, &["--operation", "older"]).failed_with(2));
    let none = Script::of("cloudformation").on("DescribeStackSet", absent());
    let output = deploy_set(&fleet(none), &["--attach"]).failed_with(1);
    assert!(output.stderr().contains("has no operation to follow"));
}

#[test]
fn units_of_an_organization_are_targets() {
    let script = succeeded(empty(), "CREATE");
    let env = fleet(script);
    let flags = [
        "--organizational-units",
        "ou-ab12-0123abcd",
        "--accounts",
        B,
        "--account-filter",
        "difference",
        "--auto-deployment",
        "retain",
        "--delegated-admin",
        "--region-concurrency",
        "parallel",
        "--concurrency-mode",
        "soft",
    ];
    insta::assert_snapshot!("set_units", said(&deploy_set(&env, &flags).succeeded()));
    let requests = env.requests();
    let set = &requests.operation("CreateStackSet").0[0];
    let create = &requests.operation("CreateStackInstances").0[0];
    for (request, field, value) in [
        (set, "PermissionModel", "SERVICE_MANAGED"),
        (set, "AutoDeployment.Enabled", "true"),
        (set, "AutoDeployment.RetainStacksOnAccountRemoval", "true"),
        (set, "CallAs", "DELEGATED_ADMIN"),
        (create, "CallAs", "DELEGATED_ADMIN"),
        (
            create,
            "DeploymentTargets.OrganizationalUnitIds.member.1",
            "ou-ab12-0123abcd",
        ),
        (create, "DeploymentTargets.Accounts.member.1", B),
        (create, "DeploymentTargets.AccountFilterType", "DIFFERENCE"),
        (
            create,
            "OperationPreferences.RegionConcurrencyType",
            "PARALLEL",
        ),
        (
            create,
            "OperationPreferences.ConcurrencyMode",
            "SOFT_FAILURE_TOLERANCE",
        ),
    ] {
        assert_eq!(request.field(field).as_deref(), Some(value), "{field}");
    }
    assert_eq!(create.field("Accounts.member.1"), None);
}

#[test]
fn a_refusal_says_what_to_do() {
    let refused = |code: &str, message: &str| {
        let script = Script::of("cloudformation")
            .on("DescribeStackSet", absent())
            .on("CreateStackSet", Answer::error(code, message));
        let output = deploy_set(&fleet(script), &["--organizational-units", "r-ab12"]);
        output.failed_with(1).stderr()
    };
    let said = refused(
        "ValidationError",
        "You must enable organizations access to operate a service managed stack set",
    );
    assert!(said.contains("activate trusted access"), "{said}");
    let said = refused(
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
    );
    assert!(said.contains("--capabilities"), "{said}");
    let env = fleet(empty());
    insta::assert_snapshot!("set_no_targets", said_of(&deploy_set(&env, &[])));
    assert_eq!(writes(&env), [""; 0]);
    // A stack-only flag on the same command line is a usage error.
    let output = deploy_set(&env, &["--deny", "delete"]).failed_with(2);
    assert!(output.stderr().contains("cannot be used with"));
}

fn said_of(output: &Output) -> String {
    assert_eq!(output.code(), 4);
    said(output)
}

#[test]
fn code_in_another_region_is_a_warning_and_a_template_goes_through_the_bucket() {
    let script = empty()
        .on(
            "DescribeStackSetOperation",
            operation("CREATE", "SUCCEEDED"),
        )
        .on("ListStackSetOperationResults", results(&[]));
    let env = seeded(TEMPLATE);
    env.script(script);
    env.write(
        "packaged.yaml.manifest.json",
        r#"{"region": "cn-north-1", "bucket": "b", "artifacts": [{"key": "k", "sha256": "AA=="}]}"#,
    );
    let flags = ["--accounts", A, "--s3-bucket", env.bucket()];
    let output = deploy_set(&env, &flags).succeeded();
    let said = output.stderr();
    assert!(said.contains("warning[CN630]"), "{said}");
    assert!(said.contains("instances in `cn-northwest-1`"), "{said}");
    let requests = env.requests();
    let set = &requests.operation("CreateStackSet").0[0];
    let url = set.field("TemplateURL").expect("an address");
    assert!(
        url.starts_with("https://s3.cn-north-1.amazonaws.com.cn/"),
        "{url}"
    );
    assert_eq!(set.field("TemplateBody"), None);
    assert_eq!(requests.to(Side::China).object_puts().count(), 1);
    // A template for one region has no instances in the other.
    let flags = ["--accounts", A, "--regions", "cn-north-1"];
    let said = deploy_set(&env, &flags).succeeded().stderr();
    assert!(!said.contains("CN630"), "{said}");
    env.write(
        "packaged.yaml.manifest.json",
        r#"{"region": "cn-northwest-1", "bucket": "b", "artifacts": []}"#,
    );
    let said = deploy_set(&env, &flags).failed_with(4).stderr();
    assert!(said.contains("was packaged for `cn-northwest-1`"), "{said}");
}
