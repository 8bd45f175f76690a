//! The program with failures of service, network and credentials.

use std::sync::atomic::{AtomicUsize, Ordering};

use cn_core::stack::{Reaction, StackStatus};
use cn_testkit::{Answer, ChangeSet, Events, Fault, Keys, Stack};

use crate::scripted::{cloudformation, ready, scripted};
use crate::{TEMPLATE, deploy, run, said, seeded};

/// Returns the events of an operation that succeeds.
fn succeeds(verb: &str) -> Events {
    Events::new("orders")
        .stack_event(&format!("{verb}_IN_PROGRESS"), "User Initiated")
        .stack_event(&format!("{verb}_COMPLETE"), "")
}

#[test]
fn every_status_at_the_start_leads_to_its_documented_end() {
    let next = AtomicUsize::new(0);
    let states: Vec<StackStatus> = StackStatus::known().collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(status) = states.get(next.fetch_add(1, Ordering::Relaxed)) {
                    start_in(status.as_str(), status.reaction());
                }
            });
        }
    });
}

fn start_in(status: &str, reaction: Reaction) {
    let (code, verb) = match reaction {
        Reaction::Create | Reaction::Replace => (0, "CREATE"),
        Reaction::Update => (0, "UPDATE"),
        _ => (8, ""),
    };
    let mut script = cloudformation()
        .on("DescribeChangeSet", ready())
        .on("DescribeStackEvents", succeeds(verb))
        .on("DescribeStacks", Stack::new("orders", status));
    if reaction == Reaction::Replace {
        script = script.on("DescribeStacks", Stack::new("orders", "DELETE_COMPLETE"));
    }
    if code == 0 {
        let end = format!("{verb}_COMPLETE");
        script = script.on("DescribeStacks", Stack::new("orders", &end));
    }
    let env = scripted(script);
    let output = deploy(&env, &[]).failed_with(code);
    let requests = env.requests();
    let kinds: Vec<Option<String>> = requests
        .operation("CreateChangeSet")
        .0
        .iter()
        .map(|request| request.field("ChangeSetType"))
        .collect();
    let expected = if code == 0 {
        vec![Some(verb.to_owned())]
    } else {
        Vec::new()
    };
    assert_eq!(kinds, expected, "{status}");
    assert_eq!(
        requests.operation("DeleteStack").count(),
        usize::from(reaction == Reaction::Replace),
        "{status}"
    );
    if code != 0 {
        let errors = output.stderr();
        assert!(
            errors.contains(status) && errors.contains("hint: "),
            "{errors}"
        );
    }
}

#[test]
fn a_stack_in_review_is_created_without_asking_for_its_template() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "REVIEW_IN_PROGRESS"))
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on("DescribeStackEvents", succeeds("CREATE")),
    );
    drop(deploy(&env, &[]).succeeded());
    let requests = env.requests();
    let sent = requests.operation("CreateChangeSet").0[0].clone();
    assert_eq!(sent.field("ChangeSetType").as_deref(), Some("CREATE"));
    assert_eq!(requests.operation("GetTemplateSummary").count(), 0);
}

#[test]
fn lost_answers_are_asked_for_again_with_one_token() {
    let env = seeded(TEMPLATE);
    // More losses than the SDK has attempts.
    env.set("AWS_MAX_ATTEMPTS", "2");
    env.fault(Fault::on("CreateChangeSet").reset_after().times(3));
    env.fault(Fault::on("ExecuteChangeSet").reset_after().times(3));
    drop(deploy(&env, &[]).succeeded());
    let requests = env.requests();
    for (operation, field) in [
        ("CreateChangeSet", "ClientToken"),
        ("ExecuteChangeSet", "ClientRequestToken"),
    ] {
        let sent = requests.operation(operation);
        let mut tokens: Vec<_> = sent.0.iter().map(|request| request.field(field)).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1, "{operation}");
        assert!(tokens[0].is_some(), "{operation}");
    }
    let first = requests.operation("CreateChangeSet").0[0].field("ChangeSetName");
    env.forget_requests();
    drop(deploy(&env, &[]).succeeded());
    let second = env.requests().operation("CreateChangeSet").0[0].field("ChangeSetName");
    assert_ne!(first, second);
}

#[test]
fn trouble_of_every_kind_ends_well() {
    let kinds: [fn(&str) -> Fault; 6] = [
        |operation| Fault::on(operation).throttled(),
        |operation| Fault::on(operation).answer(500, "InternalFailure"),
        |operation| Fault::on(operation).answer(503, "ServiceUnavailable"),
        |operation| Fault::on(operation).reset_before(),
        |operation| Fault::on(operation).reset_after(),
        |operation| Fault::on(operation).cut_short(),
    ];
    std::thread::scope(|scope| {
        for kind in kinds {
            scope.spawn(move || {
                let env = seeded(TEMPLATE);
                env.set("AWS_MAX_ATTEMPTS", "1");
                for operation in ["DescribeChangeSet", "DescribeStackEvents"] {
                    env.fault(kind(operation).times(2));
                }
                let output = deploy(&env, &[]).succeeded();
                let notes = output.stderr().matches("; retrying").count();
                // Once for each series of failures.
                assert_eq!(notes, 2, "{}", output.stderr());
            });
        }
    });
}

#[test]
fn a_service_that_never_answers_is_exit_9_and_nothing_was_done() {
    let env = seeded(TEMPLATE);
    env.set("AWS_MAX_ATTEMPTS", "2");
    env.fault(
        Fault::on("DescribeStacks")
            .answer(503, "ServiceUnavailable")
            .always(),
    );
    let output = deploy(&env, &[]).failed_with(9);
    insta::assert_snapshot!(said(&output));
    assert_eq!(env.requests().operation("CreateChangeSet").count(), 0);
}

// Keys are rotated and sessions end: by then, the profile has new credentials.
#[test]
fn credentials_that_end_during_the_wait_are_read_again() {
    let env = scripted(
        cloudformation()
            .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
            .on("DescribeStacks", Stack::new("orders", "UPDATE_COMPLETE"))
            .on("DescribeChangeSet", ready())
            .on(
                "DescribeStackEvents",
                Events::new("orders").stack_event("UPDATE_IN_PROGRESS", "User Initiated"),
            )
            .on(
                "DescribeStackEvents",
                Answer::error(
                    "ExpiredToken",
                    "The security token included in the request is expired",
                ),
            )
            .on("DescribeStackEvents", succeeds("UPDATE")),
    );
    let running = run(&env).spawn();
    running.wait_for_request("ExecuteChangeSet");
    env.write_profile("china", &Keys::new("AKIARENEWED", "renewed"), "cn-north-1");
    let output = running.output().succeeded();
    assert!(
        output.stderr().contains("ExpiredToken"),
        "{}",
        output.stderr()
    );
    let signed: Vec<String> = env
        .requests()
        .operation("DescribeStackEvents")
        .0
        .iter()
        .map(|request| request.access_key_id.clone())
        .collect();
    assert_eq!(signed[..2], ["AKIAEXAMPLE", "AKIAEXAMPLE"]);
    assert!(
        signed[2..].iter().all(|key| key == "AKIARENEWED"),
        "{signed:?}"
    );
}

#[test]
fn keys_from_parameters_that_end_during_the_wait_are_read_again() {
    let env = seeded(TEMPLATE);
    let seed_names = env.parameter_name("UserAccessKey");
    let fresh = env.china_user("renewed", cn_testkit::ALLOW_ALL);
    env.fault(
        Fault::on("DescribeStackEvents")
            .answer(403, "ExpiredToken")
            .times(1),
    );
    let home = env.home();
    let running = run(&env).spawn();
    running.wait_for_request("CreateChangeSet");
    home.put_secure_parameter(&seed_names, &fresh.id)
        .expect("written");
    home.put_secure_parameter(&env.parameter_name("UserSecretKey"), &fresh.secret)
        .expect("written");
    drop(running.output().succeeded());
    let reads = env.requests().operation("GetParameters");
    assert_eq!(reads.count(), 2, "{reads}");
    let last = env
        .requests()
        .service("cloudformation")
        .0
        .pop()
        .expect("requests");
    assert_eq!(last.access_key_id, fresh.id);
    env.assert_no_secret_was_sent();
}

#[test]
fn the_detail_of_a_refusal_is_shown_where_it_is_offered() {
    let detail = "<OperationEvents><member><EventId>1</EventId><LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><ValidationName>NAME_CONFLICT_VALIDATION</ValidationName><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>Resource of type 'AWS::SQS::Queue' with identifier 'q' already exists.</ValidationStatusReason><ValidationPath>/Resources/Queue/Properties/QueueName</ValidationPath></member></OperationEvents>";
    let failed = cn_testkit::ChangeSet::new("orders", "FAILED").reason(
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API.",
    );
    let script = cn_testkit::Script::of("cloudformation")
        .on(
            "DescribeEvents",
            Answer::raw_result("DescribeEvents", detail),
        )
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on("CreateChangeSet", ChangeSet::created("orders"))
        .on("DescribeChangeSet", failed)
        .on("DeleteChangeSet", Answer::result("DeleteChangeSet", &[]));
    insta::assert_snapshot!(said(&deploy(&scripted(script), &[]).failed_with(1)));
}

// CloudFormation user guide, "Validate stack deployments": validation that was left out or found
// nothing when the change set was created may still refuse its execution.
#[test]
fn the_detail_of_a_refusal_at_the_execution_is_shown_where_it_is_offered() {
    let event = |moment: &str, reason: &str| {
        format!(
            "<member><EventId>{moment}</EventId><Timestamp>{moment}</Timestamp><LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>{reason}</ValidationStatusReason><ValidationPath>/Resources/Queue</ValidationPath></member>"
        )
    };
    let earlier = event("2001-01-01T00:00:00Z", "of an earlier operation");
    let now = event("2099-01-01T00:00:00Z", "the queue exists");
    let details = format!("<OperationEvents>{earlier}{now}{now}</OperationEvents>");
    let nothing = Answer::raw_result("DescribeEvents", "<OperationEvents/>");
    let reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API.";
    let script = cn_testkit::Script::of("cloudformation")
        .on("DescribeEvents", nothing)
        .on(
            "DescribeEvents",
            Answer::raw_result("DescribeEvents", &details),
        )
        .on("CreateChangeSet", ChangeSet::created("orders"))
        .on("ExecuteChangeSet", Answer::result("ExecuteChangeSet", &[]))
        .on("DescribeStacks", Stack::new("orders", "CREATE_COMPLETE"))
        .on(
            "DescribeStacks",
            Stack::new("orders", "UPDATE_ROLLBACK_COMPLETE"),
        )
        .on("DescribeChangeSet", crate::scripted::ready())
        .on(
            "DescribeStackEvents",
            cn_testkit::Events::new("orders")
                .stack_event("UPDATE_IN_PROGRESS", "User Initiated")
                .stack_event("UPDATE_ROLLBACK_IN_PROGRESS", reason)
                .stack_event("UPDATE_ROLLBACK_COMPLETE", ""),
        );
    let said = deploy(&scripted(script), &[]).failed_with(1).stderr();
    let detail = "caused by: `orders` (AWS::CloudFormation::Stack): `Queue` (AWS::SQS::Queue) at /Resources/Queue: the queue exists\n";
    assert!(said.contains(detail), "{said}");
    assert!(
        said.contains(reason) && !said.contains("earlier operation"),
        "{said}"
    );
    assert_eq!(said.matches("the queue exists").count(), 1, "{said}");
}
