//! Properties of generated templates.

use proptest::prelude::*;

use crate::evaluate::evaluate;
use crate::{fixed, parse, rewritten};

/// Texts that a rewrite changes, and whose portable form has the same meaning.
const PORTABLE: [&str; 7] = [
    "arn:aws:s3:::bucket/*",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:states:::lambda:invoke",
    "see arn:aws:sns:eu:x, arn:aws:sqs:eu:y",
    "https://x.execute-api.${AWS::Region}.amazonaws.com/prod",
    "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:f",
    "https://console.aws.amazon.com/x",
];

/// Texts that stay as they are.
const STAYS: [&str; 8] = [
    "lambda.amazonaws.com",
    "arn:*:s3:::b",
    "plain",
    "中文 arn",
    "${aws:username}",
    "com.amazonaws",
    "arn:${AWS::Partition}:s3:::b",
    "0123",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&PORTABLE[..]).prop_map(str::to_owned),
        prop::sample::select(&STAYS[..]).prop_map(str::to_owned),
        "[a-z :#'\"{}|&*!%中-]{0,12}",
    ]
}

/// Formats a value in one of several ways, indented for a property.
fn written(text: &str, way: u8) -> String {
    let json = serde_json::Value::from(text).to_string();
    let single = text.replace('\'', "''");
    let has_reference = text.contains("${AWS::");
    match way % 7 {
        1 if !text.contains('\n') => format!("'{single}'"),
        2 => format!("!Sub {json}"),
        3 => format!("{{\"Fn::Sub\": {json}}}"),
        4 => format!("!Join ['', [{json}, !Ref Name]]"),
        5 if !text.trim().is_empty() && !text.starts_with(' ') => format!("|\n        {text}"),
        6 if !has_reference => format!("[{json}, {{a: {json}}}]"),
        _ => json,
    }
}

prop_compose! {
    fn template()(values in prop::collection::vec((text(), any::<u8>()), 1..6), crlf in any::<bool>()) -> String {
        let mut out = String::from("# arn:aws: 注释\nDescription: about arn:aws:s3:::x\nParameters: {Name: {Type: String}}\nResources:\n  R:\n    Type: AWS::SQS::Queue # arn:aws:\n    Properties:\n");
        for (index, (text, way)) in values.iter().enumerate() {
            let value = written(text, *way);
            out.extend(["      P", &index.to_string(), ": ", &value, "\n"]);
        }
        if crlf { out.replace('\n', "\r\n") } else { out }
    }
}

fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.split_once("# ").map(|(_, comment)| comment))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_second_run_changes_nothing(text in template()) {
        let once = rewritten(&text, "cn-north-1");
        prop_assert_eq!(rewritten(&once, "cn-north-1"), once);
        let once = fixed(&text);
        prop_assert_eq!(fixed(&once), once);
    }

    #[test]
    fn the_partition_written_for_changes_nothing(text in template()) {
        prop_assert_eq!(rewritten(&text, "us-east-1"), text);
    }

    #[test]
    fn the_way_back_is_open(text in template()) {
        let there = rewritten(&text, "cn-north-1");
        let (Some(before), Some(back)) = (parse(&text), parse(&rewritten(&there, "us-east-1"))) else {
            return Ok(());
        };
        prop_assert_eq!(evaluate(&before, "aws", "us-east-1"), evaluate(&back, "aws", "us-east-1"));
    }

    #[test]
    fn prose_and_comments_stay(text in template()) {
        for after in [rewritten(&text, "cn-north-1"), fixed(&text)] {
            prop_assert!(after.contains("Description: about arn:aws:s3:::x"));
            prop_assert_eq!(comments(&after)[..2].to_vec(), comments(&text)[..2].to_vec());
        }
    }

    #[test]
    fn portable_form_means_the_same_where_it_was_written_for(text in template()) {
        let (Some(before), Some(after)) = (parse(&text), parse(&fixed(&text))) else {
            return Ok(());
        };
        prop_assert_eq!(evaluate(&after, "aws", "us-east-1"), evaluate(&before, "aws", "us-east-1"));
    }

    #[test]
    fn portable_form_means_what_a_rewrite_says(text in template()) {
        let portable = fixed(&text);
        let (Some(left), Some(right)) = (parse(&rewritten(&text, "cn-north-1")), parse(&rewritten(&portable, "cn-north-1"))) else {
            return Ok(());
        };
        prop_assert_eq!(evaluate(&left, "aws-cn", "cn-north-1"), evaluate(&right, "aws-cn", "cn-north-1"));
    }

    #[test]
    fn any_text_is_survived(text in "\\PC*") {
        let resource = format!("Resources: {{R: {{Type: X, Properties: {{A: {}}}}}}}", serde_json::Value::from(text));
        let after = rewritten(&resource, "cn-north-1");
        prop_assert!(parse(&after).is_some());
        prop_assert!(parse(&fixed(&resource)).is_some());
    }
}
