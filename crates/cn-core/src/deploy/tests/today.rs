//! Tests of Express mode, reverted drift, and validation.

use cn_testkit::sim::IN_BACKGROUND;

use super::*;
use crate::secret::Secrets;

fn in_express(number: u32, on_failure: OnFailure) -> Request {
    let mut request = with_number(number);
    request.completion = Completion::Express;
    request.on_failure = on_failure;
    request
}

fn paths(outcome: &Outcome) -> Vec<String> {
    let events = outcome.in_background();
    events.iter().map(|event| event.full_path()).collect()
}

#[tokio::test(start_paused = true)]
async fn express_mode_says_whether_it_rolls_back_and_names_what_is_not_ready() {
    for (on_failure, disabled) in [(OnFailure::Rollback, "false"), (OnFailure::Keep, "true")] {
        let sim = Sim::new();
        let (outcome, _) = deploy(&sim, &in_express(1, on_failure)).await;
        let outcome = outcome.unwrap();
        assert!(matches!(outcome.end, End::Done { .. }), "{:?}", outcome.end);
        assert_eq!(paths(&outcome), ["Queue", "Topic"]);
        let sent = sim.last("CreateChangeSet");
        assert_eq!(sent["DeploymentConfig.Mode"], "EXPRESS");
        assert_eq!(sent["DeploymentConfig.DisableRollback"], disabled);
        assert!(!sim.last("ExecuteChangeSet").contains_key("DisableRollback"));
    }
    let sim = Sim::new();
    let standard = deploy(&sim, &with_number(1)).await.0.unwrap();
    assert_eq!(paths(&standard), [""; 0]);
    let sent = sim.last("CreateChangeSet");
    assert!(
        !sent.keys().any(|key| key.starts_with("Deployment")),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_in_express_mode_without_rollback_replaces_nothing() {
    let replaces = |on_failure| async move {
        let sim = Sim::new().with_stack("orders", "UPDATE_COMPLETE");
        sim.world.lock().unwrap().changes_as =
            Some("Modify</Action><Replacement>True</Replacement><Action>Modify");
        let (outcome, _) = deploy(&sim, &in_express(2, on_failure)).await;
        (outcome.unwrap().end, sim.world.lock().unwrap().executions)
    };
    let (end, executions) = replaces(OnFailure::Keep).await;
    let End::Gated { refusals } = end else {
        panic!("{end:?}");
    };
    assert_eq!(refusals[0].gate.kind, GateKind::Replacement);
    assert_eq!(executions, 0);
    let (end, executions) = replaces(OnFailure::Rollback).await;
    assert!(matches!(end, End::Done { .. }), "{end:?}");
    assert_eq!(executions, 1);
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_change_set_is_executed_in_the_mode_it_was_made_for() {
    let sim = Sim::new();
    let mut review = in_express(1, OnFailure::Rollback);
    review.mode = Mode::Review;
    let (outcome, _) = deploy(&sim, &review).await;
    let End::Reviewable { change_set_id } = outcome.unwrap().end else {
        panic!("not left");
    };
    let reviewed = ReviewedChangeSet::new(change_set_id, None, ChangeSetName::new("run", 2));
    let client = clients(&sim).cloudformation;
    let proposal = reviewed.read(&client, &mut |_| {}).await.unwrap();
    let express = Express {
        disable_rollback: false,
    };
    assert_eq!(proposal.express(), Some(express));
    let pace = Pace::standard(None, 1);
    let verdict = proposal.judge(&[]);
    let outcome = verdict.conclude(&client, &pace, &mut |_| {}).await.unwrap();
    assert!(matches!(outcome.end, End::Done { .. }), "{:?}", outcome.end);
    assert!(!sim.last("ExecuteChangeSet").contains_key("DisableRollback"));
}

/// Operations whose resources become ready after the stack is complete, or never.
fn late(queue: &[(u64, &'static str)]) -> Vec<Beat> {
    let mut beats = vec![
        beat(0, "", "", "CREATE_IN_PROGRESS", "User Initiated"),
        beat(
            500,
            "Queue",
            "AWS::SQS::Queue",
            "CREATE_COMPLETE",
            IN_BACKGROUND,
        ),
        beat(
            600,
            "Topic",
            "AWS::SQS::Topic",
            "CREATE_COMPLETE",
            IN_BACKGROUND,
        ),
        beat(1000, "", "", "CREATE_COMPLETE", ""),
    ];
    let ready = |(after_ms, id): &(u64, &'static str)| {
        beat(*after_ms, id, "AWS::SQS::Queue", "CREATE_COMPLETE", "")
    };
    beats.extend(queue.iter().map(ready));
    beats
}

#[tokio::test(start_paused = true)]
async fn readiness_is_waited_for_as_long_as_events_tell_it() {
    for (ready, seconds, left) in [
        (
            vec![(60_000, "Queue"), (200_000, "Topic")],
            195..230,
            vec![],
        ),
        (vec![(60_000, "Queue")], 355..400, vec!["Topic"]),
        (vec![], 295..340, vec!["Queue", "Topic"]),
    ] {
        let sim = Sim::new();
        sim.script(&late(&ready));
        let outcome = deploy(&sim, &in_express(1, OnFailure::Rollback)).await.0;
        let client = clients(&sim).cloudformation;
        let (pace, secrets) = (Pace::standard(None, 1), Secrets::default());
        let mut events = Vec::new();
        let began = Instant::now();
        let mut keep = |event| events.push(event);
        let outcome = outcome
            .unwrap()
            .wait_ready(&client, &secrets, &pace, &mut keep)
            .await;
        assert!(
            seconds.contains(&began.elapsed().as_secs()),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(paths(&outcome.unwrap()), left);
        assert_eq!(
            told(&events).len(),
            ready.len(),
            "what was told before is not told again"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_nothing_in_the_background_is_not_waited_for() {
    let sim = Sim::new();
    let outcome = deploy(&sim, &with_number(1)).await.0.unwrap();
    let before = sim.actions().len();
    let client = clients(&sim).cloudformation;
    let (pace, secrets) = (Pace::standard(None, 1), Secrets::default());
    let same = outcome
        .clone()
        .wait_ready(&client, &secrets, &pace, &mut |_| {})
        .await;
    assert_eq!(same.unwrap(), outcome);
    assert_eq!(sim.actions().len(), before);
}

#[tokio::test(start_paused = true)]
async fn an_update_reverts_drift_and_shows_it_property_by_property() {
    let sim = Sim::new();
    deploy(&sim, &with_number(1)).await.0.unwrap();
    sim.world.lock().unwrap().has_drifted = true;
    let mut request = with_number(2);
    request.revert_drift = true;
    let (outcome, _) = deploy(&sim, &request).await;
    let outcome = outcome.unwrap();
    assert!(matches!(outcome.end, End::Done { .. }), "{:?}", outcome.end);
    assert_eq!(
        sim.last("CreateChangeSet")["DeploymentMode"],
        "REVERT_DRIFT"
    );
    let change = &outcome.changes[0];
    assert_eq!(change.drift, Some(DriftStatus::Modified));
    assert_eq!(
        change.causes(),
        [
            "Delay (drift reverted)",
            "Capacity (drift kept: MANAGED_BY_AWS)"
        ]
    );
    let drift = change.details[0].drift.as_ref().unwrap();
    let value = |value: &Option<PropertyValue>| value.as_ref().unwrap().expose().to_owned();
    assert_eq!([value(&drift.deployed), value(&drift.actual)], ["1", "9"]);
    // Without drift, the same template changes nothing.
    sim.world.lock().unwrap().has_drifted = false;
    request.change_set = ChangeSetName::new("build", 3);
    let (outcome, _) = deploy(&sim, &request).await;
    assert!(matches!(outcome.unwrap().end, End::NoChanges { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_new_stack_has_no_drift_to_revert() {
    let sim = Sim::new();
    let mut request = with_number(1);
    request.revert_drift = true;
    deploy(&sim, &request).await.0.unwrap();
    assert!(!sim.last("CreateChangeSet").contains_key("DeploymentMode"));
}

#[tokio::test(start_paused = true)]
async fn warnings_of_the_validation_are_told_before_anything_is_executed() {
    let sim = Sim::new();
    sim.world.lock().unwrap().offers_details = true;
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    let outcome = outcome.unwrap();
    assert!(matches!(outcome.end, End::Done { .. }), "{:?}", outcome.end);
    let [warning] = outcome.validation.details() else {
        panic!("{:?}", outcome.validation);
    };
    assert_eq!(warning.mode, Some(FailureMode::Warn));
    assert_eq!(warning.reason, "a queue of that name exists");
    let at = |found: &dyn Fn(&Event) -> bool| events.iter().position(found).unwrap();
    let told = at(&|event| match event {
        Event::ChangeSetReady { validation, .. } => *validation == outcome.validation,
        _ => false,
    });
    assert!(told < at(&|event| matches!(event, Event::AboutToExecute { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_gate_refuses_warnings_and_a_validation_that_is_not_known() {
    for offers_details in [true, false] {
        let sim = Sim::new();
        sim.world.lock().unwrap().offers_details = offers_details;
        let mut request = with_number(1);
        request.gates = vec![GateKind::ValidationWarning.into()];
        let (outcome, _) = deploy(&sim, &request).await;
        let End::Gated { refusals } = outcome.unwrap().end else {
            panic!("not refused");
        };
        let expected = if offers_details { "Queue" } else { "" };
        assert_eq!(refusals[0].logical_id, expected, "{refusals:?}");
        let mut world = sim.world.lock().unwrap();
        assert_eq!(world.executions, 0);
        assert!(world.stack("orders").is_none(), "nothing is left");
    }
}

#[tokio::test(start_paused = true)]
async fn validation_is_left_out_when_asked() {
    let sim = Sim::new();
    let mut request = with_number(1);
    request.disable_validation = true;
    deploy(&sim, &request).await.0.unwrap();
    assert_eq!(sim.last("CreateChangeSet")["DisableValidation"], "true");
}
