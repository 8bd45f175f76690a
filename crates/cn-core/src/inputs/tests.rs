use super::word::{Word, parse_tag_word, parse_word};
use super::*;

fn pairs_of(path: &str, text: &str) -> String {
    match parse_parameters(&Source::new(path, text)) {
        Ok(inputs) => inputs
            .parameters
            .iter()
            .map(|item| format!("{}={}", item.key, item.value))
            .collect::<Vec<_>>()
            .join(" "),
        Err(findings) => findings
            .iter()
            .map(|finding| finding.message.clone())
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[test]
fn every_form_of_overrides_is_read() {
    for (path, text) in [
        ("<command line>", r#"["A=1=2", "B="]"#),
        (
            "p.json",
            r#"[{"ParameterKey":"A","ParameterValue":"1=2"},{"ParameterKey":"B","ParameterValue":""}]"#,
        ),
        (
            "p.json",
            r#"{"Parameters":{"A":"1=2","B":""},"Tags":{"t":"v"}}"#,
        ),
        ("p.json", r#"{"A":"1=2","B":""}"#),
        ("p.yaml", "A: 1=2\nB: ''\n"),
        ("p.yml", "Parameters:\n  - A=1=2\n  - B=\n"),
        ("p.toml", "A = '1=2'\nB = ''\n"),
        ("p.toml", "[Parameters]\nA = '1=2'\nB = ''\n"),
        ("prod.env", "# 注释\nexport A=1=2\nB=\"\"\n"),
        (".env", "A='1=2'\r\n\r\nB=\r\n"),
    ] {
        assert_eq!(pairs_of(path, text), "A=1=2 B=", "{path}: {text}");
    }
}

#[test]
fn words_split_at_the_first_equals_sign() {
    let pair = |key: &str, value: &str| Ok(Word::Pair(key.into(), value.into()));
    assert!(parse_word("A=b c,d=e") == pair("A", "b c,d=e"));
    assert!(parse_word("A=") == pair("A", ""));
    assert!(parse_word("ParameterKey=A,ParameterValue=1,2") == pair("A", "1,2"));
    assert!(parse_word("file://a/b.json") == Ok(Word::File("a/b.json".into())));
    for (bad, error) in [
        ("foo", WordError::Pair),
        ("=x", WordError::Pair),
        ("", WordError::Pair),
        ("Environment:dev", WordError::Colon),
        ("./p.yaml", WordError::Path),
        ("p.json", WordError::Path),
        ("ParameterKey=A,UsePreviousValue=true", WordError::Members),
    ] {
        assert!(parse_word(bad) == Err(error), "{bad}");
        assert!(bad.is_empty() || !error.to_string().contains(bad), "{bad}");
    }
}

#[test]
fn the_shorthand_of_the_aws_cli_is_a_pair() {
    let pair = |key: &str, value: &str| Ok(Word::Pair(key.into(), value.into()));
    assert!(parse_tag_word("Key=Project,Value=shop") == pair("Project", "shop"));
    assert!(parse_tag_word("Key=a b,Value=x=1,y=2") == pair("a b", "x=1,y=2"));
    assert!(parse_tag_word("Key=Project") == pair("Key", "Project"));
    assert!(parse_tag_word("Key=a,b") == pair("Key", "a,b"));
    assert!(parse_word("Key=a,Value=b") == pair("Key", "a,Value=b"));
    assert!(parse_word("ParameterKey=A") == pair("ParameterKey", "A"));
}

#[test]
fn a_file_that_cannot_be_read_shows_nothing_but_a_place() {
    for (path, text, expected) in [
        ("p.json", "{\"Pw\": \"HUNTER2\" oops}", "p.json:1:"),
        ("p.yaml", "A: 1\nPw: \"HUNTER2\n", "p.yaml:"),
        ("p.yaml", "Pw: *HUNTER2\n", "p.yaml:"),
        ("p.yaml", "Pw: HUNTER2\n  x: [HUNTER2\n", "p.yaml:"),
        ("p.ini", "[HUNTER2]\nPw=HUNTER2\n", "p.ini:2:1"),
        ("p.yaml", "HUNTER2", "p.yaml"),
        ("p.toml", "Pw = 'HUNTER2\n", "p.toml:1"),
        (
            "CN_PARAMETER_OVERRIDES",
            "{\"Pw\": HUNTER2: x}",
            "CN_PARAMETER_OVERRIDES:1:",
        ),
        ("p.yaml", "Pw: HUNTER2\n---\nPw: HUNTER2\n", "p.yaml"),
    ] {
        let findings = parse_parameters(&Source::new(path, text)).unwrap_err();
        let said = format!("{findings:?}");
        assert!(!said.contains("HUNTER2"), "{path}: {said}");
        assert!(findings[0].message.contains(expected), "{path}: {said}");
        assert!(findings.iter().all(|finding| finding.location.is_none()));
    }
}

#[test]
fn an_empty_file_and_a_foreign_form_are_named() {
    for text in ["", " \n", "\u{feff}"] {
        assert_eq!(
            pairs_of("p.yaml", text),
            "cannot read the parameters in `p.yaml`: it is empty"
        );
    }
    let findings = parse_parameters(&Source::new("x.ini", "A=1\nB=2\n")).unwrap_err();
    let help = findings[0].help.as_deref().unwrap();
    assert!(help.contains("`.env`") && help.contains("rename"), "{help}");
}

#[test]
fn values_keep_their_spelling() {
    assert_eq!(
        pairs_of(
            "p.yaml",
            "Account: 012345678901\nVersion: 1.10\nOn: True\nOff: false\nNo: 'True'\nList: [a, [1, b]]\n"
        ),
        "Account=012345678901 Version=1.10 On=true Off=false No=True List=a,1,b"
    );
    assert_eq!(
        pairs_of("p.toml", "V = 1.10\nN = 7\nOn = true\nList = ['a', 2]\n"),
        "V=1.10 N=7 On=true List=a,2"
    );
    assert_eq!(
        pairs_of("p.json", r#"{"N": 1e3, "B": true, "L": ["x", 2]}"#),
        "N=1e3 B=true L=x,2"
    );
}

#[test]
fn a_third_member_is_refused() {
    assert_eq!(
        pairs_of(
            "p.json",
            r#"[{"ParameterKey":"A","ParameterValue":"1","UsePreviousValue":false}]"#
        ),
        "an entry is not understood, `UsePreviousValue` is not used here: p.json:1"
    );
}

#[test]
fn what_cannot_be_a_value_is_named_with_its_place() {
    assert_eq!(
        pairs_of("p.yaml", "A:\nB: {c: d}\n"),
        "`A` has no usable value, nothing is written: p.yaml:1; `B` has no usable value, it is not \
         a string, number, boolean or list: p.yaml:2"
    );
    assert_eq!(
        pairs_of("p.json", r#"["foo"]"#),
        "an entry is not understood, it is not of the form KEY=VALUE: p.json:1"
    );
    assert_eq!(
        pairs_of("p.json", r#""foo""#),
        "cannot read the parameters in `p.json`: it is a single value, neither a mapping nor a list"
    );
    assert!(pairs_of("p.toml", "A = ").starts_with("p.toml:1 is not TOML: "));
    assert!(!pairs_of("p.json", "{").is_empty());
}

#[test]
fn a_key_that_occurs_twice_is_named_with_both_lines() {
    let of_mapping =
        |path: &str| format!("key `A` occurs 2 times in one mapping, on lines 1 and 3: {path}");
    for (path, text, expected) in [
        ("p.yaml", "A: 1\nB: 2\nA: 1\n", of_mapping("p.yaml")),
        (
            "p.json",
            "{\"A\": 1,\n\"B\": 2,\n\"A\": 3}",
            of_mapping("p.json"),
        ),
        (
            "p.json",
            "[{\"ParameterKey\": \"A\", \"ParameterValue\": \"1\"},\n{\"ParameterKey\": \"A\", \"ParameterValue\": \"2\"}]",
            "`A` occurs on lines 1 and 2: p.json".to_owned(),
        ),
        (
            "p.json",
            "[{\"ParameterKey\": \"A\",\n\"ParameterValue\": \"1\",\n\"ParameterKey\": \"B\"}]",
            "key `ParameterKey` occurs 2 times in one mapping, on lines 1 and 3: p.json".to_owned(),
        ),
        (
            "p.json",
            "{\"Parameters\": {\"A\": 1},\n\"Parameters\": {\"B\": 2}}",
            "key `Parameters` occurs 2 times in one mapping, on lines 1 and 2: p.json".to_owned(),
        ),
        (
            "p.env",
            "A=1\n# A=2\nexport A=3\n",
            "`A` occurs on lines 1 and 3: p.env".to_owned(),
        ),
    ] {
        assert_eq!(pairs_of(path, text), expected, "{text}");
    }
    assert!(pairs_of("p.toml", "A = 1\nA = 2\n").contains("duplicate key"));
    let tags = parse_tags(&Source::new("t.json", "{\"a\": \"HUNTER2\", \"a\": \"c\"}"));
    let said = format!("{tags:?}");
    assert!(
        said.contains("key `a` occurs 2 times") && !said.contains("HUNTER2"),
        "{said}"
    );
}

#[test]
fn a_section_that_is_ignored_is_a_warning() {
    let text = "{\"Parameters\": {\"A\": \"1\"}, \"Tag\": {\"a\": \"b\"}}";
    let inputs = parse_parameters(&Source::new("p.json", text)).unwrap();
    let [warning] = &inputs.warnings[..] else {
        panic!("{inputs:?}");
    };
    assert!(
        warning.message.starts_with("section `Tag` is ignored"),
        "{}",
        warning.message
    );
}

#[test]
fn a_pipeline_configuration_brings_tags_and_policy() {
    let text = r#"{"Parameters": {"A": "1"}, "Tags": {"team": "订单"}, "StackPolicy": {"Statement": [{"Effect": "Allow"}]}}"#;
    let inputs = parse_parameters(&Source::new("config.json", text)).unwrap();
    assert_eq!(inputs.tags.unwrap()[0].value, "订单");
    assert_eq!(
        inputs.stack_policy.unwrap(),
        r#"{"Statement":[{"Effect":"Allow"}]}"#
    );
}

#[test]
fn tags_are_read_in_every_form() {
    for (path, text) in [
        ("t.json", r#"{"a":"b","c d":"e f"}"#),
        (
            "t.json",
            r#"[{"Key":"a","Value":"b"},{"Key":"c d","Value":"e f"}]"#,
        ),
        ("t.yaml", "Tags:\n  a: b\n  c d: e f\n"),
        ("t.yaml", "- a=b\n- c d=e f\n"),
    ] {
        let tags = parse_tags(&Source::new(path, text)).unwrap();
        let said: Vec<_> = tags
            .iter()
            .map(|it| format!("{}={}", it.key, it.value))
            .collect();
        assert_eq!(said, ["a=b", "c d=e f"], "{text}");
    }
    assert!(parse_word("a=b,c=d") == Ok(Word::Pair("a".into(), "b,c=d".into())));
}

#[test]
fn a_stack_policy_is_json_with_statements() {
    let read = |text: &str| match parse_stack_policy(&Source::new("policy.json", text)) {
        Ok(policy) => policy.as_str().to_owned(),
        Err(finding) => finding.message,
    };
    let good = r#"{"Statement": [{"Effect": "Allow"}]}"#;
    assert_eq!(read(good), good);
    assert_eq!(read(&format!("\u{feff}{good}")), good);
    assert_eq!(
        read(r#"{"Statement": []}"#),
        "the stack policy `policy.json` has no `Statement`"
    );
    assert!(read("Statement: []").starts_with("the stack policy `policy.json` is not JSON: "));
    let large = format!(r#"{{"Statement": [{{"Sid": "{}"}}]}}"#, "x".repeat(16_384));
    assert!(
        read(&large).ends_with("CloudFormation accepts at most 16384"),
        "size"
    );
}
