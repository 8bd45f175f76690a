//! The program is killed after each of its requests, then run again: it converges without help.

use std::sync::atomic::{AtomicUsize, Ordering};

use cn_testkit::{Fault, Requests, TestEnv, xml};

use crate::{TEMPLATE, deploy, run, seeded};

/// The interrupted run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Create,
    Update,
    FailingUpdate,
}

/// The interruption of a run: its signal and its moment.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// The number of requests to CloudFormation that are answered before the interruption.
    answered: usize,
    /// True if CloudFormation acts on the next request, whose answer never comes.
    is_served: bool,
    signal: &'static str,
}

/// A resource that waits for a signal that nobody sends.
const FAILS: &str = "  Handle:
    Type: AWS::CloudFormation::WaitConditionHandle
  Signal:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Handle, Timeout: '1'}
Outputs:";

/// Arguments with a setting that is not part of a change set.
const ARGUMENTS: &[&str] = &["--termination-protection", "--outputs-file", "outputs.json"];

/// A temporary file that a killed run may leave.
const LEFTOVER: &str = ".cn-tools-aB3xyZ.tmp";

impl Scenario {
    fn prepare(self) -> TestEnv {
        let env = seeded(TEMPLATE);
        if self != Self::Create {
            drop(deploy(&env, &[]).succeeded());
        }
        let changed = TEMPLATE.replace("!Ref Delay", "7");
        let template = match self {
            Self::Create => TEMPLATE.to_owned(),
            Self::Update => changed,
            Self::FailingUpdate => changed.replace("Outputs:", FAILS),
        };
        env.write("packaged.yaml", template);
        env.forget_requests();
        env
    }

    fn code(self) -> i32 {
        i32::from(self == Self::FailingUpdate)
    }

    fn status(self) -> &'static str {
        match self {
            Self::Create => "CREATE_COMPLETE",
            Self::Update => "UPDATE_COMPLETE",
            Self::FailingUpdate => "UPDATE_ROLLBACK_COMPLETE",
        }
    }
}

fn to_cloudformation(requests: &Requests) -> Requests {
    requests.service("cloudformation")
}

/// Ends a run at the point and runs again; checks the result.
fn play(scenario: Scenario, point: Point) {
    let place = format!("{scenario:?} {point:?}");
    let env = scenario.prepare();
    let fault = Fault::on_any()
        .service("cloudformation")
        .skip(point.answered);
    env.fault(if point.is_served {
        fault.hang_after()
    } else {
        fault.hang_before()
    });
    let mut running = run(&env).args(ARGUMENTS).spawn();
    let was_held = running.wait_until(|requests| {
        let requests = to_cloudformation(requests);
        let held = requests.0.get(point.answered);
        held.is_some_and(|held| !point.is_served || held.status.is_some())
    });
    if was_held {
        running.signal(point.signal);
    }
    let first = running.output();
    let is_as_signalled = match point.signal {
        "KILL" => first.was_killed(),
        "HUP" => !first.was_killed() && first.code() == 129,
        _ => !first.was_killed() && first.code() == 143,
    };
    assert!(
        !was_held || is_as_signalled,
        "{place}\n{}",
        first.snapshot()
    );
    let left = executions(&env);
    if point.signal != "KILL" && left == 0 {
        let status = env.china().stack_status(&env.name("orders"));
        let is_bare = status.expect("answers").as_deref() == Some("REVIEW_IN_PROGRESS");
        assert!(!is_bare, "{place}: left an empty stack");
        assert_eq!(
            unused(&env),
            [""; 0],
            "{place}: left by the first run\n{}",
            first.snapshot()
        );
    }
    // Left by a run that was killed while it wrote its outputs.
    env.write(LEFTOVER, "half an out");
    drop(deploy(&env, ARGUMENTS).failed_with(scenario.code()));
    assert!(!env.exists(LEFTOVER), "{place}");
    assert_eq!(env.exists("outputs.json"), scenario.code() == 0, "{place}");

    let stack = env.name("orders");
    let status = env.china().stack_status(&stack).expect("answers");
    assert_eq!(status.as_deref(), Some(scenario.status()), "{place}");
    let fields = [("StackName", stack.as_str())];
    let described = env
        .china()
        .query("cloudformation", "DescribeStacks", &fields)
        .expect("answers");
    let is_protected = xml::first(&described, "EnableTerminationProtection");
    assert_eq!(is_protected.as_deref(), Some("true"), "{place}");
    assert_eq!(unused(&env), [""; 0], "{place}");
    let most = if scenario == Scenario::FailingUpdate {
        2
    } else {
        1
    };
    assert!((1..=most).contains(&executions(&env)), "{place}");
}

/// Returns the number of executions that CloudFormation accepted, and fails if a change set was
/// executed twice.
fn executions(env: &TestEnv) -> usize {
    let requests = env.requests().operation("ExecuteChangeSet");
    let taken = requests.keep(|request| request.status == Some(200));
    let mut sets: Vec<Option<String>> = taken
        .0
        .iter()
        .map(|request| request.field("ChangeSetName"))
        .collect();
    sets.sort();
    sets.dedup();
    assert_eq!(sets.len(), taken.count(), "executed twice:\n{taken}");
    taken.count()
}

/// Returns the change sets of the stack that were not executed.
///
/// In the emulator, a second change set for a stack in review gets its own stack. AWS has one stack
/// for both and drops the other change sets when one is executed. So those of the emulator's
/// earlier stack do not count.
fn unused(env: &TestEnv) -> Vec<String> {
    let stack = env.name("orders");
    let ask = |operation| {
        let fields = [("StackName", stack.as_str())];
        env.china().query("cloudformation", operation, &fields)
    };
    let present = ask("DescribeStacks").ok();
    let present = present.and_then(|answer| xml::first(&answer, "StackId"));
    let listed = ask("ListChangeSets").expect("answers");
    let sets = xml::all(&listed, "member").into_iter();
    let unused = sets.filter(|set| {
        let is_present = present.is_none() || xml::first(set, "StackId") == present;
        let status = xml::first(set, "ExecutionStatus");
        is_present && status.is_some_and(|status| !status.starts_with("EXECUTE_"))
    });
    unused
        .filter_map(|set| xml::first(set, "ChangeSetName"))
        .collect()
}

/// Kills after each request of a whole run. Four runs are active at a time, because they mostly
/// wait.
fn sweep(scenario: Scenario) {
    let env = scenario.prepare();
    drop(deploy(&env, ARGUMENTS).failed_with(scenario.code()));
    let requests = to_cloudformation(&env.requests()).count();
    assert!(requests >= 6, "{requests} requests");
    let mut points = Vec::new();
    for answered in 0..requests {
        // The kind of a signal that can be handled matters little, so the two alternate.
        let (before, after) = [("TERM", "HUP"), ("HUP", "TERM")][answered % 2];
        for (is_served, signal) in [(true, "KILL"), (false, before), (true, after)] {
            points.push(Point {
                answered,
                is_served,
                signal,
            });
        }
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play(scenario, *point);
                }
            });
        }
    });
}

#[test]
fn a_creation_ended_after_any_request_converges() {
    sweep(Scenario::Create);
}

#[test]
fn an_update_ended_after_any_request_converges() {
    sweep(Scenario::Update);
}

#[test]
fn a_failing_update_ended_after_any_request_converges() {
    sweep(Scenario::FailingUpdate);
}
