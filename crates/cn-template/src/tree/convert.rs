//! Converts a template to JSON, or to ASCII only.
//!
//! This is the only module that writes a new template, and only on request. The result has the same
//! meaning, but keeps nothing else of the original text.

use std::fmt::Write as _;

use super::call::Function;
use super::node::{Kind, Node, Scalar, Style};
use super::scalar::quoted;
use super::{Format, Template};
use crate::edit::Edit;

impl Template {
    /// Returns the template as JSON: short tags become long functions, and comments are dropped.
    ///
    /// Dates, numbers with leading zeros and other scalars that YAML readers disagree on become
    /// strings.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(self.source().text().len() * 2);
        json(self.root(), 0, &mut out);
        out.push('\n');
        out
    }

    /// Returns the edits that write every character outside ASCII as an escape.
    ///
    /// Comments stay as they are: no service ever shows them.
    pub fn ascii_edits(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        ascii(self, self.root(), &mut edits);
        edits
    }
}

fn json(node: &Node, depth: usize, out: &mut String) {
    match &node.kind {
        Kind::Scalar(scalar) => out.push_str(&json_scalar(scalar)),
        Kind::Sequence(items) => members(items, ['[', ']'], depth, out, |item, out| {
            json(item, depth + 1, out);
        }),
        Kind::Mapping(mapping) => {
            members(&mapping.entries, ['{', '}'], depth, out, |entry, out| {
                let key = entry.key.untagged().as_str().unwrap_or_default();
                out.push_str(&quoted(key));
                out.push_str(": ");
                json(&entry.value, depth + 1, out);
            });
        }
        Kind::Tagged(tagged) => match Function::from_tag(&tagged.tag) {
            Some(function) => members(&[()], ['{', '}'], depth, out, |(), out| {
                out.push_str(&quoted(&long_name(function)));
                out.push_str(": ");
                match (
                    function,
                    tagged.value.as_str().and_then(|text| text.split_once('.')),
                ) {
                    (Function::GetAtt, Some((resource, attribute))) => {
                        members(
                            &[resource, attribute],
                            ['[', ']'],
                            depth + 1,
                            out,
                            |part, out| {
                                out.push_str(&quoted(part));
                            },
                        );
                    }
                    _ => json(&tagged.value, depth + 1, out),
                }
            }),
            None => match (tagged.tag.as_str(), tagged.value.as_str()) {
                ("!!str", Some(text)) => out.push_str(&quoted(text)),
                _ => json(&tagged.value, depth, out),
            },
        },
    }
}

fn long_name(function: Function<'_>) -> String {
    let bare = match function {
        Function::Ref => return "Ref".to_owned(),
        Function::Condition => return "Condition".to_owned(),
        Function::Sub => "Sub",
        Function::Join => "Join",
        Function::GetAtt => "GetAtt",
        Function::If => "If",
        Function::FindInMap => "FindInMap",
        Function::Transform => "Transform",
        Function::Other(name) => name,
    };
    format!("Fn::{bare}")
}

/// Writes the members of a list or mapping, each on its own line.
fn members<T>(
    members: &[T],
    [open, close]: [char; 2],
    depth: usize,
    out: &mut String,
    mut write: impl FnMut(&T, &mut String),
) {
    out.push(open);
    for (at, member) in members.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(depth + 1, out);
        write(member, out);
    }
    if !members.is_empty() {
        out.push('\n');
        indent(depth, out);
    }
    out.push(close);
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("    ");
    }
}

/// Formats a scalar the way CloudFormation reads it, as YAML 1.1.
fn json_scalar(scalar: &Scalar) -> String {
    let text = scalar.value.as_str();
    if scalar.style != Style::Plain {
        return quoted(text);
    }
    match text.to_ascii_lowercase().as_str() {
        "" | "~" | "null" => "null".to_owned(),
        "true" | "yes" | "on" => "true".to_owned(),
        "false" | "no" | "off" => "false".to_owned(),
        _ if is_number(text) => text.to_owned(),
        _ => quoted(text),
    }
}

/// Maximum number of digits that every JSON reader keeps: the precision of a 64-bit float.
const MOST_DIGITS: usize = 15;

/// Returns true if a text is the same number in JSON and in every YAML version.
///
/// Numbers with an exponent do not count.
fn is_number(text: &str) -> bool {
    if text.bytes().filter(u8::is_ascii_digit).count() > MOST_DIGITS {
        return false;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

fn ascii(template: &Template, node: &Node, edits: &mut Vec<Edit>) {
    match &node.kind {
        Kind::Scalar(scalar) => {
            if !template.source().slice(node.span).is_ascii() {
                edits.push(Edit::replace(
                    node.span,
                    escaped(&scalar.value, template.format()),
                ));
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| ascii(template, item, edits)),
        Kind::Mapping(mapping) => {
            for entry in &mapping.entries {
                ascii(template, &entry.key, edits);
                ascii(template, &entry.value, edits);
            }
        }
        Kind::Tagged(tagged) => ascii(template, &tagged.value, edits),
    }
}

/// Quotes a text in ASCII.
///
/// Characters above U+FFFF are two UTF-16 escapes in JSON, and one number in YAML.
fn escaped(text: &str, format: Format) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for character in quoted(text).chars() {
        let number = u32::from(character);
        if character.is_ascii() {
            out.push(character);
        } else if number > 0xFFFF && format == Format::Yaml {
            write!(out, "\\U{number:08X}").expect("writing to a text does not fail");
        } else {
            for half in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{half:04x}").expect("writing to a text does not fail");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::edit::apply;

    fn template(text: &str) -> Template {
        Template::parse_document(&Source::new("t", text))
            .template
            .unwrap()
    }

    fn json_of(text: &str) -> serde_json::Value {
        serde_json::from_str(&template(text).to_json()).unwrap()
    }

    #[test]
    fn dates_and_digits_stay_what_they_say() {
        let values = [
            ("2012-10-17", r#""2012-10-17""#),
            ("012345678901", r#""012345678901""#),
            ("0777", r#""0777""#),
            ("22:22", r#""22:22""#),
            ("'1e3'", r#""1e3""#),
            ("1e3", r#""1e3""#),
            ("\"yes\"", r#""yes""#),
            ("yes", "true"),
            ("OFF", "false"),
            ("-5", "-5"),
            ("0", "0"),
            ("123456789012345", "123456789012345"),
            ("1234567890123456789", r#""1234567890123456789""#),
            ("1.10", "1.10"),
            ("~", "null"),
            ("!!str 5", r#""5""#),
            ("中文", r#""中文""#),
        ];
        for (yaml, json) in values {
            assert_eq!(
                template(&format!("k: {yaml}")).to_json(),
                format!("{{\n    \"k\": {json}\n}}\n"),
                "{yaml}"
            );
        }
    }

    #[test]
    fn short_tags_become_long_functions() {
        assert_eq!(
            json_of(
                "a: !GetAtt A.Outputs.B\nb: !Sub [x, {y: !Ref z}]\nc: !Condition d\ne: !GetAtt [f, g]\nh: []\ni: {}"
            ),
            serde_json::json!({
                "a": {"Fn::GetAtt": ["A", "Outputs.B"]},
                "b": {"Fn::Sub": ["x", {"y": {"Ref": "z"}}]},
                "c": {"Condition": "d"},
                "e": {"Fn::GetAtt": ["f", "g"]},
                "h": [],
                "i": {},
            })
        );
    }

    #[test]
    fn escapes_read_back_as_the_same_text() {
        for text in [
            "中: '文'\nb: |\n  多\n  行 😀\n# 注释\nc: plain\nd: [é, \"a\\tü\"]\n",
            "{\"中\": \"文😀\", \"c\": \"plain\"}",
        ] {
            let before = template(text);
            let after = apply(text, &before.ascii_edits());
            let code: String = after
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect();
            assert!(code.is_ascii(), "{after}");
            assert_eq!(template(&after).to_json(), before.to_json(), "{after}");
        }
        let escaped = apply("k: 中", &template("k: 中").ascii_edits());
        assert_eq!(escaped, "k: \"\\u4e2d\"");
    }
}
