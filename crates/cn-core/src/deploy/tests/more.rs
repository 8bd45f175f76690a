//! Tests of settings outside the change set, nested change sets, rollbacks, old leftovers.

use super::*;

fn policy() -> StackPolicy {
    let text =
        r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
    let source = cn_template::Source::new("policy.json", text);
    inputs::parse_stack_policy(&source).unwrap()
}

pub(super) fn with_settings(number: u32) -> Request {
    let mut request = with_number(number);
    request.stack_policy = Some(policy());
    request.termination_protection = Some(true);
    request
}

/// Returns the position of each action among the requests.
fn order(sim: &Sim, actions: &[&str]) -> Vec<usize> {
    let asked = sim.actions();
    let position = |action: &&str| asked.iter().position(|it| it == action);
    actions
        .iter()
        .map(|action| position(action).unwrap_or_else(|| panic!("{action} in {asked:?}")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn settings_come_after_a_creation_and_before_an_update() {
    let sim = Sim::new();
    let (outcome, events) = deploy(&sim, &with_settings(1)).await;
    assert!(matches!(outcome.unwrap().end, End::Done { .. }));
    let at = order(
        &sim,
        &[
            "ExecuteChangeSet",
            "SetStackPolicy",
            "UpdateTerminationProtection",
        ],
    );
    assert!(at.is_sorted(), "{at:?}");
    assert_eq!(
        sim.last("SetStackPolicy")["StackPolicyBody"],
        policy().as_str()
    );
    assert_eq!(
        sim.last("UpdateTerminationProtection")["EnableTerminationProtection"],
        "true"
    );
    let set = |event: &&Event| matches!(event, Event::Set(_));
    assert_eq!(events.iter().filter(set).count(), 2);

    let sim = Sim::new().with_stack("orders", "CREATE_COMPLETE");
    deploy(&sim, &with_settings(1)).await.0.unwrap();
    let at = order(
        &sim,
        &[
            "CreateChangeSet",
            "SetStackPolicy",
            "UpdateTerminationProtection",
            "ExecuteChangeSet",
        ],
    );
    assert!(at.is_sorted(), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn settings_are_made_up_for_when_nothing_else_changes() {
    let sim = Sim::new();
    deploy(&sim, &with_number(1)).await.0.unwrap();
    let (outcome, _) = deploy(&sim, &with_settings(2)).await;
    assert!(matches!(outcome.unwrap().end, End::NoChanges { .. }));
    order(&sim, &["SetStackPolicy", "UpdateTerminationProtection"]);
}

#[tokio::test(start_paused = true)]
async fn a_review_or_preview_sets_nothing() {
    for mode in [Mode::Review, Mode::Preview] {
        let sim = Sim::new();
        deploy(&sim, &with_number(1)).await.0.unwrap();
        let mut request = with_settings(2);
        request.mode = mode;
        deploy(&sim, &request).await.0.unwrap();
        assert!(!sim.actions().contains(&"SetStackPolicy".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_setting_stops_an_update_before_it_begins() {
    let sim = Sim::new().with_stack("orders", "CREATE_COMPLETE");
    sim.fault("SetStackPolicy", Fault::Answer(403, "AccessDenied"), 1);
    let (outcome, events) = deploy(&sim, &with_settings(1)).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot set the stack policy of stack `orders`"
    );
    assert_eq!(sim.world.lock().unwrap().executions, 0);
    assert_eq!(removed(&events).len(), 1);

    let sim = Sim::new();
    sim.fault(
        "UpdateTerminationProtection",
        Fault::Answer(403, "AccessDenied"),
        1,
    );
    let error = deploy(&sim, &with_settings(1)).await.0.unwrap_err();
    let is_created = matches!(
        error.step,
        DeployStep::Set {
            is_created: true,
            ..
        }
    );
    assert!(is_created, "{error}");
    let sim = Sim::new();
    sim.fault("SetStackPolicy", Fault::Answer(400, "Throttling"), 9);
    assert!(deploy(&sim, &with_settings(1)).await.0.is_ok());
}

const ALARM: &str = "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:errors";

#[tokio::test(start_paused = true)]
async fn what_the_change_set_and_its_execution_carry_is_sent() {
    let sim = Sim::new();
    let mut request = with_number(1);
    request.retain_except_on_create = true;
    request.rollback_triggers = Some(vec![
        ALARM.into(),
        format!("composite:{ALARM}-b").as_str().into(),
    ]);
    request.monitoring_minutes = Some(7);
    deploy(&sim, &request).await.0.unwrap();
    let sent = sim.last("CreateChangeSet");
    let of = |name: &str| sent[&format!("RollbackConfiguration.{name}")].as_str();
    assert_eq!(of("MonitoringTimeInMinutes"), "7");
    assert_eq!(of("RollbackTriggers.member.1.Arn"), ALARM);
    assert_eq!(
        of("RollbackTriggers.member.1.Type"),
        "AWS::CloudWatch::Alarm"
    );
    assert_eq!(of("RollbackTriggers.member.2.Arn"), format!("{ALARM}-b"));
    assert_eq!(
        of("RollbackTriggers.member.2.Type"),
        "AWS::CloudWatch::CompositeAlarm"
    );
    assert_eq!(sim.last("ExecuteChangeSet")["RetainExceptOnCreate"], "true");

    let sim = Sim::new();
    deploy(&sim, &with_number(1)).await.0.unwrap();
    let sent = sim.last("CreateChangeSet");
    assert!(!sent.keys().any(|key| key.starts_with("Rollback")));
    assert!(
        !sim.last("ExecuteChangeSet")
            .contains_key("RetainExceptOnCreate")
    );
}

#[tokio::test(start_paused = true)]
async fn a_gate_refuses_what_a_nested_stack_would_lose() {
    let sim = Sim::new().with_stack("orders", "CREATE_COMPLETE");
    sim.world.lock().unwrap().is_nested = true;
    let mut request = with_number(1);
    request.gates = vec!["delete=AWS::DynamoDB::*".parse().unwrap()];
    let (outcome, events) = deploy(&sim, &request).await;
    let outcome = outcome.unwrap();
    let End::Gated { refusals } = outcome.end else {
        panic!("not refused");
    };
    assert_eq!(refusals[0].logical_id, "Data/Table");
    let paths: Vec<String> = outcome.changes.iter().map(Change::full_path).collect();
    assert_eq!(paths, ["Queue", "Topic", "Data", "Data/Table"]);
    assert_eq!(sim.last("CreateChangeSet")["IncludeNestedStacks"], "true");
    assert_eq!(removed(&events).len(), 1);
    assert_eq!(sim.world.lock().unwrap().executions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_rollback_is_continued_once_then_deployed_to() {
    let sim = Sim::new().with_stack("orders", "UPDATE_ROLLBACK_FAILED");
    let mut request = with_number(1);
    request.continue_rollback = true;
    request.role_arn = Some("arn:role".into());
    let (outcome, events) = deploy(&sim, &request).await;
    assert!(matches!(outcome.unwrap().end, End::Done { .. }));
    assert!(matches!(events[0], Event::ContinuingRollback { .. }));
    assert_eq!(sim.last("ContinueUpdateRollback")["RoleARN"], "arn:role");
    assert_eq!(
        told(&events),
        [
            "orders UPDATE_ROLLBACK_IN_PROGRESS",
            "orders UPDATE_ROLLBACK_COMPLETE",
            "orders UPDATE_IN_PROGRESS",
            "Queue UPDATE_COMPLETE",
            "Topic UPDATE_COMPLETE",
            "orders UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "orders UPDATE_COMPLETE",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_fails_again_says_why_and_is_left_alone() {
    let sim = Sim::new().with_stack("orders", "UPDATE_ROLLBACK_FAILED");
    sim.script(&[
        beat(0, "", "", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
        beat(2000, "Queue", QUEUE, "UPDATE_FAILED", "somebody deleted it"),
        beat(
            2500,
            "",
            "",
            "UPDATE_ROLLBACK_FAILED",
            "The following resource(s) failed to update: [Queue].",
        ),
    ]);
    let mut request = with_number(1);
    request.continue_rollback = true;
    let (outcome, _) = deploy(&sim, &request).await;
    let outcome = outcome.unwrap();
    let End::Failed { status, cause, .. } = outcome.end else {
        panic!("it did not fail: {:?}", outcome.end);
    };
    assert_eq!(status.unwrap().as_str(), "UPDATE_ROLLBACK_FAILED");
    assert_eq!(cause.unwrap().reason, "somebody deleted it");
    assert_eq!(
        outcome.stack_id.as_deref(),
        Some("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/orders/1")
    );
    assert!(!sim.actions().contains(&"CreateChangeSet".to_owned()));
}

/// At the quota of change sets, the leftovers of dead runs are deleted, and nothing else.
#[tokio::test(start_paused = true)]
async fn leftovers_of_dead_runs_make_room_at_the_quota() {
    let sim = Sim::new().with_stack("orders", "CREATE_COMPLETE");
    sim.world.lock().unwrap().most_change_sets = Some(4);
    let mut review = with_number(1);
    review.mode = Mode::Review;
    deploy(&sim, &review).await.0.unwrap();
    for number in 2..=3 {
        sim.world.lock().unwrap().serves = Some(sim.actions().len() + 2);
        let request = with_number(number);
        let run = tokio::time::timeout(Duration::from_mins(1), deploy(&sim, &request));
        assert!(
            run.await.is_err(),
            "it is killed after it has made its change set"
        );
        sim.world.lock().unwrap().serves = None;
        tokio::time::advance(Duration::from_hours(2)).await;
    }
    {
        let mut world = sim.world.lock().unwrap();
        let stack = world.stack("orders").unwrap();
        let mut foreign = stack.change_sets[1].clone();
        foreign.name = "somebody-elses".into();
        stack.change_sets.push(foreign);
    }
    let mut fourth = with_number(4);
    fourth.mode = Mode::Review;
    let (outcome, events) = deploy(&sim, &fourth).await;
    assert!(matches!(outcome.unwrap().end, End::Reviewable { .. }));
    assert_eq!(
        removed(&events),
        ["change set `cn-deploy-build-00000002` of an interrupted run"]
    );
    // Change sets that wait for a review or come from other tools are never deleted.
    sim.world.lock().unwrap().most_change_sets = Some(2);
    let error = deploy(&sim, &with_number(5)).await.0.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot create a change set for stack `orders`"
    );
    assert!(error.source.has_code("LimitExceededException"));
}

#[tokio::test(start_paused = true)]
async fn another_quota_is_told_as_it_is() {
    let sim = Sim::new();
    sim.fault(
        "CreateChangeSet",
        Fault::Answer(400, "LimitExceededException"),
        100,
    );
    let error = deploy(&sim, &with_number(1)).await.0.unwrap_err();
    assert!(
        error.source.has_code("LimitExceededException"),
        "{:?}",
        error.source
    );
    assert_eq!(error.source.operation, "CreateChangeSet");
}
