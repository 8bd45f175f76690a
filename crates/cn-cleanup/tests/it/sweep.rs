//! The program is killed at each of its requests, then run again: it converges without help.

use std::sync::atomic::{AtomicUsize, Ordering};

use cn_testkit::{Client, Fault, Seed, TestEnv};

use crate::{artifact, clean, cn_cleanup, pointing_at};

/// A region without stacks of other tests, so that a run reads few stacks.
const REGION: &str = "cn-northwest-1";

fn china(env: &TestEnv) -> Client {
    env.china().in_region(REGION)
}

fn bucket(env: &TestEnv) -> String {
    env.name("ningxia")
}

fn world() -> (TestEnv, Seed, String) {
    let env = TestEnv::new();
    let seed = env.seed();
    env.set("CN_REGION", REGION);
    let (bucket, home) = (bucket(&env), env.home());
    china(&env).create_bucket(&bucket).expect("created");
    home.put_parameter(&seed.bucket_parameter, &bucket)
        .expect("written");
    for letter in ['a', 'b'] {
        let key = artifact(&env, letter);
        let written = china(&env).put_object(&bucket, &key, b"artifact");
        written.expect("written");
    }
    for (stem, letter) in [("prod", 'b'), ("dev", 'a')] {
        let template = pointing_at(&env, &artifact(&env, letter));
        let created = china(&env).create_stack(&env.name(stem), &template, &[]);
        created.expect("created");
    }
    let stack = env.name("dev");
    env.set("CN_STACK_NAME", &stack);
    env.forget_requests();
    (env, seed, stack)
}

const EVERYTHING: [&str; 2] = ["--everything", "--yes"];

/// A request of a run: its operation, and the number of such requests before it.
#[derive(Clone, Debug)]
struct Point {
    operation: String,
    before: usize,
    is_served: bool,
}

/// Kills a run at a request, before or after it is served, and runs again.
fn play(point: &Point) {
    let (env, seed, stack) = world();
    let place = format!("killed at {point:?}");
    let fault = Fault::on(&point.operation).skip(point.before);
    env.fault(if point.is_served {
        fault.hang_after()
    } else {
        fault.hang_before()
    });
    let mut running = cn_cleanup(&env, &EVERYTHING).spawn();
    let was_held = running.wait_until(|requests| {
        let requests = requests.operation(&point.operation);
        let held = requests.0.get(point.before);
        held.is_some_and(|held| !point.is_served || held.status.is_some())
    });
    if was_held {
        running.kill();
    }
    drop(running.output());
    drop(clean(&env, &["--everything"]).succeeded());
    let status = |stack: &str| china(&env).stack_status(stack).expect("answers");
    assert_eq!(status(&stack), None, "{place}");
    let left = china(&env).object_keys(&bucket(&env)).expect("answers");
    assert_eq!(left, [artifact(&env, 'b')], "{place}");
    let user = env.china().access_keys(&env.name("deployer"));
    assert_eq!(user.expect("answers"), [], "{place}");
    for name in [
        &seed.access_key_parameter,
        &seed.secret_key_parameter,
        &seed.bucket_parameter,
    ] {
        let value = env.home().parameter(name).expect("answers");
        assert_eq!(value, None, "{place}: {name}");
    }
    let prod = env.name("prod");
    assert_eq!(status(&prod).as_deref(), Some("CREATE_COMPLETE"), "{place}");
    // Deleted, so that the next runs need not read it.
    let deleted = china(&env).query("cloudformation", "DeleteStack", &[("StackName", &prod)]);
    deleted.expect("deleted");
}

#[test]
fn a_run_killed_at_any_request_is_finished_by_the_next() {
    let (env, ..) = world();
    drop(cn_cleanup(&env, &EVERYTHING).output().succeeded());
    let requests = env.requests();
    let operations = requests.operations();
    let mut points = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let before = operations[..at]
            .iter()
            .filter(|it| *it == operation)
            .count();
        let is_read = ["Describe", "List", "Get"]
            .iter()
            .any(|it| operation.starts_with(it));
        // A read changes nothing, and reads of other tests' stacks vary.
        if is_read && before > 0 {
            continue;
        }
        for is_served in [false, true] {
            points.push(Point {
                operation: (*operation).to_owned(),
                before,
                is_served,
            });
        }
    }
    assert!(points.len() > 20, "{operations:?}");
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play(point);
                }
            });
        }
    });
}
