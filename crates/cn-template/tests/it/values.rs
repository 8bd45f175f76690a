//! Literals that reach an ARN through the template, compared with an evaluator that follows them.

use std::collections::BTreeMap;

use cn_template::portability::check_regions;
use cn_template::{Region, Severity};
use proptest::prelude::*;

use crate::evaluate::evaluate_if;
use crate::{parse, rewritten};

/// Partitions that no template for China uses.
const FOREIGN: [&str; 2] = ["aws", "aws-us-gov"];

/// Generates an expression for a partition's name; it refers to the sections of [`template`].
fn partition(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let name = prop::sample::select(names);
    let leaf = prop_oneof![
        name.clone().prop_map(str::to_owned),
        (name.clone(), name.clone())
            .prop_map(|(one, other)| format!("!Select [1, !Split [\"|\", \"{one}|{other}\"]]")),
        (name.clone(), name).prop_map(|(one, other)| format!("!Select [0, [{one}, {other}]]")),
        Just("!FindInMap [M, Row, Name]".to_owned()),
        Just("!FindInMap [M, !Ref Row, Name]".to_owned()),
        Just("!Ref P".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let condition = prop::sample::select(&["A", "B", "C"][..]);
        let row = prop::sample::select(&["Row", "Missing", "!Ref Row", "!Ref Flag"][..]);
        let branch = (condition, inner.clone(), inner.clone())
            .prop_map(|(name, then, otherwise)| format!("!If [{name}, {then}, {otherwise}]"));
        let default = (row, inner).prop_map(|(row, other)| {
            format!("!FindInMap [M, {row}, Name, {{DefaultValue: {other}}}]")
        });
        prop_oneof![branch, default]
    })
}

/// Generates a template with several ways to build an ARN.
fn template(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let value = (partition(names), 0..4_u8);
    let name = prop::sample::select(names);
    let texts = (
        prop::collection::vec(value, 1..3),
        name.clone(),
        name.clone(),
        name,
    );
    texts.prop_map(|(values, default, row, other)| {
        let mut out = format!(
            "Parameters:\n  P: {{Type: String, Default: {default}}}\n  Row: {{Type: String, Default: Row}}\n  Flag: {{Type: String, Default: x}}\nMappings:\n  M: {{Row: {{Name: {row}}}, Other: {{Name: {other}}}}}\nConditions:\n  A: !Equals [!Ref Flag, a]\n  B: !Equals [!Ref Flag, b]\n  C: !Equals [!Ref Flag, c]\nResources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n"
        );
        for (index, (value, way)) in values.iter().enumerate() {
            let text = match way {
                0 => format!("!Sub [\"arn:${{V}}:s3:::b\", {{V: {value}}}]"),
                1 => format!("!Join [\":\", [arn, {value}, \"s3::\", b]]"),
                2 => format!("!Join [\"\", [\"arn:\", {value}, \":s3:::b\"]]"),
                _ => format!("!Sub [\"arn:${{V}}:s3:::${{V}}\", {{V: {value}}}]"),
            };
            out.extend(["      P", &index.to_string(), ": ", &text, "\n"]);
        }
        out
    })
}

/// Returns every combination of values for the three conditions.
fn decisions() -> Vec<BTreeMap<&'static str, bool>> {
    let of = |bits: u8| {
        let names = ["A", "B", "C"].into_iter().enumerate();
        names
            .map(|(place, name)| (name, bits & (1 << place) != 0))
            .collect()
    };
    (0..8).map(of).collect()
}

/// Returns true if some combination of conditions builds a foreign ARN.
fn has_foreign(text: &str) -> bool {
    let template = parse(text).expect("a template");
    decisions().iter().any(|holds| {
        let value = evaluate_if(&template, "aws-cn", "cn-north-1", Some(holds)).to_string();
        value.contains("arn:aws:") || value.contains("arn:aws-us-gov:")
    })
}

/// Returns the number of errors and warnings that no rewrite fixes.
fn left(text: &str) -> usize {
    let template = parse(text).expect("a template");
    let found = check_regions(&template, &Region::china());
    found
        .iter()
        .filter(|finding| finding.severity > Severity::Note && !finding.is_rewritten)
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_foreign_partition_is_rewritten_or_reported(text in template(&FOREIGN)) {
        let after = rewritten(&text, "cn-north-1");
        prop_assert!(!has_foreign(&after) || left(&text) > 0, "{after}");
        prop_assert_eq!(rewritten(&after, "cn-north-1"), after);
    }

    #[test]
    fn the_own_partition_is_left_alone(text in template(&["aws-cn"])) {
        prop_assert_eq!(rewritten(&text, "cn-north-1"), text.as_str());
        prop_assert_eq!(left(&text), 0);
    }
}

#[test]
fn more_values_than_anybody_tries_are_reported_and_stay() {
    let branch = |name: &str, inner: &str| format!("!If [{name}, {inner}, {inner}]");
    let mut value = "aws".to_owned();
    for name in ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"] {
        value = branch(name, &value);
    }
    let text = format!(
        "Resources:\n  R:\n    Type: AWS::SNS::Topic\n    Properties:\n      A: !Sub [\"arn:${{V}}:s3:::b\", {{V: {value}}}]\n"
    );
    assert_eq!(rewritten(&text, "cn-north-1"), text);
    assert!(left(&text) > 0);
}
