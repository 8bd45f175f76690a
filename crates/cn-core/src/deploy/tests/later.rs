//! Tests of runs that follow another run: waiting for it, attaching to it, repeating it.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_operation_of_others_is_waited_for_only_when_asked() {
    for wait_busy in [false, true] {
        let sim = Sim::new().with_stack("orders", "UPDATE_IN_PROGRESS");
        sim.end_of_others("orders", 60, "UPDATE_COMPLETE");
        let mut request = with_number(1);
        request.wait_busy = wait_busy;
        let facts = read(
            &sim.client(),
            &request,
            &Pace::standard(None, 1),
            &mut |_| {},
        )
        .await
        .unwrap();
        match plan(&request, &facts) {
            Ok(_) => assert!(wait_busy),
            Err(stuck) => {
                assert!(!wait_busy);
                assert_eq!(stuck.status.as_str(), "UPDATE_IN_PROGRESS");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_followed_from_its_beginning_running_or_ended() {
    let sim = Sim::new();
    sim.script(FAILURE);
    let first = with_number(1);
    let pace = Pace::standard(Some(Instant::now() + Duration::from_secs(4)), 1);
    let left = deploy_within(&sim, &first, &pace).await.0.unwrap();
    assert!(matches!(left.end, End::Running { .. }), "{:?}", left.end);
    for when in ["running", "ended"] {
        let mut events = Vec::new();
        let client = sim.client();
        let pace = Pace::standard(None, 2);
        let mut on_event = |event| events.push(event);
        let outcome = attach(
            &client,
            &first.stack,
            &Confidential::default(),
            &pace,
            &mut on_event,
        )
        .await;
        let (outcome, _) = outcome.unwrap().expect("there is an operation");
        let End::Failed { cause, .. } = outcome.end else {
            panic!("it did not fail");
        };
        assert_eq!(cause.unwrap().event.full_path(), "Net/Vpc", "{when}");
        assert_eq!(told(&events).len(), FAILURE.len(), "{when}");
        assert_eq!(outcome.change_set, Some(first.change_set.clone()));
    }
    let nobody = "nobody".parse().unwrap();
    let pace = Pace::standard(None, 2);
    let outcome = attach(
        &sim.client(),
        &nobody,
        &Confidential::default(),
        &pace,
        &mut |_| {},
    )
    .await;
    assert!(outcome.unwrap().is_none());
}

fn reviewed(change_set: &str) -> ReviewedChangeSet {
    ReviewedChangeSet::new(change_set, None, ChangeSetName::new("approved", 9))
}

/// Returns the reason why a change set cannot be executed.
async fn why_unusable(sim: &Sim, change_set: &str) -> Unusable {
    match reviewed(change_set).read(&sim.client(), &mut |_| {}).await {
        Err(ProposedError::Unusable { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_reviewed_change_set_is_executed_once() {
    let sim = Sim::new();
    let mut review = with_number(1);
    review.mode = Mode::Review;
    let End::Reviewable { change_set_id } = deploy(&sim, &review).await.0.unwrap().end else {
        panic!("no change set");
    };
    tokio::time::advance(Duration::from_hours(72)).await;
    let client = sim.client();
    let mut events = Vec::new();
    let mut on_event = |event| events.push(event);
    let proposal = reviewed(&change_set_id).read(&client, &mut on_event).await;
    let proposal = proposal.unwrap();
    assert_eq!(proposal.kind(), ChangeSetKind::Create);
    let pace = Pace::standard(None, 3);
    let outcome = proposal
        .judge(&[])
        .conclude(&client, &pace, &mut on_event)
        .await;
    assert!(matches!(outcome.unwrap().end, End::Done { .. }));
    assert_eq!(told(&events).len(), 5);

    assert_eq!(
        why_unusable(&sim, &change_set_id).await,
        Unusable::Executing
    );
    let gone = "arn:aws-cn:cloudformation:cn-north-1:123456789012:changeSet/x/1";
    assert_eq!(why_unusable(&sim, gone).await, Unusable::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_gate_keeps_a_reviewed_change_set() {
    let sim = Sim::new();
    sim.world.lock().unwrap().changes_as = Some("Remove");
    let mut review = with_number(1);
    review.mode = Mode::Review;
    let End::Reviewable { change_set_id } = deploy(&sim, &review).await.0.unwrap().end else {
        panic!("no change set");
    };
    let client = sim.client();
    let proposal = reviewed(&change_set_id).read(&client, &mut |_| {}).await;
    let verdict = proposal.unwrap().judge(&["delete".parse().unwrap()]);
    let pace = Pace::standard(None, 3);
    let outcome = verdict.conclude(&client, &pace, &mut |_| {}).await.unwrap();
    assert!(matches!(outcome.end, End::Gated { .. }));
    let mut world = sim.world.lock().unwrap();
    assert_eq!(world.stack("orders").unwrap().change_sets.len(), 1);
}

/// Returns the service and the request of an operation: `create`, `update`, or `failing update`.
fn swept(name: &str) -> (Sim, Request) {
    let sim = match name {
        "create" => Sim::new(),
        _ => Sim::new().with_stack("orders", "CREATE_COMPLETE"),
    };
    if name == "failing update" {
        sim.script(&[
            beat(0, "", "", "UPDATE_IN_PROGRESS", ""),
            beat(2000, "Queue", QUEUE, "UPDATE_FAILED", "no"),
            beat(2100, "", "", "UPDATE_ROLLBACK_IN_PROGRESS", "no"),
            beat(5000, "", "", "UPDATE_ROLLBACK_COMPLETE", ""),
        ]);
    }
    (sim, with_number(1))
}

/// A kill after any request, then the same command again: the second run converges without help.
#[tokio::test(start_paused = true)]
async fn killed_after_any_request_the_next_run_converges() {
    for name in ["create", "update", "failing update"] {
        for killed_after in 1.. {
            let (sim, first) = swept(name);
            sim.world.lock().unwrap().serves = Some(killed_after);
            let is_frozen = async {
                while !sim.world.lock().unwrap().is_frozen {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            let was_killed = tokio::select! {
                biased;
                _ = deploy(&sim, &first) => false,
                () = is_frozen => true,
            };
            sim.world.lock().unwrap().serves = None;
            let (outcome, _) = deploy(&sim, &with_number(2)).await;
            let end = outcome.unwrap().end;
            let place = format!("{name}, killed after {killed_after}");
            assert!(
                matches!(end, End::Done { .. } | End::NoChanges { .. })
                    || (name == "failing update" && matches!(end, End::Failed { .. })),
                "{place}: {end:?}"
            );
            let mut world = sim.world.lock().unwrap();
            let most = if name == "failing update" { 2 } else { 1 };
            assert!(world.executions <= most, "{place}");
            let stack = world.stack("orders").expect("there is one stack");
            let unused = stack.change_sets.iter().filter(|set| !set.was_executed());
            assert_eq!(unused.count(), 0, "{place}");
            assert_ne!(stack.status, "REVIEW_IN_PROGRESS", "{place}");
            if !was_killed {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_execution_leaves_nothing() {
    for served in 1..6 {
        let (sim, request) = swept("create");
        sim.world.lock().unwrap().serves = Some(served);
        let run = tokio::time::timeout(Duration::from_mins(1), deploy(&sim, &request));
        assert!(
            run.await.is_err(),
            "it hangs at the request that is not served"
        );
        sim.world.lock().unwrap().serves = None;
        let client = sim.client();
        crate::deploy::discard::discard(
            &client,
            &request.stack,
            &request.change_set,
            ChangeSetKind::Create,
        )
        .await;
        let mut world = sim.world.lock().unwrap();
        let was_executed = world.executions == 1;
        assert_eq!(world.stack("orders").is_some(), was_executed, "{served}");
    }
}
