//! The values that all file formats share: texts, lists and mappings.

use cn_template::tree::code::DUPLICATE_KEY;
use cn_template::tree::{Kind, Node, Style, Template};
use cn_template::{Diagnostic, Source, Span};
use toml::de::{DeTable, DeValue};

use super::unreadable::{UNREADABLE, broken, no_form, place, repeated};

/// A value and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Null,
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Returns the value as a parameter accepts it: lists, even nested ones, joined by commas.
    pub(crate) fn joined(&self) -> Option<String> {
        match &self.shape {
            Shape::Text(text) => Some(text.clone()),
            Shape::List(items) => {
                let texts: Option<Vec<String>> = items.iter().map(Self::joined).collect();
                texts.map(|texts| texts.join(","))
            }
            Shape::Map(_) | Shape::Null => None,
        }
    }

    /// Returns the value as JSON, with scalars as texts.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.shape {
            Shape::Null => serde_json::Value::Null,
            Shape::Text(text) => text.clone().into(),
            Shape::List(items) => items.iter().map(Self::to_json).collect(),
            Shape::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect(),
        }
    }
}

/// Parses JSON and YAML. The spans refer to the returned source.
///
/// Findings contain only positions: the text may contain a secret.
pub(crate) fn of_yaml(source: &Source) -> Result<(Source, Value), Vec<Diagnostic>> {
    // YAML forbids the character DEL, and JSON allows it in its strings.
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(source.text()).is_ok();
    let escaped = (source.text().contains('\u{7f}') && is_json())
        .then(|| Source::new(source.path(), source.text().replace('\u{7f}', "\\u007f")));
    let source = escaped.as_ref().unwrap_or(source);
    let parsed = Template::parse_document(source);
    match parsed.template {
        Some(document) if !cn_template::diag::has_errors(&parsed.findings) => {
            let twice = parsed.findings.iter();
            let twice: Vec<Diagnostic> = twice
                .filter(|finding| finding.code == DUPLICATE_KEY)
                .map(|finding| repeated(source, &finding.message))
                .collect();
            if twice.is_empty() {
                Ok((document.source().clone(), of_node(document.root())))
            } else {
                Err(twice)
            }
        }
        _ if source
            .text()
            .trim_start_matches('\u{feff}')
            .trim()
            .is_empty() =>
        {
            Err(vec![no_form(source, "it is empty")])
        }
        _ => Err(vec![broken(source, &parsed.findings)]),
    }
}

fn of_node(node: &Node) -> Value {
    let shape = match &node.kind {
        Kind::Scalar(_) if node.is_null() => Shape::Null,
        Kind::Scalar(scalar) if scalar.style == Style::Plain => Shape::Text(plain(&scalar.value)),
        Kind::Scalar(scalar) => Shape::Text(scalar.value.clone()),
        Kind::Sequence(items) => Shape::List(items.iter().map(of_node).collect()),
        Kind::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            let named = entries.filter_map(|entry| {
                let key = entry.key.as_str()?.to_owned();
                Some((key, of_node(&entry.value)))
            });
            Shape::Map(named.collect())
        }
        Kind::Tagged(tagged) => of_node(&tagged.value).shape,
    };
    Value {
        span: node.span,
        shape,
    }
}

/// Returns an unquoted text, with booleans in lower case, as CloudFormation compares them.
fn plain(text: &str) -> String {
    match text {
        "True" | "TRUE" => "true".to_owned(),
        "False" | "FALSE" => "false".to_owned(),
        _ => text.to_owned(),
    }
}

pub(crate) fn of_toml(source: &Source) -> Result<Value, Vec<Diagnostic>> {
    match DeTable::parse(source.text()) {
        Ok(table) => {
            let span = Span::new(table.span().start, table.span().end);
            Ok(of_table(table.get_ref(), span))
        }
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let place = place(source, Span::new(start, start));
            let message = format!("{place} is not TOML: {}", error.message());
            Err(vec![Diagnostic::error(UNREADABLE, message)])
        }
    }
}

fn of_table(table: &DeTable<'_>, span: Span) -> Value {
    // A TOML table is sorted by key; the spans restore the order of the file.
    let mut entries: Vec<(String, Value)> = table
        .iter()
        .map(|(key, value)| {
            let at = Span::new(value.span().start, value.span().end);
            (
                key.get_ref().to_string(),
                of_toml_value(value.get_ref(), at),
            )
        })
        .collect();
    entries.sort_by_key(|(_, value)| value.span);
    Value {
        span,
        shape: Shape::Map(entries),
    }
}

fn of_toml_value(value: &DeValue<'_>, span: Span) -> Value {
    let shape = match value {
        DeValue::String(text) => Shape::Text(text.to_string()),
        DeValue::Integer(number) => Shape::Text(number.as_str().to_owned()),
        DeValue::Float(number) => Shape::Text(number.as_str().to_owned()),
        DeValue::Boolean(value) => Shape::Text(value.to_string()),
        DeValue::Datetime(moment) => Shape::Text(moment.to_string()),
        DeValue::Array(items) => Shape::List(
            items
                .iter()
                .map(|item| {
                    let at = Span::new(item.span().start, item.span().end);
                    of_toml_value(item.get_ref(), at)
                })
                .collect(),
        ),
        DeValue::Table(table) => return of_table(table, span),
    };
    Value { span, shape }
}

/// Parses lines of `KEY=VALUE`; skips empty lines and lines that start with `#`.
pub(crate) fn of_env(source: &Source) -> Value {
    let mut items = Vec::new();
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let span = Span::new(start, start + line.trim_end().len());
        start += line.len();
        let text = line.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let text = text.strip_prefix("export ").unwrap_or(text);
        items.push(Value {
            span,
            shape: Shape::Text(unquoted(text)),
        });
    }
    Value {
        span: Span::new(0, source.text().len()),
        shape: Shape::List(items),
    }
}

/// Parses `KEY=VALUE` like a shell.
///
/// Single-quoted text is literal, in double quotes `\\` and `\"` are one character, and ` #` begins
/// a comment.
///
/// A value without quotes, or with unterminated quotes, is literal.
fn unquoted(line: &str) -> String {
    let Some((key, value)) = line.split_once('=') else {
        return line.to_owned();
    };
    let is_quoted = value.starts_with(['"', '\'']);
    let plain = is_quoted.then(|| shell_word(value)).flatten();
    format!("{key}={}", plain.as_deref().unwrap_or(value))
}

/// Returns the word of adjacent quoted parts.
///
/// `None` if a quote is unterminated, or if anything but a comment follows.
fn shell_word(text: &str) -> Option<String> {
    let mut word = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => loop {
                match letters.next()? {
                    '\'' => break,
                    inner => word.push(inner),
                }
            },
            '"' => loop {
                match letters.next()? {
                    '"' => break,
                    '\\' => match letters.next()? {
                        escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                        other => word.extend(['\\', other]),
                    },
                    inner => word.push(inner),
                }
            },
            '\\' => word.push(letters.next()?),
            ' ' | '\t' => {
                let rest = letters.as_str().trim_start();
                return (rest.is_empty() || rest.starts_with('#')).then_some(word);
            }
            other => word.push(other),
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_allows_is_read_although_yaml_forbids_it() {
        let (_, value) = of_yaml(&Source::new("p.json", "{\"P\": \"a\u{7f}b\"}")).unwrap();
        let expected = serde_json::json!({"P": "a\u{7f}b"});
        assert_eq!(value.to_json(), expected);
        assert!(of_yaml(&Source::new("p.yaml", "P: a\u{7f}b")).is_err());
    }

    #[test]
    fn a_mark_at_the_start_of_an_env_file_is_no_part_of_a_key() {
        let value = of_env(&Source::new("p.env", "\u{feff}P=x\r\nQ=y\r\n"));
        assert_eq!(value.joined().as_deref(), Some("P=x,Q=y"));
    }

    #[test]
    fn values_of_env_files_are_read_as_a_shell_reads_them() {
        for (line, expected) in [
            (r"P='it'\''s 订单'", "P=it's 订单"),
            (r#"B="x" # c"#, "B=x"),
            (r#"Q="a\"b\\c\d""#, r#"Q=a"b\c\d"#),
            ("U=plain # kept", "U=plain # kept"),
            ("E=", "E="),
            ("O='open", "O='open"),
            (r#"M="a" b"#, r#"M="a" b"#),
        ] {
            assert_eq!(unquoted(line), expected, "{line}");
        }
    }
}
