//! Tests of the whole engine against the simulated service, in paused time.

mod foreign;
mod later;
mod more;
mod secrets;
mod today;
mod trouble;

use std::time::Duration;

use tokio::time::Instant;

pub(crate) use super::plan::tests::request;
use cn_testkit::sim::{Beat, Fault, Sim, beat};

use super::*;
use crate::answer::client;
use crate::inputs;
use crate::stack::*;

fn clients(sim: &Sim) -> Clients {
    // No test here uploads a template: the answers of S3 do not matter.
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new("cn-north-1"))
        .build();
    Clients {
        // A session builds the client in the same way.
        cloudformation: client!(aws_sdk_cloudformation, sim.client().config().to_builder()),
        s3: aws_sdk_s3::Client::from_conf(config),
    }
}

/// Runs every phase in turn, like the program.
async fn deploy(sim: &Sim, request: &Request) -> (Result<Outcome, DeployError>, Vec<Event>) {
    deploy_within(sim, request, &Pace::standard(None, 1)).await
}

async fn deploy_within(
    sim: &Sim,
    request: &Request,
    pace: &Pace,
) -> (Result<Outcome, DeployError>, Vec<Event>) {
    let mut events = Vec::new();
    let outcome = every_phase(sim, request, pace, &mut |event| events.push(event)).await;
    (outcome, events)
}

async fn every_phase(
    sim: &Sim,
    request: &Request,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Outcome, DeployError> {
    let clients = clients(sim);
    let client = &clients.cloudformation;
    let facts = read(client, request, pace, on_event).await?;
    let plan = plan(request, &facts).expect("not stuck").ready().unwrap();
    let proposed = propose(&clients, plan, pace, on_event).await?;
    proposed
        .conclude(client, &request.gates, pace, on_event)
        .await
}

/// Returns the status and path of each resource event, in the reported order.
fn told(events: &[Event]) -> Vec<String> {
    let resource = |event: &Event| match event {
        Event::Resource { event, .. } => Some(format!("{} {}", event.full_path(), event.status)),
        _ => None,
    };
    events.iter().filter_map(resource).collect()
}

fn removed(events: &[Event]) -> Vec<String> {
    let removed = |event: &Event| match event {
        Event::Removed { what } => Some(what.clone()),
        _ => None,
    };
    events.iter().filter_map(removed).collect()
}

fn with_number(number: u32) -> Request {
    let mut request = request("Resources: {}");
    request.change_set = ChangeSetName::new("build", number);
    request
}

#[tokio::test(start_paused = true)]
async fn a_new_stack_is_created() {
    let sim = Sim::new();
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    let outcome = outcome.unwrap();
    assert!(matches!(outcome.end, End::Done { .. }), "{:?}", outcome.end);
    assert_eq!(outcome.changes.len(), 2, "both pages of changes");
    assert_eq!(
        told(&events),
        [
            "orders CREATE_IN_PROGRESS",
            "Queue CREATE_IN_PROGRESS",
            "Queue CREATE_COMPLETE",
            "Topic CREATE_COMPLETE",
            "orders CREATE_COMPLETE",
        ]
    );
    let Some(Event::Resource { progress, .. }) = events
        .iter()
        .rev()
        .find(|event| matches!(event, Event::Resource { .. }))
    else {
        panic!("no event");
    };
    assert_eq!((progress.done, progress.total), (3, 3));
    let sent = sim.last("CreateChangeSet");
    assert_eq!(sent["ChangeSetType"], "CREATE");
    assert_eq!(sent["ClientToken"], "cn-deploy-build-00000001");
    for absent in [
        "Tags",
        "Parameters",
        "NotificationARNs",
        "RoleARN",
        "Capabilities",
    ] {
        assert!(!sent.keys().any(|key| key.starts_with(absent)), "{absent}");
    }
    assert_eq!(sim.last("ExecuteChangeSet")["DisableRollback"], "false");
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_stack_costs_four_requests_and_leaves_nothing() {
    for reason in [None, Some("No updates are to be performed.")] {
        let sim = Sim::new();
        sim.world.lock().unwrap().empty_reason = reason;
        deploy(&sim, &with_number(1)).await.0.unwrap();
        let before = sim.actions().len();
        let (outcome, events) = deploy(&sim, &with_number(2)).await;
        let End::NoChanges { outputs } = outcome.unwrap().end else {
            panic!("changes");
        };
        assert_eq!(outputs[0].value, "Resources: {}");
        assert_eq!(removed(&events), ["change set `cn-deploy-build-00000002`"]);
        let requests = sim.actions().split_off(before);
        let polls = requests
            .iter()
            .filter(|it| *it == "DescribeChangeSet")
            .count();
        assert_eq!(requests.len() - polls, 3, "{requests:?}");
        assert_eq!(sim.world.lock().unwrap().executions, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_set_and_its_empty_stack_are_removed() {
    for (reason, said) in [
        (
            "Requires capabilities : [CAPABILITY_IAM]",
            "Requires capabilities : [CAPABILITY_IAM]",
        ),
        ("", "it ended in FAILED, and CloudFormation gives no reason"),
    ] {
        let sim = Sim::new();
        sim.world.lock().unwrap().change_set_fails = Some(reason);
        let (outcome, events) = deploy(&sim, &with_number(1)).await;
        let outcome = outcome.unwrap();
        let End::Refused { reason, details } = outcome.end else {
            panic!("not refused");
        };
        assert_eq!(reason, said);
        assert!(details.is_empty(), "DescribeEvents is not allowed here");
        assert_eq!(outcome.stack_id, None);
        assert_eq!(removed(&events).len(), 2);
        assert!(sim.world.lock().unwrap().stack("orders").is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stack_in_review_with_anothers_change_set_is_kept() {
    let sim = Sim::new();
    let mut review = with_number(1);
    review.mode = Mode::Review;
    let (outcome, _) = deploy(&sim, &review).await;
    assert!(matches!(outcome.unwrap().end, End::Reviewable { .. }));
    sim.world.lock().unwrap().change_set_fails = Some("no");
    deploy(&sim, &with_number(2)).await.0.unwrap();
    let mut world = sim.world.lock().unwrap();
    let stack = world.stack("orders").expect("it is kept");
    let names: Vec<_> = stack
        .change_sets
        .iter()
        .map(|set| set.name.as_str())
        .collect();
    assert_eq!(names, ["cn-deploy-build-00000001"]);
}

#[tokio::test(start_paused = true)]
async fn a_preview_leaves_nothing() {
    let sim = Sim::new();
    let mut preview = with_number(1);
    preview.mode = Mode::Preview;
    let (outcome, events) = deploy(&sim, &preview).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.end, End::Previewed);
    assert_eq!(outcome.changes.len(), 2);
    assert_eq!(removed(&events).len(), 2);
    assert!(sim.world.lock().unwrap().stack("orders").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_gate_refuses_before_anything_happens() {
    let sim = Sim::new();
    sim.world.lock().unwrap().changes_as = Some("Remove");
    let mut request = with_number(1);
    request.gates = vec!["delete=AWS::SQS::Topic".parse().unwrap()];
    let (outcome, events) = deploy(&sim, &request).await;
    let End::Gated { refusals } = outcome.unwrap().end else {
        panic!("not refused");
    };
    assert_eq!(refusals[0].logical_id, "Topic");
    assert_eq!(refusals.len(), 1);
    assert_eq!(removed(&events).len(), 2);
    assert_eq!(sim.world.lock().unwrap().executions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_rolled_back_creation_is_replaced() {
    let sim = Sim::new().with_stack("orders", "ROLLBACK_COMPLETE");
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    let outcome = outcome.unwrap();
    assert!(matches!(outcome.end, End::Done { .. }), "{:?}", outcome.end);
    assert!(matches!(events[0], Event::Replacing { .. }));
    assert!(outcome.stack_id.unwrap().ends_with("stack/orders/2"));
}

const QUEUE: &str = "AWS::SQS::Queue";
const NESTED: &str = "AWS::CloudFormation::Stack";

/// A creation whose nested stack fails, so that the other resources are canceled.
const FAILURE: &[Beat] = &[
    beat(0, "", "", "CREATE_IN_PROGRESS", "User Initiated"),
    beat(1000, "Queue", QUEUE, "CREATE_IN_PROGRESS", ""),
    beat(1000, "Net", NESTED, "CREATE_IN_PROGRESS", ""),
    beat(1000, "Net/", NESTED, "CREATE_IN_PROGRESS", ""),
    beat(1500, "Net/Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", ""),
    beat(
        4000,
        "Net/Vpc",
        "AWS::EC2::VPC",
        "CREATE_FAILED",
        "limit reached (HandlerErrorCode: ServiceLimitExceeded)",
    ),
    beat(
        4100,
        "Net/",
        NESTED,
        "ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [Vpc].",
    ),
    beat(
        5000,
        "Queue",
        QUEUE,
        "CREATE_FAILED",
        "Resource creation cancelled",
    ),
    beat(
        5000,
        "Net",
        NESTED,
        "CREATE_FAILED",
        "Embedded stack was not successfully created",
    ),
    beat(
        5100,
        "",
        "",
        "ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [Net].",
    ),
    beat(9000, "Queue", QUEUE, "DELETE_COMPLETE", ""),
    beat(9500, "", "", "ROLLBACK_COMPLETE", ""),
];

#[tokio::test(start_paused = true)]
async fn the_first_failure_is_told_across_nested_stacks() {
    for hides_tokens in [false, true] {
        let sim = Sim::new();
        sim.world.lock().unwrap().hides_tokens = hides_tokens;
        sim.script(FAILURE);
        let (outcome, events) = deploy(&sim, &with_number(1)).await;
        let End::Failed { status, cause, .. } = outcome.unwrap().end else {
            panic!("it did not fail");
        };
        let cause = cause.unwrap();
        assert_eq!(status.unwrap().as_str(), "ROLLBACK_COMPLETE");
        assert_eq!(cause.event.full_path(), "Net/Vpc");
        assert_eq!(cause.code.as_deref(), Some("ServiceLimitExceeded"));
        assert_eq!(cause.cancelled, 1);
        assert_eq!(told(&events).len(), FAILURE.len(), "none lost, none twice");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_rolls_back_has_failed() {
    let sim = Sim::new().with_stack("orders", "UPDATE_COMPLETE");
    sim.script(&[
        beat(0, "", "", "UPDATE_IN_PROGRESS", "User Initiated"),
        beat(2000, "Queue", QUEUE, "UPDATE_FAILED", "no"),
        beat(
            2100,
            "",
            "",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [Queue].",
        ),
        beat(60_000, "Queue", QUEUE, "UPDATE_COMPLETE", ""),
        beat(
            61_000,
            "",
            "",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "",
        ),
        beat(62_000, "", "", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]);
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    let End::Failed { status, cause, .. } = outcome.unwrap().end else {
        panic!("it did not fail");
    };
    assert_eq!(status.unwrap().as_str(), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(cause.unwrap().reason, "no");
    let beats = events
        .iter()
        .filter(|event| matches!(event, Event::Heartbeat { .. }))
        .count();
    assert_eq!(beats, 1, "30 s of silence are broken once within a minute");
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_events_of_one_millisecond_are_all_told_once() {
    let sim = Sim::new();
    sim.world.lock().unwrap().page = 7;
    let mut script = vec![beat(0, "", "", "CREATE_IN_PROGRESS", "")];
    script.extend((0..300).map(|_| beat(2000, "Queue", QUEUE, "CREATE_IN_PROGRESS", "")));
    script.push(beat(2000, "Queue", QUEUE, "CREATE_COMPLETE", ""));
    script.push(beat(9000, "", "", "CREATE_COMPLETE", ""));
    sim.script(&script);
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    assert_eq!(told(&events).len(), 303);
    assert_eq!(outcome.unwrap().events.len(), 303);
}

#[tokio::test(start_paused = true)]
async fn events_of_earlier_operations_are_not_told() {
    let sim = Sim::new();
    deploy(&sim, &with_number(1)).await.0.unwrap();
    tokio::time::advance(Duration::from_secs(5)).await;
    let mut again = with_number(2);
    again.template = cn_template::Source::new("app.yaml", "Resources: {A: 1}");
    let (_, events) = deploy(&sim, &again).await;
    assert!(told(&events).iter().all(|line| line.contains("UPDATE")));
}

#[tokio::test(start_paused = true)]
async fn trouble_while_waiting_never_ends_the_wait() {
    for fault in [
        Fault::Answer(400, "Throttling"),
        Fault::Answer(503, "ServiceUnavailable"),
        Fault::Answer(500, "InternalFailure"),
        Fault::Answer(403, "ExpiredToken"),
        Fault::Reset,
        Fault::LostAnswer,
    ] {
        let sim = Sim::new();
        // The SDK sends each request up to three times.
        sim.fault("DescribeChangeSet", fault, 7);
        sim.fault("DescribeStackEvents", fault, 20);
        let (outcome, events) = deploy(&sim, &with_number(1)).await;
        assert!(matches!(outcome.unwrap().end, End::Done { .. }));
        assert_eq!(told(&events).len(), 5, "{fault:?}");
        let troubles = events
            .iter()
            .filter(|event| matches!(event, Event::Retrying { .. }))
            .count();
        assert_eq!(troubles, 2, "told once per run of failures: {fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_neither_create_nor_execute_twice() {
    for lost in [1, 3, 4, 7] {
        for fault in [
            Fault::LostAnswer,
            Fault::Reset,
            Fault::Answer(400, "Throttling"),
        ] {
            let sim = Sim::new();
            sim.fault("CreateChangeSet", fault, lost);
            sim.fault("ExecuteChangeSet", fault, lost);
            let (outcome, _) = deploy(&sim, &with_number(1)).await;
            assert!(
                matches!(outcome.unwrap().end, End::Done { .. }),
                "{fault:?} {lost}"
            );
            let mut world = sim.world.lock().unwrap();
            assert_eq!(world.executions, 1);
            assert_eq!(world.stacks.len(), 1);
            assert_eq!(world.stack("orders").unwrap().change_sets.len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_leave_to_read_events_the_status_is_followed() {
    let sim = Sim::new();
    sim.fault("DescribeStackEvents", Fault::Answer(403, "AccessDenied"), 1);
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    assert!(matches!(outcome.unwrap().end, End::Done { .. }));
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::NoEvents { .. }))
    );
    let asked = sim.actions();
    assert_eq!(
        asked
            .iter()
            .filter(|it| *it == "DescribeStackEvents")
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_execute_removes_what_was_made() {
    let sim = Sim::new();
    sim.fault("ExecuteChangeSet", Fault::Answer(403, "AccessDenied"), 1);
    let (outcome, _) = deploy(&sim, &with_number(1)).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot execute change set `cn-deploy-build-00000001` of stack `orders`"
    );
    assert!(sim.world.lock().unwrap().stack("orders").is_none());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_leaves_the_operation_running() {
    let sim = Sim::new();
    sim.script(&[
        beat(0, "", "", "CREATE_IN_PROGRESS", ""),
        beat(3_600_000, "", "", "CREATE_COMPLETE", ""),
    ]);
    let started = Instant::now();
    let pace = Pace::standard(Some(started + Duration::from_mins(10)), 1);
    let (outcome, events) = deploy_within(&sim, &with_number(1), &pace).await;
    let End::Running {
        status,
        is_executing,
    } = outcome.unwrap().end
    else {
        panic!("it ended");
    };
    assert_eq!(status.unwrap().as_str(), "CREATE_IN_PROGRESS");
    assert!(is_executing);
    assert_eq!(started.elapsed().as_secs(), 600);
    let beats = events
        .iter()
        .filter(|event| matches!(event, Event::Heartbeat { .. }))
        .count();
    assert!((15..=20).contains(&beats), "{beats}");
    let questions = sim.actions().len();
    assert!(questions < 110, "{questions} requests in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_that_outlasts_the_deadline_is_no_failure() {
    let sim = Sim::new().with_stack("orders", "CREATE_COMPLETE");
    sim.script(&[
        beat(0, "", "", "UPDATE_IN_PROGRESS", ""),
        beat(3_000, "", "", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        beat(3_600_000, "", "", "UPDATE_COMPLETE", ""),
    ]);
    let pace = Pace::standard(Some(Instant::now() + Duration::from_mins(1)), 1);
    let (outcome, _) = deploy_within(&sim, &with_number(1), &pace).await;
    let End::Done { is_cleaning_up, .. } = outcome.unwrap().end else {
        panic!("not done");
    };
    assert!(is_cleaning_up);
}

#[tokio::test(start_paused = true)]
async fn an_operation_of_an_earlier_run_is_waited_for() {
    let sim = Sim::new();
    sim.script(&[
        beat(0, "", "", "CREATE_IN_PROGRESS", ""),
        beat(60_000, "", "", "CREATE_COMPLETE", ""),
    ]);
    let pace = Pace::standard(Some(Instant::now() + Duration::from_secs(10)), 1);
    deploy_within(&sim, &with_number(1), &pace).await.0.unwrap();

    // A run of this library started the operation: the next run waits for it without a setting.
    let mut second = with_number(2);
    second.template = cn_template::Source::new("app.yaml", "new");
    let (outcome, events) = deploy(&sim, &second).await;
    assert!(matches!(outcome.unwrap().end, End::Done { .. }));
    assert!(matches!(events[0], Event::Busy { .. }));
}
