//! Checks the laws on generated texts.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the files that the crate itself never reads"
)]

use std::path::Path;
use std::sync::LazyLock;

use cn_template::Source;
use cn_template::edit::apply;
use cn_template::tree::Template;
use proptest::prelude::*;
use serde_json::Value;

use crate::laws;
use crate::mutation::{Random, mutated};
use crate::rewritten;

/// All fixtures, which cover every kind of text that the rules know.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    gather(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"),
        &mut texts,
    );
    assert!(texts.len() > 50, "only {} texts", texts.len());
    texts
});

fn gather(folder: &Path, texts: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, texts);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "yaml" || ending == "json")
        {
            texts.extend(std::fs::read_to_string(&path));
        }
    }
}

fn keeps_all_laws(text: &str, seed: u64) {
    let Some(template) = laws::is_survived(text) else {
        return;
    };
    let mut random = Random(seed);
    laws::is_expanded(&template);
    laws::is_edited(&template, || random.below(usize::MAX));
    laws::is_escaped(&template);
    laws::is_packaged(&template);
}

#[test]
fn fixtures_keep_all_laws() {
    for (text, seed) in TEXTS.iter().zip(0..) {
        keeps_all_laws(text, seed);
        keeps_all_laws(&text.replace('\n', "\r\n"), seed);
    }
}

#[test]
fn the_key_of_an_object_is_a_name_whatever_it_looks_like() {
    let resource = |kind: &str, property: &str| {
        format!("Resources:\n  R: {{Type: 'AWS::{kind}', Properties: {{{property}}}}}\n")
    };
    for key in ["arn:aws:s3:::b/machine.json", "x/s3.amazonaws.com/f.zip"] {
        for (kind, members) in [
            (
                "Lambda::Function",
                format!("Code: {{S3Bucket: !Ref B, S3Key: '{key}'}}"),
            ),
            (
                "Serverless::Function",
                format!("CodeUri: {{Bucket: !Ref B, Key: '{key}'}}"),
            ),
            (
                "CodeCommit::Repository",
                format!("Code: {{S3: {{Bucket: !Ref B, Key: '{key}'}}}}"),
            ),
        ] {
            let text = resource(kind, &members);
            assert_eq!(rewritten(&text, "cn-north-1"), text);
            keeps_all_laws(&text, 1);
        }
        keeps_all_laws(
            &resource(
                "Serverless::StateMachine",
                &format!("DefinitionUri: 's3://b/{key}'"),
            ),
            1,
        );
    }
    // Another property with such a name is a value.
    let other = resource("SNS::Topic", "Key: 'arn:aws:s3:::b'");
    assert_eq!(
        rewritten(&other, "cn-north-1"),
        other.replace("aws:s3", "aws-cn:s3")
    );
}

#[test]
fn a_value_is_added_at_the_end_of_its_list_whatever_the_list_looks_like() {
    let policy = |value: &str, end: &str| {
        format!(
            "S:\n- Effect: Allow\n  Action: iam:PassRole\n  Condition:\n    StringEquals:\n      iam:PassedToService: {value}{end}"
        )
    };
    let items = |text: &str| {
        let value = json(text);
        let items = &value["S"][0]["Condition"]["StringEquals"]["iam:PassedToService"];
        match items.as_array() {
            Some(items) => items.clone(),
            None => vec![items.clone()],
        }
    };
    let lasts = [
        "x",
        "x # c",
        "'x'",
        "\"\"",
        "~",
        "",
        "!Ref x",
        "a:",
        "a: # c",
        "a: b",
        "a:\n    b:",
        "- x",
        "- - x",
        "-",
        "{}",
        "[]",
        "[\n  a]",
        "|\n   text",
        ">-\n   text\n",
        "\n    b",
        "Fn::Sub: x\n    # c",
    ];
    let in_block = lasts.map(|last| format!("\n  - ec2.amazonaws.com\n  - {last}"));
    let others = [
        "ec2.amazonaws.com",
        "'ec2.amazonaws.com'",
        "\"ec2.amazonaws.com\"",
        "|-\n        ec2.amazonaws.com",
        "[ec2.amazonaws.com]",
        "[ec2.amazonaws.com, a:]",
        "[ec2.amazonaws.com,\n      ]",
        "[ec2.amazonaws.com, x, # c\n      ]",
        "\n  - # c\n    ec2.amazonaws.com\n  - x",
        "\n  -\n    ec2.amazonaws.com\n  -\n    b",
        "\n  -   ec2.amazonaws.com\n  # c\n  -   b # c\n  # d",
    ];
    for value in in_block.iter().map(String::as_str).chain(others) {
        let value = value.replace('\n', "\n      ");
        for end in ["", "\n", "\nZ: 1\n"] {
            let text = policy(&value, end);
            let once = rewritten(&text, "cn-north-1");
            let expected = [items(&text), vec!["ec2.amazonaws.com.cn".into()]].concat();
            assert_eq!(items(&once), expected, "{once}");
            assert_eq!(rewritten(&once, "cn-north-1"), once);
        }
    }
}

/// Generates a value, which may contain lists and mappings.
fn value() -> impl Strategy<Value = Value> {
    let text = "[ a-z0-9:#,'\"\\[\\]{}&*!|>%@`\\n中😀~-]{0,8}";
    let leaf = text.prop_map(Value::from);
    leaf.prop_recursive(3, 12, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let key = "[a-z]{1,3}";
        let members = prop::collection::vec((key, inner), 0..4);
        let mapping = members.prop_map(|members| Value::Object(members.into_iter().collect()));
        prop_oneof![list, mapping]
    })
}

/// Formats a value as YAML in block style after a key's colon, indented by `indent` spaces.
fn block(value: &Value, indent: usize) -> String {
    let lead = " ".repeat(indent);
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items
                .iter()
                .map(|item| format!("\n{lead}-{}", block(item, indent + 2)));
            items.collect::<Vec<_>>().concat()
        }
        Value::Object(members) if !members.is_empty() => {
            let members = members
                .iter()
                .map(|(key, value)| format!("\n{lead}{key}:{}", block(value, indent + 2)));
            members.collect::<Vec<_>>().concat()
        }
        other => format!(" {other}"),
    }
}

fn json(text: &str) -> Value {
    let parsed = Template::parse_document(&Source::new("t.yaml", text));
    let template = parsed
        .template
        .unwrap_or_else(|| panic!("{:?}\n{text}", parsed.findings));
    serde_json::from_str(&template.to_json()).expect("it is JSON")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_keeps_all_laws(text in any::<String>(), seed in any::<u64>()) {
        keeps_all_laws(&text, seed);
    }

    #[test]
    fn yaml_like_text_keeps_all_laws(text in "([a-c]|: |- |\\? |[&*][ab] ?|!Sub |[\\[\\]{},'\"\\\\#|>~<%\\t]|\\r?\\n| |<<: |中){0,40}", seed in any::<u64>()) {
        keeps_all_laws(&text, seed);
    }

    #[test]
    fn mutated_templates_keep_all_laws(seed in any::<u64>()) {
        let mut random = Random(seed);
        keeps_all_laws(&mutated(&TEXTS, &mut random), seed);
    }

    #[test]
    fn no_edits_give_the_same_bytes(seed in any::<u64>()) {
        let text = mutated(&TEXTS, &mut Random(seed));
        prop_assert_eq!(&apply(&text, &[]), &text);
        // Packaging a template without anything to change makes no edit.
        let topic = format!("Resources: {{T: {{Type: AWS::SNS::Topic}}}}\nMetadata: {}\n", Value::from(text));
        prop_assert_eq!(crate::rewritten(&topic, "us-east-1"), topic);
    }

    #[test]
    fn aliases_become_what_they_stand_for(one in value(), other in value(), is_block in any::<bool>()) {
        let written = |name: &str, value: &Value| match value {
            Value::Array(_) | Value::Object(_) if is_block => format!("&{name}{}", block(value, 2)),
            value => format!("&{name} {value}"),
        };
        let text = format!(
            "a: {}\nb:\n  - {}\n  - *a # x\n  - {{k: *b, l: [*a, !Sub x]}}\nc: *b\n",
            written("a", &one),
            written("b", &other).replace('\n', "\n  "),
        );
        // An empty list or mapping has no block style, so `{}` stays on the line.
        let expected = serde_json::json!({
            "a": one,
            "b": [other, one, {"k": other, "l": [one, {"Fn::Sub": "x"}]}],
            "c": other,
        });
        prop_assert_eq!(json(&text), expected, "{}", text);
    }

    #[test]
    fn merged_keys_lose_against_own_keys(one in value(), other in value(), own in value()) {
        let base = |value: &Value| match value {
            Value::Object(members) => members.clone(),
            other => [("k".to_owned(), other.clone())].into_iter().collect(),
        };
        let (one, other, own) = (base(&one), base(&other), base(&own));
        prop_assume!(!one.is_empty() && !other.is_empty());
        let (first, second) = (Value::from(one.clone()), Value::from(other.clone()));
        let members: Vec<String> = own.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let (first_block, members) = (block(&first, 2), members.join(", "));
        let text = format!("a: &a{first_block}\nb: &b {second}\nc: {{<<: [*a, *b], {members}}}\n");
        let mut merged = other;
        merged.extend(one);
        merged.extend(own);
        let parsed = Template::parse_document(&Source::new("t.yaml", text.as_str()));
        // If the mapping has every key itself, nothing can replace the merge key.
        prop_assume!(parsed.template.is_some() || parsed.findings[0].code.id != "CN008");
        let found = json(&text);
        prop_assert_eq!(&found["c"], &Value::from(merged), "{}", text);
        prop_assert_eq!((&found["a"], &found["b"]), (&first, &second));
    }
}
