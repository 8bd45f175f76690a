//! Rotations against simulated services, complete and with a fault at every request.

use std::time::Duration;

use tokio::time::sleep;

use super::facts::SlotStatus;
use super::sim::{Fault, Sim, SimKey};
use super::{Event, FailedState, Outcome, PlanError, Purpose, RotateError, RotateRequest};

const DAY_MS: i64 = 86_400_000;

fn at_once() -> RotateRequest {
    RotateRequest {
        grace: Duration::ZERO,
        ..RotateRequest::standard()
    }
}

async fn run(sim: &Sim, request: &RotateRequest) -> Result<Outcome, RotateError> {
    let mut events = Vec::new();
    sim.keeper()
        .rotate(request, &mut |event| events.push(event))
        .await
}

/// Runs to the end, or until the process is killed.
async fn run_or_die(sim: &Sim, request: &RotateRequest) -> Option<Result<Outcome, RotateError>> {
    let death = async {
        while !sim.world.lock().unwrap().is_dead {
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        ended = run(sim, request) => Some(ended),
        () = death => None,
    }
}

fn assert_kept(sim: &Sim, what: &str) {
    let world = sim.world.lock().unwrap();
    assert_eq!(world.violations, Vec::<String>::new(), "{what}");
}

#[tokio::test(start_paused = true)]
async fn rotates_and_keeps_the_old_key_for_its_grace() {
    for sim in [Sim::json(40), Sim::pair(40)] {
        let standard = RotateRequest::standard();
        let outcome = run(&sim, &standard).await.unwrap();
        assert_eq!(outcome.purpose, Purpose::Rotate);
        assert_eq!(
            sim.shown(),
            [
                "AKIASIMULATED001 inactive",
                "AKIASIMULATED002 active, stored"
            ]
        );
        // On the same day nothing more happens; a day later the old key is deleted.
        let again = run(&sim, &standard).await.unwrap();
        assert_eq!((again.purpose, again.deleted.len()), (Purpose::Nothing, 0));
        assert_eq!(again.kept.unwrap().key.as_str(), "AKIASIMULATED001");
        sleep(Duration::from_hours(25)).await;
        let later = run(&sim, &standard).await.unwrap();
        assert_eq!(later.purpose, Purpose::Rotate);
        assert_eq!(
            sim.shown(),
            [
                "AKIASIMULATED002 inactive",
                "AKIASIMULATED003 active, stored"
            ]
        );
        assert_kept(&sim, "a clean run");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_old_enough_stays() {
    let sim = Sim::json(3);
    let request = RotateRequest {
        min_age: Duration::from_hours(30 * 24),
        ..RotateRequest::standard()
    };
    assert_eq!(run(&sim, &request).await.unwrap().purpose, Purpose::Nothing);
    assert_eq!(sim.shown(), ["AKIASIMULATED001 active, stored"]);
    sleep(Duration::from_hours(27 * 24)).await;
    assert_eq!(run(&sim, &request).await.unwrap().purpose, Purpose::Rotate);
}

/// A key is not used anywhere before every endpoint has accepted it several times in a row.
#[tokio::test(start_paused = true)]
async fn waits_for_every_endpoint() {
    for service in ["sts", "iam", "s3", "cloudformation"] {
        let sim = Sim::json(40);
        sim.world.lock().unwrap().lag = Some((service, Duration::from_secs(15)));
        sim.world.lock().unwrap().relapses = Some((service, 3));
        run(&sim, &at_once()).await.unwrap();
        assert_eq!(
            sim.shown(),
            ["AKIASIMULATED002 active, stored"],
            "{service}"
        );
        assert_kept(&sim, service);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_one_endpoint_never_accepts_is_taken_back() {
    for service in ["sts", "iam", "s3", "cloudformation"] {
        let sim = Sim::json(40);
        sim.world.lock().unwrap().lag = Some((service, Duration::from_secs(100_000)));
        let error = run(&sim, &at_once()).await.unwrap_err();
        let RotateError::Step { state, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*state, FailedState::Undone, "{service}");
        assert_eq!(sim.shown(), ["AKIASIMULATED001 active, stored"]);
        assert_kept(&sim, service);
    }
}

/// Lets every request of a rotation fail in every way, and checks that the next run recovers.
async fn sweep(new: fn(i64) -> Sim, request: RotateRequest, part: usize) {
    let clean = new(40);
    run(&clean, &request).await.unwrap();
    let requests = clean.world.lock().unwrap().calls.clone();
    assert!(requests.len() > 15, "{requests:?}");
    for (at, operation) in requests.iter().enumerate() {
        for fault in Fault::ALL.into_iter().skip(part).step_by(2) {
            let what = format!("{fault:?} at request {at}, {operation}");
            let sim = new(40);
            sim.world.lock().unwrap().fault = Some((at, fault));
            let first = run_or_die(&sim, &request).await;
            assert_kept(&sim, &what);
            if let Some(Err(RotateError::Step { state, .. })) = &first {
                assert_aftermath(&sim, *state, &what);
            }
            mend(&sim);
            recover(&sim, &request, &what).await;
        }
    }
}

/// Checks that the reported state is true.
fn assert_aftermath(sim: &Sim, state: FailedState, what: &str) {
    let shown = sim.shown();
    let old_alone = ["AKIASIMULATED001 active, stored"];
    match state {
        FailedState::Unchanged | FailedState::Undone => assert_eq!(shown, old_alone, "{what}"),
        FailedState::Rotated => assert_eq!(
            shown,
            [
                "AKIASIMULATED001 inactive",
                "AKIASIMULATED002 active, stored"
            ],
            "{what}"
        ),
        FailedState::Unfinished => {}
    }
}

fn mend(sim: &Sim) {
    let mut world = sim.world.lock().unwrap();
    world.mend();
}

/// Checks that the next runs end with one key that is stored and works.
async fn recover(sim: &Sim, request: &RotateRequest, what: &str) {
    let outcome = run(sim, request).await;
    let outcome = outcome.unwrap_or_else(|error| {
        let calls = sim.world.lock().unwrap().calls.clone();
        panic!(
            "{what}: {error}: {:?}\n{:?}\n{calls:?}",
            std::error::Error::source(&error),
            sim.shown()
        )
    });
    assert_kept(sim, what);
    let shown = sim.shown();
    let is_one = matches!(shown.as_slice(), [only] if only.ends_with(" active, stored"));
    assert!(is_one || outcome.kept.is_some(), "{what}: {shown:?}");
    // Nothing is left to do except, at most, the end of a grace period.
    let again = run(sim, request).await.unwrap();
    assert_eq!(again.purpose, Purpose::Nothing, "{what}: {:?}", sim.shown());
    assert_kept(sim, what);
}

#[tokio::test(start_paused = true)]
async fn sweep_of_one_parameter() {
    sweep(Sim::json, at_once(), 0).await;
}

#[tokio::test(start_paused = true)]
async fn sweep_of_one_parameter_continued() {
    sweep(Sim::json, at_once(), 1).await;
}

#[tokio::test(start_paused = true)]
async fn sweep_of_a_pair() {
    sweep(Sim::pair, at_once(), 0).await;
}

#[tokio::test(start_paused = true)]
async fn sweep_of_a_pair_continued() {
    sweep(Sim::pair, at_once(), 1).await;
}

/// Several runs in a row fail, each at a random request, before one completes without a fault.
#[tokio::test(start_paused = true)]
async fn troubles_may_follow_each_other() {
    let mut random = 0x5eed_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 33).unwrap() % below
    };
    for round in 0..60 {
        let sim = if round % 2 == 0 {
            Sim::json(40)
        } else {
            Sim::pair(40)
        };
        let mut story = Vec::new();
        for _ in 0..4 {
            let made = sim.world.lock().unwrap().calls.len();
            let (at, fault) = (made + next(40), Fault::ALL[next(Fault::ALL.len())]);
            story.push(format!("{fault:?} at {at}"));
            sim.world.lock().unwrap().fault = Some((at, fault));
            drop(run_or_die(&sim, &at_once()).await);
            assert_kept(&sim, &format!("{story:?}"));
            mend(&sim);
            sleep(Duration::from_mins(1)).await;
        }
        recover(&sim, &at_once(), &format!("{story:?}")).await;
    }
}

fn second_key(sim: &Sim, age_ms: i64, used_after_ms: Option<i64>) -> SimKey {
    let key = sim.add_key(age_ms);
    let mut world = sim.world.lock().unwrap();
    let slot = world
        .keys
        .iter_mut()
        .find(|slot| slot.id == key.id)
        .unwrap();
    slot.used = used_after_ms.map(|after| (slot.created_ms + after, "s3".to_owned()));
    key
}

#[tokio::test(start_paused = true)]
async fn a_second_key_that_somebody_uses_is_left_alone() {
    for (age_days, used_after_ms) in [(100, None), (20, Some(5 * DAY_MS)), (100, Some(DAY_MS))] {
        let sim = Sim::json(40);
        let key = second_key(&sim, age_days * DAY_MS, used_after_ms);
        let error = run(&sim, &at_once()).await.unwrap_err();
        let RotateError::Plan(PlanError::UnknownActiveKey { key: named, .. }) = &error else {
            panic!("{error}");
        };
        assert_eq!(named.as_str(), key.id);
        assert_eq!(
            sim.shown(),
            ["AKIASIMULATED001 active, stored", "AKIASIMULATED002 active"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_orphan_is_deleted_once_no_other_run_can_be_working_on_it() {
    let sim = Sim::json(40);
    second_key(&sim, 60_000, None);
    let mut events = Vec::new();
    let keeper = sim.keeper();
    keeper
        .rotate(&at_once(), &mut |event| events.push(event))
        .await
        .unwrap();
    assert!(matches!(events[0], Event::Waiting { .. }), "{events:?}");
    assert!(
        keeper.since.elapsed() >= Duration::from_mins(4),
        "deleted while another run may use it"
    );
    assert_eq!(sim.shown(), ["AKIASIMULATED003 active, stored"]);
}

#[tokio::test(start_paused = true)]
async fn two_rotations_at_once_end_with_one_key() {
    for sim in [Sim::json(40), Sim::pair(40)] {
        let request = at_once();
        let (one, other) = tokio::join!(run(&sim, &request), async {
            sleep(Duration::from_millis(500)).await;
            run(&sim, &request).await
        });
        assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
        assert_kept(&sim, "two runs");
        recover(&sim, &request, "after two runs").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_inactive_second_key_gives_way_after_its_grace() {
    let sim = Sim::json(40);
    let old = second_key(&sim, 50 * DAY_MS, None);
    sim.set_status(&old.id, SlotStatus::Inactive);
    let long = RotateRequest {
        grace: Duration::from_hours(60 * 24),
        ..RotateRequest::standard()
    };
    let error = run(&sim, &long).await.unwrap_err();
    assert!(
        matches!(error, RotateError::Plan(PlanError::InGrace { .. })),
        "{error}"
    );
    run(&sim, &RotateRequest::standard()).await.unwrap();
    assert_eq!(
        sim.shown(),
        [
            "AKIASIMULATED001 inactive",
            "AKIASIMULATED003 active, stored"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_working_key_it_says_so_and_changes_nothing() {
    for sim in [Sim::json(40), Sim::pair(40)] {
        sim.set_status("AKIASIMULATED001", SlotStatus::Inactive);
        let error = run(&sim, &at_once()).await.unwrap_err();
        assert!(error.to_string().contains("no version of"), "{error}");
        let calls = sim.world.lock().unwrap().calls.clone();
        assert!(!calls.iter().any(|call| call.contains("Put")), "{calls:?}");
    }
}

/// Debug output of a rotation contains no secret.
#[tokio::test(start_paused = true)]
async fn nothing_shows_a_secret() {
    let sim = Sim::pair(40);
    let keeper = sim.keeper();
    let facts = keeper.read().await.unwrap();
    let plan = super::plan(&at_once(), &facts).unwrap();
    let shown = format!("{facts:?} {plan:?} {keeper:?}");
    assert!(shown.contains("AKIASIMULATED001"), "{shown}");
    assert!(!shown.contains("secret/number"), "{shown}");
}
