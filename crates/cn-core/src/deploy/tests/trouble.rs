//! Tests against a failing service and network: the run continues while time remains.

use super::*;

const FAULTS: &[Fault] = &[
    Fault::Answer(400, "Throttling"),
    Fault::Answer(500, "InternalFailure"),
    Fault::Answer(503, "ServiceUnavailable"),
    Fault::Reset,
    Fault::LostAnswer,
    Fault::Truncated,
    Fault::Silence(Duration::from_secs(30)),
    Fault::NoAnswer,
];

/// Asserts that nothing is lost, and that nothing happens twice.
fn assert_deployed_once(sim: &Sim, end: &End, what: &str) {
    assert!(matches!(end, End::Done { .. }), "{what}: {end:?}");
    let mut world = sim.world.lock().unwrap();
    assert_eq!(world.executions, 1, "{what}");
    assert_eq!(world.stacks.len(), 1, "{what}");
    let stack = world.stack("orders").expect("it is there");
    assert_eq!(stack.change_sets.len(), 1, "{what}");
}

#[tokio::test(start_paused = true)]
async fn every_trouble_with_every_request_is_outlasted() {
    let actions = [
        "CreateChangeSet",
        "DescribeChangeSet",
        "ExecuteChangeSet",
        "DescribeStackEvents",
    ];
    for fault in FAULTS {
        for action in actions {
            // A single failure is hidden by the SDK's retries; ten outlast them.
            for times in [1, 4, 10] {
                let sim = Sim::new();
                sim.fault(action, *fault, times);
                let (outcome, events) = deploy(&sim, &with_number(1)).await;
                let what = format!("{action} {fault:?} {times}");
                let outcome = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_deployed_once(&sim, &outcome.end, &what);
                assert_eq!(told(&events).len(), 5, "{what}: none lost, none twice");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_throttling_over_all_requests_only_takes_longer() {
    let sim = Sim::new();
    for _ in 0..6 {
        for action in [
            "CreateChangeSet",
            "DescribeChangeSet",
            "ExecuteChangeSet",
            "DescribeStackEvents",
            "DescribeStacks",
        ] {
            // The first read of the stack has only the SDK's retries, because nothing has begun.
            let times = if action == "DescribeStacks" { 0 } else { 5 };
            sim.fault(action, Fault::Answer(400, "Throttling"), times);
        }
    }
    let started = Instant::now();
    let (outcome, _) = deploy(&sim, &with_number(1)).await;
    assert_deployed_once(&sim, &outcome.unwrap().end, "burst");
    assert!(started.elapsed() > Duration::from_mins(1));
    assert!(started.elapsed() < Duration::from_mins(20));
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_a_heartbeat_and_never_ends_the_wait() {
    let sim = Sim::new();
    sim.script(&[
        beat(0, "", "", "CREATE_IN_PROGRESS", ""),
        beat(1000, "Queue", QUEUE, "CREATE_IN_PROGRESS", ""),
        beat(200_000, "Queue", QUEUE, "CREATE_COMPLETE", ""),
        beat(201_000, "", "", "CREATE_COMPLETE", ""),
    ]);
    sim.fault(
        "DescribeStackEvents",
        Fault::Silence(Duration::from_secs(30)),
        5,
    );
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    assert_deployed_once(&sim, &outcome.unwrap().end, "silence");
    let beats: Vec<&Vec<String>> = events
        .iter()
        .filter_map(|event| match event {
            Event::Heartbeat { in_progress, .. } => Some(in_progress),
            _ => None,
        })
        .collect();
    assert!((4..=7).contains(&beats.len()), "{}", beats.len());
    assert_eq!(beats[beats.len() - 1], &["Queue"]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_trouble_that_never_does() {
    for (action, is_executing) in [("DescribeChangeSet", false), ("DescribeStackEvents", true)] {
        let sim = Sim::new();
        sim.fault(action, Fault::Answer(503, "ServiceUnavailable"), 100_000);
        let started = Instant::now();
        let pace = Pace::standard(Some(started + Duration::from_mins(30)), 1);
        let (outcome, _) = deploy_within(&sim, &with_number(1), &pace).await;
        let End::Running {
            is_executing: is, ..
        } = outcome.unwrap().end
        else {
            panic!("it ended");
        };
        assert_eq!(is, is_executing, "{action}");
        assert!(started.elapsed() < Duration::from_mins(32));
        let questions = sim.actions().len();
        assert!(questions < 400, "{questions} requests in half an hour");
    }
}

#[tokio::test(start_paused = true)]
async fn details_are_shown_where_the_service_offers_them() {
    for offers_details in [true, false] {
        let sim = Sim::new();
        {
            let mut world = sim.world.lock().unwrap();
            world.offers_details = offers_details;
            world.change_set_fails = Some(
                "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck].",
            );
        }
        let (outcome, _) = deploy(&sim, &with_number(1)).await;
        let End::Refused { details, reason } = outcome.unwrap().end else {
            panic!("not refused");
        };
        assert!(reason.contains("EarlyValidation"));
        if !offers_details {
            assert!(details.is_empty());
            continue;
        }
        assert_eq!(details[0].reason, "a queue of that name exists");
        assert_eq!(details[0].found_by, "NAME_CONFLICT_VALIDATION");
        assert_eq!(
            details[0].place.as_deref(),
            Some("/Resources/Queue/Properties/QueueName")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_events_of_one_millisecond_in_nested_stacks_too() {
    let sim = Sim::new();
    sim.world.lock().unwrap().page = 9;
    let mut script = vec![
        beat(0, "", "", "CREATE_IN_PROGRESS", ""),
        beat(1000, "Net", NESTED, "CREATE_IN_PROGRESS", ""),
    ];
    script
        .extend((0..250).map(|_| beat(2000, "Net/Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", "")));
    script.push(beat(
        2000,
        "Net/Vpc",
        "AWS::EC2::VPC",
        "CREATE_COMPLETE",
        "",
    ));
    script.push(beat(2000, "Net/", NESTED, "CREATE_COMPLETE", ""));
    script.push(beat(8000, "Net", NESTED, "CREATE_COMPLETE", ""));
    script.push(beat(9000, "", "", "CREATE_COMPLETE", ""));
    sim.script(&script);
    // Pages fail in the middle; events that were already read must be reported exactly once.
    sim.fault("DescribeStackEvents", Fault::Truncated, 12);
    let (outcome, events) = deploy(&sim, &with_number(1)).await;
    assert!(matches!(outcome.unwrap().end, End::Done { .. }));
    assert_eq!(told(&events).len(), 256);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_no_silence_and_no_way_past_the_deadline() {
    let sim = Sim::new();
    sim.script(&[
        beat(0, "", "", "CREATE_IN_PROGRESS", ""),
        beat(1000, "Queue", QUEUE, "CREATE_IN_PROGRESS", ""),
        beat(3_600_000, "", "", "CREATE_COMPLETE", ""),
    ]);
    let started = Instant::now();
    let pace = Pace::standard(Some(started + Duration::from_mins(10)), 1);
    let mut heartbeats = 0;
    let mut latest = started;
    let mut on_event = |event| {
        match event {
            // Two minutes without an answer, as soon as a resource is in progress.
            Event::Resource { event, .. } if event.logical_id == "Queue" => {
                sim.fault("DescribeStackEvents", Fault::NoAnswer, 1000);
            }
            Event::Heartbeat { in_progress, .. } => {
                assert_eq!(in_progress, ["Queue"]);
                assert!(latest.elapsed() < Duration::from_secs(45));
                heartbeats += 1;
            }
            _ => {}
        }
        latest = Instant::now();
    };
    let outcome = every_phase(&sim, &with_number(1), &pace, &mut on_event).await;
    let outcome = outcome.unwrap();
    assert!(matches!(
        outcome.end,
        End::Running {
            is_executing: true,
            ..
        }
    ));
    assert!(
        started.elapsed() <= Duration::from_secs(606),
        "{:?}",
        started.elapsed()
    );
    assert!(heartbeats >= 15, "{heartbeats}");
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_never_answered_end_at_the_deadline() {
    for (action, times, is_executing) in [
        ("CreateChangeSet", 1000, false),
        ("ExecuteChangeSet", 1000, true),
    ] {
        let sim = Sim::new();
        sim.fault(action, Fault::NoAnswer, times);
        let started = Instant::now();
        let pace = Pace::standard(Some(started + Duration::from_mins(2)), 1);
        let (outcome, _) = deploy_within(&sim, &with_number(1), &pace).await;
        let outcome = outcome.unwrap();
        let End::Running {
            is_executing: is, ..
        } = outcome.end
        else {
            panic!("{action}: {:?}", outcome.end);
        };
        assert_eq!(is, is_executing, "{action}");
        assert!(started.elapsed() < Duration::from_secs(155), "{action}");
        let mut world = sim.world.lock().unwrap();
        // An operation that was executed without an answer continues; a change set that was only
        // created is deleted.
        assert_eq!(world.stack("orders").is_some(), is_executing, "{action}");
        assert_eq!(world.executions, usize::from(is_executing), "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_set_that_is_never_described_ends_at_the_deadline() {
    let sim = Sim::new();
    sim.fault("DescribeChangeSet", Fault::NoAnswer, 3);
    let started = Instant::now();
    let pace = Pace::standard(Some(started + Duration::from_mins(2)), 1);
    let (outcome, events) = deploy_within(&sim, &with_number(1), &pace).await;
    assert!(matches!(
        outcome.unwrap().end,
        End::Running {
            is_executing: false,
            ..
        }
    ));
    assert_eq!(removed(&events).len(), 2);
    assert!(started.elapsed() < Duration::from_secs(130));
}

#[tokio::test(start_paused = true)]
async fn a_nested_change_set_says_why_it_failed() {
    let sim = Sim::new();
    sim.world.lock().unwrap().change_set_fails = Some(
        "Nested change set arn:aws-cn:cloudformation:cn-north-1:123456789012:changeSet/nested/1 was not successfully created: Currently in FAILED.",
    );
    let (outcome, _) = deploy(&sim, &with_number(1)).await;
    let End::Refused { details, .. } = outcome.unwrap().end else {
        panic!("not refused");
    };
    assert_eq!(details[0].logical_id, "orders-Net");
    assert_eq!(
        details[0].reason,
        "Template format error: unresolved resource"
    );
}
