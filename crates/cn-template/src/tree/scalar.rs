//! Replacing a part of a scalar, or all of it.

use std::ops::Range;

use super::node::{Node, Scalar};
use crate::edit::Edit;
use crate::source::{Source, Span};

impl Node {
    /// The edit that gives this node, its tag included, another value.
    ///
    /// * `value`: text in the JSON way of writing, which YAML reads alike.
    pub fn replace_with(&self, value: &str) -> Edit {
        Edit::replace(self.span, value)
    }
}

/// A part of a scalar's value and what comes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Bytes of the value, not of the source.
    pub range: Range<usize>,
    /// The new text, unescaped.
    pub text: String,
}

/// The edits that make the changes to a scalar's value.
///
/// Each changed part is found again in the source, so that quoting, folding
/// and indentation stay as written. Where a part is not written as it reads
/// (it holds an escape or a folded line) the whole scalar is written anew in
/// double quotes.
///
/// * `changes`: must be ordered and must not overlap.
pub fn change_scalar(
    source: &Source,
    span: Span,
    scalar: &Scalar,
    changes: &[Change],
) -> Vec<Edit> {
    let raw = source.slice(span);
    let spliced: Option<Vec<Edit>> = changes
        .iter()
        .map(|change| {
            if !is_plain_everywhere(&change.text) {
                return None;
            }
            let old = &scalar.value[change.range.clone()];
            let mut in_value = occurrences(&scalar.value, old);
            let nth = in_value.position(|at| at == change.range.start)?;
            let total = nth + 1 + in_value.count();
            let mut in_raw = occurrences(raw, old);
            let at = in_raw.nth(nth)?;
            let found = nth + 1 + in_raw.count();
            (found == total).then(|| {
                let start = span.start + at;
                Edit::replace(Span::new(start, start + old.len()), change.text.clone())
            })
        })
        .collect();
    spliced.unwrap_or_else(|| {
        vec![Edit::replace(
            span,
            quoted(&changed(&scalar.value, changes)),
        )]
    })
}

/// A text in double quotes, valid in YAML and in JSON.
pub fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    // JSON leaves DEL as it is; YAML readers may refuse it.
    json.replace('\u{7f}', "\\u007f")
}

fn changed(value: &str, changes: &[Change]) -> String {
    let edits: Vec<Edit> = changes
        .iter()
        .map(|change| {
            Edit::replace(
                Span::new(change.range.start, change.range.end),
                change.text.clone(),
            )
        })
        .collect();
    crate::edit::apply(value, &edits)
}

/// Whether a text means itself in every scalar style, in blocks and in braces.
fn is_plain_everywhere(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    text.bytes().all(is_word) && !text.ends_with(':')
}

/// Where `needle` starts in `text`, overlapping occurrences included.
fn occurrences<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        if needle.is_empty() {
            return None;
        }
        let at = from + text.get(from..)?.find(needle)?;
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Kind, Template};

    /// Replaces the first `aws` of the value under `k` by `aws-cn`.
    fn check(text: &str, expected: &str) {
        let source = Source::new("t.yaml", text);
        let template = Template::parse_document(&source).template.unwrap();
        let node = template.root().get("k").unwrap();
        let Kind::Scalar(scalar) = &node.kind else {
            panic!("not a scalar")
        };
        let at = scalar.value.find("aws").unwrap();
        let change = Change {
            range: at..at + 3,
            text: "aws-cn".to_owned(),
        };
        let edits = change_scalar(&source, node.span, scalar, &[change]);
        assert_eq!(crate::edit::apply(text, &edits), expected);
    }

    #[test]
    fn keeps_the_style_of_every_scalar() {
        check("k: arn:aws:x # aws", "k: arn:aws-cn:x # aws");
        check("k: 'it''s arn:aws:x'", "k: 'it''s arn:aws-cn:x'");
        check("k: \"a\\tarn:aws:x\"", "k: \"a\\tarn:aws-cn:x\"");
        check(
            "k: |\r\n  一\r\n  arn:aws:x\r\nl: 1",
            "k: |\r\n  一\r\n  arn:aws-cn:x\r\nl: 1",
        );
        check("k: >-\n  a\n  arn:aws:x\n", "k: >-\n  a\n  arn:aws-cn:x\n");
        check("{\"k\":\t\"arn:aws:x\"}", "{\"k\":\t\"arn:aws-cn:x\"}");
    }

    #[test]
    fn writes_a_scalar_anew_when_the_part_is_escaped() {
        check("k: \"arn:\\x61ws:x\"", "k: \"arn:aws-cn:x\"");
    }

    #[test]
    fn quoted_text_reads_back_in_both_languages() {
        let text = "a\"\\\n\u{1}\u{7f}中😀";
        let quoted = quoted(text);
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        let source = Source::new("t.yaml", format!("k: {quoted}"));
        let template = Template::parse_document(&source).template.unwrap();
        assert_eq!(template.root().get("k").unwrap().as_str(), Some(text));
    }
}
