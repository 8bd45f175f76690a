//! Tests in which a proxy or portal answers in place of the service, at any request of a run.

use super::more::with_settings;
use super::*;
use crate::call::CallErrorKind;

const PAGE: &str = "<!DOCTYPE html>\n<html><body>Please sign in</body></html>";

/// The answers of proxies, captive portals and broken connections.
const ANSWERS: &[(u16, &str)] = &[
    (200, PAGE),
    (200, "<HTML><BODY>moved</BODY></HTML>"),
    (200, ""),
    (
        200,
        "<?xml version=\"1.0\"?><OtherResponse></OtherResponse>",
    ),
    (200, "<DescribeStacksResponse><DescribeStacksResult>"),
    (200, "{}"),
    (204, ""),
    (302, PAGE),
    (400, PAGE),
    (403, PAGE),
    (404, ""),
    (407, ""),
    (429, ""),
    (502, PAGE),
    (520, "error code: 520"),
];

/// Every operation of a deployment, and the status of the stack at its beginning.
const OPERATIONS: &[(&str, Option<&str>)] = &[
    ("DescribeStacks", None),
    ("CreateChangeSet", None),
    ("DescribeChangeSet", None),
    ("ExecuteChangeSet", None),
    ("DescribeStackEvents", None),
    ("UpdateTerminationProtection", None),
    ("SetStackPolicy", Some("CREATE_COMPLETE")),
    ("ExecuteChangeSet", Some("UPDATE_COMPLETE")),
    ("DeleteStack", Some("ROLLBACK_COMPLETE")),
    ("ContinueUpdateRollback", Some("UPDATE_ROLLBACK_FAILED")),
];

fn sim(status: Option<&str>) -> Sim {
    match status {
        Some(status) => Sim::new().with_stack("orders", status),
        None => Sim::new(),
    }
}

fn asked() -> Request {
    let mut request = with_settings(1);
    request.replace_failed = true;
    request.continue_rollback = true;
    request
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_the_services_is_neither_success_nor_refusal() {
    for (operation, status) in OPERATIONS {
        for (code, body) in ANSWERS {
            for is_served in [false, true] {
                let sim = sim(*status);
                sim.fault(operation, Fault::Foreign(*code, body, is_served), 1);
                let (outcome, _) = deploy(&sim, &asked()).await;
                let what = format!("{operation} {code} {body} {is_served}: {outcome:?}");
                assert!(matches!(outcome.unwrap().end, End::Done { .. }), "{what}");
                assert_eq!(sim.world.lock().unwrap().executions, 1, "{what}");
            }
        }
    }
}

// More failures than the SDK retries.
#[tokio::test(start_paused = true)]
async fn a_run_goes_on_when_the_path_is_broken_for_a_while() {
    for (operation, status) in &OPERATIONS[1..] {
        for (code, body) in [ANSWERS[0], ANSWERS[2], ANSWERS[11], ANSWERS[12]] {
            let sim = sim(*status);
            sim.fault(operation, Fault::Foreign(code, body, false), 7);
            let (outcome, events) = deploy(&sim, &asked()).await;
            let what = format!("{operation} {code} {body}: {outcome:?}");
            assert!(matches!(outcome.unwrap().end, End::Done { .. }), "{what}");
            let is_told = |event: &Event| matches!(event, Event::Retrying { what } if what.contains(&code.to_string()));
            assert!(events.iter().any(is_told), "{what}: {events:?}");
            assert_eq!(sim.world.lock().unwrap().executions, 1, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_that_stays_broken_is_told_as_what_it_is() {
    for (code, body) in ANSWERS {
        let sim = Sim::new();
        sim.fault("DescribeStacks", Fault::Foreign(*code, body, false), 9);
        let error = deploy(&sim, &asked()).await.0.unwrap_err();
        let said = cn_testkit::chain(&error);
        assert!(said.contains(&format!("HTTP {code}")), "{said}");
        assert!(!said.contains("Please"), "{said}");
        let kind = match code {
            429 => CallErrorKind::Throttled,
            _ => CallErrorKind::Foreign,
        };
        assert_eq!(error.source.kind, kind, "{said}");
    }
}
