use aws_sdk_cloudwatchlogs::operation::filter_log_events::{
    FilterLogEventsError, FilterLogEventsOutput,
};
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_smithy_mocks::{Rule, RuleMode, mock};
use aws_smithy_types::error::ErrorMetadata;

use super::*;
use crate::call::CallErrorKind;
use crate::mocks::mocked;
use crate::secret::Secrets;

const STACK: &str = "arn:aws-cn:cloudformation:cn-north-1:444455556666:stack/orders/1";
const STREAM: &str = "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef";

fn event(seconds: i64, status: &str, token: &str, why: &str) -> ResourceEvent {
    ResourceEvent {
        id: seconds.to_string(),
        at: Timestamp(seconds * 1000),
        stack_id: STACK.into(),
        path: Vec::new(),
        logical_id: "Seed".into(),
        physical_id: None,
        resource_type: "Custom::Seed".into(),
        status: status.into(),
        reason: (!why.is_empty()).then(|| why.to_owned()),
        background: None,
        hook: None,
        service_token: (!token.is_empty()).then(|| token.to_owned()),
    }
}

fn place_of(token: &str, why: &str) -> Option<LogPlace> {
    let events = [
        event(3, "CREATE_IN_PROGRESS", token, ""),
        event(9, "CREATE_FAILED", token, why),
        event(12, "DELETE_IN_PROGRESS", token, ""),
    ];
    LogPlace::of(&Cause::of(&events)?, &events)
}

#[test]
fn the_log_lies_between_the_beginning_of_a_resource_and_its_failure() {
    let token = "arn:aws-cn:lambda:cn-north-1:444455556666:function:seed:live";
    let why = format!("See the details in CloudWatch Log Stream: {STREAM}. (RequestId: 1)");
    let place = place_of(token, &why).unwrap();
    assert_eq!(
        place,
        LogPlace {
            group: "/aws/lambda/seed".into(),
            stream: Some(STREAM.into()),
            since: Timestamp(3000),
            until: Timestamp(9000),
        }
    );
    assert_eq!(place_of(token, "KeyError").unwrap().stream, None);
}

#[test]
fn a_group_in_the_reason_is_nearer_to_the_failure_than_the_service_token() {
    let framework = "arn:aws-cn:lambda:cn-north-1:444455556666:function:framework";
    let why = "Error: no table\n\nLogs: /aws/lambda/Orders-Handler_9.\n\n    at invoke (/var/task/framework.js:2:6)";
    assert_eq!(
        place_of(framework, why).unwrap().group,
        "/aws/lambda/Orders-Handler_9"
    );
    assert_eq!(
        place_of("", why).unwrap().group,
        "/aws/lambda/Orders-Handler_9"
    );
}

#[test]
fn what_no_function_of_the_stacks_own_account_and_region_serves_has_no_log_here() {
    for token in [
        "",
        "seed",
        "arn:aws-cn:sns:cn-north-1:444455556666:topic",
        "arn:aws-cn:lambda:cn-northwest-1:444455556666:function:seed",
        "arn:aws-cn:lambda:cn-north-1:111122223333:function:seed",
        "arn:aws-cn:lambda:cn-north-1:444455556666:function:",
    ] {
        assert_eq!(place_of(token, "no"), None, "{token}");
    }
    let mut failed = event(1, "CREATE_FAILED", "", "look at /aws/lambda/x");
    failed.resource_type = "AWS::Lambda::Function".into();
    let cause = Cause::of(&[failed.clone()]).unwrap();
    assert_eq!(LogPlace::of(&cause, &[failed]), None);
}

#[test]
fn only_log_streams_are_taken_for_log_streams() {
    for (text, expected) in [
        (STREAM, Some(STREAM)),
        ("(2026/11/22/seed[7]00ff)", Some("2026/11/22/seed[7]00ff")),
        ("2026/11/22/[$LATEST]", None),
        ("2026/11/22", None),
        ("a/b/c/d]e", None),
        ("", None),
    ] {
        assert_eq!(stream_in(text), expected, "{text}");
    }
}

#[test]
fn a_signed_address_is_shown_without_its_signature() {
    let signed = "https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/arn%3Aaws-cn?X-Amz-Date=1&X-Amz-Signature=abc";
    let line = format!(r#"{{"ResponseURL":"{signed}","x":"https://a.b/?q=1"}} {signed}"#);
    let shown = shown(&line);
    assert!(
        !shown.contains("abc") && !shown.contains("X-Amz"),
        "{shown}"
    );
    assert!(shown.contains(r#"arn%3Aaws-cn?****","x":"https://a.b/?q=1"}"#));
    assert!(shown.ends_with("arn%3Aaws-cn?****"));
}

#[test]
fn a_line_is_harmless_and_not_longer_than_needed() {
    assert_eq!(shown("a\tb\u{1b}[31mc\u{7}  "), "a b[31mc");
    let long = "é".repeat(LONGEST_LINE);
    assert_eq!(shown(&long), long);
    let cut = shown(&format!("{long}é"));
    assert_eq!(cut.chars().count(), LONGEST_LINE + 1);
    assert!(cut.ends_with('…'));
}

fn client(rules: &[Rule]) -> Client {
    mocked!(aws_sdk_cloudwatchlogs, RuleMode::Sequential, rules)
}

fn page(messages: &[&str], next: Option<&str>) -> FilterLogEventsOutput {
    let event = |message: &&str| FilteredLogEvent::builder().message(*message).build();
    FilterLogEventsOutput::builder()
        .set_events(Some(messages.iter().map(event).collect()))
        .set_next_token(next.map(str::to_owned))
        .build()
}

fn place(stream: Option<&str>) -> LogPlace {
    LogPlace {
        group: "/aws/lambda/seed".into(),
        stream: stream.map(str::to_owned),
        since: Timestamp(3000),
        until: Timestamp(9000),
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_lines_of_all_pages_are_kept_and_those_of_the_platform_are_not() {
    let first = mock!(Client::filter_log_events)
        .match_requests(|asked| {
            asked.log_group_name() == Some("/aws/lambda/seed")
                && asked.log_stream_names() == [STREAM]
                && (asked.start_time(), asked.end_time()) == (Some(3000), Some(9000))
                && asked.next_token().is_none()
        })
        .then_output(|| page(&["INIT_START Runtime", "old\n"], Some("2")));
    let second = mock!(Client::filter_log_events)
        .match_requests(|asked| asked.next_token() == Some("2"))
        .then_output(|| page(&[], Some("3")));
    let third = mock!(Client::filter_log_events)
        .match_requests(|asked| asked.next_token() == Some("3"))
        .then_output(|| {
            let counted: Vec<_> = (1..20).map(|at| format!("  line {at}")).collect();
            let counted = counted.join("\r");
            page(
                &[
                    "START RequestId: 1\n",
                    &counted,
                    "KeyError\n",
                    "END RequestId: 1\n",
                ],
                None,
            )
        });
    let read = place(Some(STREAM))
        .read(&client(&[first, second, third]), &Secrets::default())
        .await;
    let lines = read.unwrap().unwrap().lines;
    assert_eq!(lines.len(), MOST_LINES);
    assert_eq!(lines[0], "  line 1");
    assert_eq!(lines[19], "KeyError");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_comes_late_is_looked_at_again() {
    let mut looks = [page(&[], None), page(&["late"], None)].into_iter();
    let [first, second] = [looks.next().unwrap(), looks.next().unwrap()];
    let first = mock!(Client::filter_log_events).then_output(move || first.clone());
    let second = mock!(Client::filter_log_events).then_output(move || second.clone());
    let read = place(None)
        .read(&client(&[first, second]), &Secrets::default())
        .await;
    assert_eq!(read.unwrap().unwrap().lines, ["late"]);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_may_not_be_read_is_an_error() {
    let refused = mock!(Client::filter_log_events).then_error(|| {
        let code = ErrorMetadata::builder().code("AccessDeniedException");
        FilterLogEventsError::generic(code.message("not authorized").build())
    });
    let read = place(None)
        .read(&client(&[refused]), &Secrets::default())
        .await;
    let error = read.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Denied);
}

#[test]
fn a_secret_spread_over_lines_is_redacted() {
    let mut secrets = Secrets::default();
    secrets.add("Key", "first half\nsecond half".into());
    let log = |lines: &[&str]| FunctionLog {
        place: LogPlace {
            group: "/aws/lambda/seed".into(),
            stream: None,
            since: Timestamp(0),
            until: Timestamp(1),
        },
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    let shown = log(&["key first half", "  second half", "again: second half", ""]);
    assert_eq!(
        shown.redacted(&secrets).lines,
        ["key ****", "again: ****", ""]
    );
    let other = log(&["first", "second"]);
    assert_eq!(other.clone().redacted(&secrets), other);
}
