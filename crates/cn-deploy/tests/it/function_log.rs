//! The log of a failed custom resource's function, which no emulator runs.

use cn_testkit::{Answer, ChangeSet, Events, Script, TestEnv};

use crate::scripted::{rolled_back, scripted};
use crate::{TEMPLATE, deploy, said};

const STREAM: &str = "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef";
const TOKEN: &str =
    r#"{"ServiceToken":"arn:aws-cn:lambda:cn-north-1:444455556666:function:seed","Table":"t"}"#;

/// Prepares a first deployment that fails at a custom resource, as `cfn-response` reports it.
fn failing(log: Answer) -> TestEnv {
    let why = format!("See the details in CloudWatch Log Stream: {STREAM} (RequestId: 1-2-3)");
    let changes = ChangeSet::new("orders", "CREATE_COMPLETE");
    let events = Events::new("orders")
        .stack_event("CREATE_IN_PROGRESS", "User Initiated")
        .event("Seed", "Custom::Seed", "CREATE_IN_PROGRESS", "")
        .properties(TOKEN)
        .event("Seed", "Custom::Seed", "CREATE_FAILED", &why)
        .properties(TOKEN);
    let env = scripted(rolled_back(
        changes.change("Add", "Seed", "Custom::Seed", ""),
        events,
    ));
    env.script(Script::of("logs").on("FilterLogEvents", log));
    env
}

fn logged(messages: &[&str]) -> Answer {
    let events: Vec<_> = messages
        .iter()
        .map(|message| serde_json::json!({"logStreamName": STREAM, "timestamp": 1, "message": message}))
        .collect();
    Answer::json(200, serde_json::json!({ "events": events }).to_string())
}

#[test]
fn the_last_lines_follow_the_cause_without_what_is_secret() {
    let template = TEMPLATE.replace(
        "Delay: {Type: Number, Default: 0}",
        "Delay: {Type: Number, Default: 0}\n  Password: {Type: String, NoEcho: true}",
    );
    let env = failing(logged(&[
        "INIT_START Runtime Version: python:3.13.v64\n",
        "START RequestId: 1 Version: $LATEST\n",
        r#"{"RequestType": "Create", "ResponseURL": "https://b.s3.cn-north-1.amazonaws.com.cn/x?X-Amz-Signature=0123"}"#,
        "opening with hunter22",
        "[ERROR] KeyError: 'Region'\rTraceback (most recent call last):\r  File \"/var/task/index.py\", line 7, in handler\n",
        "END RequestId: 1\n",
    ]));
    env.write("packaged.yaml", template);
    let flags = [
        "--parameter-overrides",
        "Password=hunter22",
        "--report",
        "out",
    ];
    let output = deploy(&env, &flags).failed_with(1);
    insta::assert_snapshot!(said(&output));

    let asked = env.requests().service("logs");
    assert_eq!(asked.count(), 1);
    let body = asked.0[0].body.as_ref().expect("a body");
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(asked["logGroupName"], "/aws/lambda/seed");
    assert_eq!(asked["logStreamNames"], serde_json::json!([STREAM]));
    // From the second event to the third, one second apart.
    let moment = |name: &str| asked[name].as_i64().unwrap();
    assert_eq!(moment("endTime") - moment("startTime"), 1000);

    for extension in ["xml", "md", "html"] {
        let text = env.read(format!("out/orders.cn-north-1.{extension}"));
        assert!(text.contains("/aws/lambda/seed") && text.contains("line 7, in handler"));
        assert!(!text.contains("hunter22") && !text.contains("0123\""));
    }
}

#[test]
fn lines_are_in_the_record_of_the_cause() {
    let env = failing(logged(&["KeyError"]));
    let output = deploy(&env, &["--format", "json"]).failed_with(1);
    let said = output.stderr();
    let cause = said.lines().find(|line| line.contains(r#""kind":"cause""#));
    let cause: serde_json::Value = serde_json::from_str(cause.expect("a record")).unwrap();
    assert_eq!(
        cause["log"],
        serde_json::json!({"group": "/aws/lambda/seed", "lines": ["KeyError"]})
    );
}

#[test]
fn a_log_that_tells_nothing_is_said_to() {
    let refused = r#"{"__type":"AccessDeniedException","message":"User: arn:aws-cn:iam::444455556666:user/deployer is not authorized to perform: logs:FilterLogEvents"}"#;
    for (name, answer) in [
        ("log_refused", Answer::json(400, refused)),
        ("log_empty", logged(&["START RequestId: 1\n"])),
    ] {
        let output = deploy(&failing(answer), &[]).failed_with(1);
        let said = said(&output);
        let failure = said.find("error:").expect("said");
        insta::assert_snapshot!(name, &said[failure..]);
    }
}
