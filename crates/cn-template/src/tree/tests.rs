use std::fmt::Write as _;

use super::*;

fn parse(text: &str) -> Template {
    let parsed = Template::parse_document(&Source::new("t.yaml", text));
    parsed
        .template
        .unwrap_or_else(|| panic!("no tree: {:?}", parsed.findings))
}

fn codes(text: &str) -> Vec<&'static str> {
    Template::parse(&Source::new("t.yaml", text))
        .findings
        .iter()
        .map(|finding| finding.code.id)
        .collect()
}

/// Returns the bytes of the node at a path.
fn bytes<'a>(template: &'a Template, path: &[&str]) -> &'a str {
    template
        .source()
        .slice(template.root().at(path).unwrap().span)
}

#[test]
fn spans_cover_exactly_the_value() {
    let template = parse(
        "\u{feff}# 注释\na: plain text # c\nb: 'q''q'\nc: \"d\"\nd: !Sub x\ne:\n  - 1\n  - f: 2\nf: {g: [1, 2]}\nh:\ni: !Sub\n  - y\n  - {}\n",
    );
    for (key, expected) in [
        ("a", "plain text"),
        ("b", "'q''q'"),
        ("c", "\"d\""),
        ("d", "!Sub x"),
        ("e", "1\n  - f: 2"),
        ("f", "{g: [1, 2]}"),
        ("h", ""),
        ("i", "!Sub\n  - y\n  - {}"),
    ] {
        assert_eq!(bytes(&template, &[key]), expected, "{key}");
    }
}

#[test]
fn block_scalars_span_from_header_to_last_character() {
    let template =
        parse("a: |\n  one\n  two\n\nb: !Sub >-\n    x | y\n    z\nc: |2-\n   k\n# end\n");
    assert_eq!(bytes(&template, &["a"]), "|\n  one\n  two");
    assert_eq!(
        template.root().get("a").unwrap().as_str(),
        Some("one\ntwo\n")
    );
    assert_eq!(bytes(&template, &["b"]), "!Sub >-\n    x | y\n    z");
    assert_eq!(bytes(&template, &["c"]), "|2-\n   k");
}

#[test]
fn comments_before_a_block_scalar_are_no_part_of_it() {
    let template = parse(
        "a:\n  # one | two -> three\n  - | # four > five\n    x\n  -\n    # |\n    >-\n    y\n",
    );
    let items = template.root().get("a").unwrap().items();
    let slices: Vec<&str> = items
        .iter()
        .map(|item| template.source().slice(item.span))
        .collect();
    assert_eq!(slices, ["| # four > five\n    x", ">-\n    y"]);
}

#[test]
fn white_space_that_ends_no_line_is_content_of_a_block() {
    let template = parse("a: |\n  x\u{85}\nb: 1\n");
    assert_eq!(bytes(&template, &["a"]), "|\n  x\u{85}");
}

#[test]
fn json_with_tabs_and_long_keys_is_read() {
    let key = "k".repeat(5_000);
    let template = parse(&format!(
        "{{\t\"{key}\"\t:\t\"\\ud83d\\ude00\",\r\n\"b\":[1,2]}}"
    ));
    assert_eq!(template.root().get(&key).unwrap().as_str(), Some("😀"));
    assert_eq!(template.format(), Format::Json);
    assert_eq!(parse("{a: 1}").format(), Format::Yaml);
}

#[test]
fn both_forms_of_a_function_are_one_call() {
    let template = parse(
        "a: !Sub x\nb: {Fn::Sub: x}\nc: !GetAtt A.B\nd: {Ref: P}\ne: {Ref: P, X: y}\nf: !!str x\n",
    );
    let call = |key| {
        template
            .root()
            .get(key)
            .unwrap()
            .call()
            .map(|call| (call.function, call.argument.as_str()))
    };
    assert_eq!(call("a"), Some((Function::Sub, Some("x"))));
    assert_eq!(call("b"), Some((Function::Sub, Some("x"))));
    assert_eq!(call("c"), Some((Function::GetAtt, Some("A.B"))));
    assert_eq!(call("d"), Some((Function::Ref, Some("P"))));
    assert_eq!(call("e"), None);
    assert_eq!(call("f"), None);
}

#[test]
fn plain_scalars_are_not_interpreted() {
    let template = parse("a: 0123\nb: 1.10\nc: yes\nd: 2010-09-09\ne: 22:22\n");
    for (key, text) in [
        ("a", "0123"),
        ("b", "1.10"),
        ("c", "yes"),
        ("d", "2010-09-09"),
        ("e", "22:22"),
    ] {
        assert_eq!(template.root().get(key).unwrap().as_str(), Some(text));
    }
}

#[test]
fn bad_texts_are_findings() {
    assert_eq!(codes("a: [1"), ["CN001"]);
    assert_eq!(codes("a: b: c"), ["CN001"]);
    assert_eq!(codes(""), ["CN002"]);
    assert_eq!(codes("# nothing\n"), ["CN002"]);
    assert_eq!(codes("- a"), ["CN003"]);
    assert_eq!(codes("text"), ["CN003"]);
    assert_eq!(codes("Description: x"), ["CN004"]);
    assert_eq!(codes("Transform: AWS::Serverless-2016-10-31"), ["CN004"]);
    assert_eq!(codes("Transform: [AWS::LanguageExtensions, Mine]"), [""; 0]);
    assert_eq!(codes("Fn::Transform: {Name: AWS::Include}"), [""; 0]);
    assert_eq!(codes("Resources:"), ["CN004"]);
    assert_eq!(codes("Resources: {}"), ["CN004"]);
    assert_eq!(codes("Resources: [1]"), ["CN009"]);
    assert_eq!(codes("Resources: {A: {Type: T}}\n---\nb: 1\n"), ["CN005"]);
    assert_eq!(codes("Resources: {A: {Type: T}, A: {Type: U}}"), ["CN006"]);
    assert_eq!(codes("Resources: {A: *nowhere}"), ["CN001"]);
}

#[test]
fn resources_in_loops_are_resources() {
    let template = parse(
        "Resources:\n  A: {Type: T1}\n  Fn::ForEach::L:\n    - X\n    - [1, 2]\n    - B${X}: {Type: T2, Properties: }\n",
    );
    let found: Vec<_> = template
        .resources()
        .map(|resource| (resource.logical_id, resource.kind))
        .collect();
    assert_eq!(found, [("A", Some("T1")), ("B${X}", Some("T2"))]);
    assert!(template.resources().last().unwrap().properties().is_none());
}

#[test]
fn parameters_know_their_secrets() {
    let template =
        parse("Parameters: {P: {Type: String, NoEcho: true}, Q: {Type: Number, Default: 1}}\n");
    let found: Vec<_> = template
        .parameters()
        .map(|p| (p.name, p.kind, p.no_echo, p.default.is_some()))
        .collect();
    assert_eq!(
        found,
        [("P", "String", true, false), ("Q", "Number", false, true)]
    );
}

/// Checks that a text expands to the expected text.
fn check_expanded(text: &str, expected: &str) {
    let parsed = Template::parse_document(&Source::new("t.yaml", text));
    let codes: Vec<_> = parsed
        .findings
        .iter()
        .map(|finding| finding.code.id)
        .collect();
    assert_eq!(codes, ["CN007"], "{:?}", parsed.findings);
    assert_eq!(parsed.template.unwrap().source().text(), expected);
}

#[test]
fn aliases_are_written_out_where_they_occur() {
    check_expanded(
        "base: &b\n  - !Sub \"x\" # note\n  - 012\nuse: *b\nother: &c text\n",
        "base:\n  - !Sub \"x\" # note\n  - 012\nuse: [!Sub \"x\", 012]\nother: text\n",
    );
}

#[test]
fn merge_keys_are_written_out_and_own_keys_win() {
    check_expanded(
        "base: &b\n  a: 1\n  c: {d: yes}\nuse:\n  <<: *b\n  a: 2\nflow: {<<: *b, a: 3}\n",
        "base:\n  a: 1\n  c: {d: yes}\nuse:\n  c: {d: yes}\n  a: 2\nflow: {c: {d: yes}, a: 3}\n",
    );
    check_expanded(
        "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nuse:\n  <<: [*x, *y]\n  z: 0\n",
        "x: {a: 1, b: 1}\ny: {b: 2, c: 2}\nuse:\n  a: 1\n  b: 1\n  c: 2\n  z: 0\n",
    );
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let item = format!("*l{}", level - 1);
        let items = [item.as_str(); 10].join(", ");
        writeln!(text, "l{level}: &l{level} [{items}]").unwrap();
    }
    let parsed = Template::parse_document(&Source::new("t.yaml", text));
    assert_eq!(parsed.findings.last().unwrap().code.id, "CN008");
}

#[test]
fn an_alias_inside_its_own_value_is_refused() {
    for text in [
        "&a\n<<: *a\nb: 1\n",
        "a: &a [*a]",
        "a: &a {b: &b [*a]}\nc: *b\n",
    ] {
        assert!(
            codes(text).contains(&"CN008") || codes(text).contains(&"CN001"),
            "{text}"
        );
    }
}

#[test]
fn merges_of_merges_are_refused_though_they_add_nothing() {
    let mut text = "l0: &l0 {x: 1}\n".to_owned();
    for level in 1..30 {
        let item = format!("*l{}", level - 1);
        let items = [item.as_str(); 9].join(", ");
        writeln!(text, "l{level}: &l{level} {{<<: [{items}]}}").unwrap();
    }
    let parsed = Template::parse_document(&Source::new("t.yaml", text));
    let finding = parsed.findings.last().unwrap();
    assert_eq!(finding.code.id, "CN008");
    assert!(
        finding.label.contains("expand to more entries"),
        "{finding:?}"
    );
}

#[test]
fn a_text_that_is_no_template_may_begin_with_any_character() {
    assert_eq!(codes("中"), ["CN003"]);
}

#[test]
fn deep_nesting_is_a_finding_not_a_crash() {
    assert_eq!(codes(&"[".repeat(100_000)), ["CN001"]);
    assert_eq!(codes(&"- ".repeat(100_000)), ["CN001"]);
}

#[test]
fn a_key_that_stands_twice_is_told_with_every_line() {
    let message = |text: &str| {
        let parsed = Template::parse_document(&Source::new("t.yaml", text));
        parsed.findings[0].message.clone()
    };
    for (text, place) in [
        (
            "A: 1\nB: 2\nA: 3\n",
            "2 times in one mapping, on lines 1 and 3",
        ),
        (
            "A: 1\nA: 2\nA: 3\n",
            "3 times in one mapping, on lines 1, 2 and 3",
        ),
        (
            "{\"A\": 1, \"A\": 2, \"A\": 3}",
            "3 times in one mapping, on line 1",
        ),
    ] {
        assert_eq!(message(text), format!("key `A` occurs {place}"));
    }
}
