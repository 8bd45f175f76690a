//! Replaces a scalar or a part of it.

use std::ops::Range;

use super::node::{Node, Scalar, Style};
use crate::edit::Edit;
use crate::source::{Source, Span};

impl Node {
    /// Returns the edit that gives this node, including its tag, another value.
    ///
    /// * `value`: text in JSON syntax, which YAML reads the same way.
    pub fn replace_with(&self, value: &str) -> Edit {
        Edit::replace(self.span, value)
    }
}

/// A part of a scalar's value and its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The bytes of the value, not of the source.
    pub range: Range<usize>,
    /// The new text, unescaped.
    pub text: String,
}

/// Returns the edits that apply changes to a scalar's value.
///
/// Each changed part is located in the source, so that quoting, folding and indentation stay as
/// written. If a part is not written as it reads (it contains an escape or a folded line), or the
/// new text would have another meaning in that style, the whole scalar is rewritten in double
/// quotes.
///
/// * `changes`: must be in order and must not overlap.
pub fn change_scalar(
    source: &Source,
    span: Span,
    scalar: &Scalar,
    changes: &[Change],
) -> Vec<Edit> {
    let raw = source.slice(span);
    let value = changed(&scalar.value, changes);
    let means_itself = scalar.style != Style::Plain || is_plain_text(&value);
    let form = Form::of(raw, scalar.style);
    let aligned = Aligned::of(source, span, scalar);
    let spliced: Option<Vec<Edit>> = changes
        .iter()
        .map(|change| {
            let at = aligned.part(&change.range).filter(|_| means_itself)?;
            let is_verbatim = source.slice(at) == &scalar.value[change.range.clone()]
                && form.is_part_of_a_line(&scalar.value, &change.range);
            (is_verbatim && form.fits(&change.text)).then(|| Edit::replace(at, change.text.clone()))
        })
        .collect();
    spliced.unwrap_or_else(|| vec![Edit::replace(span, quoted(&value))])
}

/// A scalar aligned with the bytes of the source that contain it.
#[derive(Debug)]
pub struct Aligned<'s> {
    span: Span,
    value: &'s str,
    /// The offset of each byte of the value in the raw text; `None` if the alignment failed.
    offsets: Option<Vec<usize>>,
}

impl<'s> Aligned<'s> {
    /// Aligns a scalar with its raw text.
    ///
    /// Cost: one pass over both; afterwards every part is located in constant time.
    pub fn of(source: &Source, span: Span, scalar: &'s Scalar) -> Self {
        Self {
            span,
            value: &scalar.value,
            offsets: align(source.slice(span), scalar),
        }
    }

    /// Returns the bytes of the source that contain a part of the value.
    ///
    /// Returns the bytes of the whole scalar if the part cannot be located.
    pub fn locate(&self, range: &Range<usize>) -> Span {
        self.part(range).unwrap_or(self.span)
    }

    fn part(&self, range: &Range<usize>) -> Option<Span> {
        let at = raw_range(self.offsets.as_deref()?, self.value, range)?;
        let start = self.span.start;
        Some(Span::new(start + at.start, start + at.end))
    }
}

/// Quotes a text in double quotes, valid in YAML and in JSON.
pub fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    // JSON does not escape DEL, but YAML readers may refuse it.
    json.replace('\u{7f}', "\\u007f")
}

/// Returns a value after its changes.
pub(crate) fn changed(value: &str, changes: &[Change]) -> String {
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

/// The spelling of a scalar, as relevant for replacing parts of it.
struct Form {
    style: Style,
    /// True if the raw text has several lines.
    is_multiline: bool,
    /// True if the raw text contains a closing brace.
    has_brace: bool,
}

impl Form {
    fn of(raw: &str, style: Style) -> Self {
        Self {
            style,
            is_multiline: raw.contains(['\n', '\r']),
            has_brace: raw.contains('}'),
        }
    }

    /// Returns true if a part can be replaced without regard to the text around it.
    ///
    /// Line ends and doubled quotes are rarely written as they read. In blocks, empty lines have no
    /// indentation, and lines that are indented deeper than others are not folded.
    fn is_part_of_a_line(&self, value: &str, range: &Range<usize>) -> bool {
        let part = &value[range.clone()];
        if part.contains(['\n', '\'', '"', '\\']) {
            return false;
        }
        // A space may be a line end, and a space before that end may be dropped.
        if self.is_multiline && part.trim() != part {
            return false;
        }
        let (before, rest) = (&value[..range.start], &value[range.start..]);
        let begins_a_line = |before: &str| before.is_empty() || before.ends_with('\n');
        match self.style {
            // Folding counts empty lines: text on one of them changes how many there are.
            Style::Plain | Style::SingleQuoted | Style::DoubleQuoted => {
                !(self.is_multiline && before.ends_with('\n') && rest.starts_with('\n'))
            }
            Style::Literal => {
                !(begins_a_line(before) && (rest.is_empty() || rest.starts_with('\n')))
            }
            Style::Folded => {
                !begins_a_line(before.trim_end_matches(' '))
                    || !rest.starts_with(['\n', ' ']) && !rest.is_empty()
            }
        }
    }

    /// Returns true if a text keeps its meaning in place of a part of the scalar.
    fn fits(&self, text: &str) -> bool {
        if text.contains(|character: char| {
            character.is_control() || "\u{2028}\u{2029}".contains(character)
        }) {
            return false;
        }
        // Folding drops spaces at the ends of lines, and turns an empty line into a line end.
        let is_in_line =
            matches!(self.style, Style::SingleQuoted | Style::DoubleQuoted) && !self.is_multiline;
        let has_edges = text.is_empty() || text.starts_with(' ') || text.ends_with(' ');
        if has_edges && !is_in_line {
            return false;
        }
        match self.style {
            Style::DoubleQuoted => !text.contains(['"', '\\']),
            Style::SingleQuoted => !text.contains('\''),
            Style::Literal | Style::Folded => true,
            Style::Plain => {
                // A plain scalar that contains a brace is not inside braces itself.
                let braces = if self.has_brace { "${}" } else { "" };
                let is_word = |character: char| {
                    character.is_ascii_alphanumeric()
                        || "-_./:".contains(character)
                        || braces.contains(character)
                };
                text.chars().all(is_word) && !text.ends_with(':')
            }
        }
    }
}

/// Returns true if a changed plain scalar can stay without quotes.
fn is_plain_text(text: &str) -> bool {
    let starts_well = |character: char| character.is_alphanumeric() || "$./_".contains(character);
    let is_null = matches!(text, "null" | "Null" | "NULL");
    text.starts_with(starts_well)
        && !is_null
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Returns the raw bytes of a part of the value, given the raw offset of each of its bytes.
fn raw_range(offsets: &[usize], value: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let start = *offsets.get(range.start)?;
    let end = match value[range.clone()].chars().next_back() {
        None => start,
        Some(last) => {
            let at = range.end - last.len_utf8();
            // The last character ends at the start of the next one, unless bytes were skipped.
            let written = offsets[at] + last.len_utf8();
            written.min(*offsets.get(range.end)?).max(start)
        }
    };
    Some(start..end)
}

/// Returns the raw offset of each byte of a scalar's value, and of the value's end.
///
/// `None` if the raw text does not read as the value, which means that this module misunderstands
/// the YAML: callers then treat the scalar as a whole.
fn align(raw: &str, scalar: &Scalar) -> Option<Vec<usize>> {
    let quotes = usize::from(matches!(
        scalar.style,
        Style::SingleQuoted | Style::DoubleQuoted
    ));
    let end = raw.len().saturating_sub(quotes);
    if raw.get(quotes..end) == Some(&scalar.value) {
        return Some((quotes..=end).collect());
    }
    let mut aligner = Aligner {
        raw,
        value: &scalar.value,
        at: 0,
        offsets: Vec::with_capacity(scalar.value.len() + 1),
    };
    let is_aligned = match scalar.style {
        Style::Plain => aligner.flow(None),
        Style::SingleQuoted | Style::DoubleQuoted => {
            aligner.at = 1;
            aligner.flow(raw.chars().next())
        }
        Style::Literal => aligner.literal(),
        Style::Folded => aligner.folded(),
    };
    is_aligned.then_some(aligner.offsets)
}

/// Reads raw text and value side by side.
struct Aligner<'a> {
    raw: &'a str,
    value: &'a str,
    at: usize,
    offsets: Vec<usize>,
}

impl Aligner<'_> {
    /// Returns the next character of the value.
    fn expected(&self) -> Option<char> {
        self.value[self.offsets.len()..].chars().next()
    }

    /// Consumes one character of the value, written in the next `length` bytes.
    fn take(&mut self, character: char, length: usize) {
        for byte in 0..character.len_utf8() {
            self.offsets
                .push(self.at + byte.min(length.saturating_sub(1)));
        }
        self.at += length;
    }

    fn ends_at(&mut self, end: usize) -> bool {
        self.offsets.push(end);
        self.offsets.len() == self.value.len() + 1
    }

    /// Aligns a plain or quoted scalar.
    fn flow(&mut self, quote: Option<char>) -> bool {
        let end = self.raw.len() - quote.map_or(0, char::len_utf8);
        // No spaces before this offset end a line: a long run of spaces is scanned only once.
        let mut within_line = 0;
        while let Some(expected) = self.expected() {
            let rest = &self.raw[self.at..end.max(self.at)];
            if self.at >= within_line {
                let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                if rest[spaces..].starts_with(['\n', '\r']) {
                    if !self.fold(spaces, usize::MAX) {
                        return false;
                    }
                    continue;
                }
                within_line = self.at + spaces;
            }
            let Some(written) = rest.chars().next() else {
                return false;
            };
            let length = match (quote, written) {
                (Some('"'), '\\') => match self.escape(expected) {
                    Some(length) => length,
                    None => return false,
                },
                (Some('\''), '\'') => 2,
                _ if written == expected => written.len_utf8(),
                _ => return false,
            };
            if length == 0 {
                continue;
            }
            self.take(expected, length);
        }
        self.ends_at(end)
    }

    /// Returns the length of an escape for `expected`; 0 after skipping an escaped line end.
    fn escape(&mut self, expected: char) -> Option<usize> {
        let rest = &self.raw[self.at + 1..];
        let digits = match rest.chars().next()? {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '\n' | '\r' => {
                let skipped = rest.len() - rest.trim_start().len();
                self.at += 1 + skipped;
                return Some(0);
            }
            other => return Some(1 + other.len_utf8()),
        };
        let code = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
        let is_half = (0xd800..0xdc00).contains(&code);
        (is_half || char::from_u32(code) == Some(expected))
            .then_some((2 + digits) * if is_half { 2 } else { 1 })
    }

    /// Consumes line ends, up to `indent` spaces after each, and the characters that replace them.
    fn fold(&mut self, spaces: usize, indent: usize) -> bool {
        let start = self.at;
        let bytes = self.raw.as_bytes();
        let mut at = self.at + spaces;
        let mut lines = 0;
        loop {
            if bytes.get(at) == Some(&b'\r') {
                at += 1;
            }
            if bytes.get(at) != Some(&b'\n') {
                break;
            }
            at += 1;
            lines += 1;
            let is_indent =
                |byte: &&u8| **byte == b' ' || (indent == usize::MAX && **byte == b'\t');
            at += bytes[at..]
                .iter()
                .take(indent)
                .take_while(is_indent)
                .count();
        }
        let mut taken = 0;
        while taken < lines.max(1) && matches!(self.expected(), Some('\n' | ' ')) {
            let is_space = self.expected() == Some(' ');
            self.offsets.push(start);
            taken += 1;
            if is_space {
                break;
            }
        }
        self.at = at;
        lines > 0
    }

    /// Skips the header of a block; returns the indentation of its lines.
    fn block(&mut self) -> Option<usize> {
        self.at = self.raw.find('\n')? + 1;
        let first = self.raw[self.at..]
            .lines()
            .find(|line| !line.trim().is_empty())?;
        let value = self.value.lines().find(|line| !line.trim().is_empty())?;
        let lead = |line: &str| line.len() - line.trim_start_matches(' ').len();
        lead(first).checked_sub(lead(value))
    }

    /// Skips at most `indent` spaces.
    fn skip_indent(&mut self, indent: usize) {
        let bytes = &self.raw.as_bytes()[self.at..];
        self.at += bytes
            .iter()
            .take(indent)
            .take_while(|byte| **byte == b' ')
            .count();
    }

    fn literal(&mut self) -> bool {
        let Some(indent) = self.block() else {
            return false;
        };
        self.skip_indent(indent);
        while let Some(expected) = self.expected() {
            if self.at == self.raw.len() && expected == '\n' {
                self.offsets.push(self.at);
                continue;
            }
            let rest = &self.raw[self.at..];
            if expected == '\n' && rest.starts_with("\r\n") {
                self.take('\n', 2);
            } else if rest.starts_with(expected) {
                self.take(expected, expected.len_utf8());
            } else {
                return false;
            }
            if expected == '\n' {
                self.skip_indent(indent);
            }
        }
        self.ends_at(self.raw.len())
    }

    fn folded(&mut self) -> bool {
        let Some(indent) = self.block() else {
            return false;
        };
        self.skip_indent(indent);
        while let Some(expected) = self.expected() {
            if self.at == self.raw.len() && expected == '\n' {
                self.offsets.push(self.at);
                continue;
            }
            let rest = &self.raw[self.at..];
            if rest.starts_with(['\n', '\r']) {
                if !self.fold(0, indent) {
                    return false;
                }
                continue;
            }
            if !rest.starts_with(expected) {
                return false;
            }
            self.take(expected, expected.len_utf8());
        }
        self.ends_at(self.raw.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Kind, Template};

    /// Replaces the first `aws` in the value of `k` with `aws-cn`.
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
    fn text_between_folded_line_ends_stands_where_it_was_put() {
        for text in ["a\n\n\n\nb", "'a\n\n\n\nb'", "\"a\n\n\n\nb\""] {
            let source = Source::new("t.yaml", text);
            let parsed = Template::parse_document(&source).template.unwrap();
            let Kind::Scalar(scalar) = &parsed.root().kind else {
                panic!("{text}");
            };
            for at in 0..=scalar.value.len() {
                let change = Change {
                    range: at..at,
                    text: "x".to_owned(),
                };
                let edits = change_scalar(&source, parsed.root().span, scalar, &[change]);
                let edited = Source::new("t.yaml", crate::edit::apply(text, &edits));
                let mut expected = scalar.value.clone();
                expected.insert(at, 'x');
                let read = Template::parse_document(&edited).template.unwrap();
                assert_eq!(read.root().as_str(), Some(expected.as_str()), "{text} {at}");
            }
        }
    }

    #[test]
    fn finds_a_part_again_in_every_style() {
        for text in [
            "k: a aws\n  b",
            "k: 'it''s\n\n   aws x'",
            "k: \"\\u4e2d\\t\\x41 aws \\\n   x\"",
            "k: \"\\ud83d\\ude00aws\"",
            "k: |2 # aws\n  \n   x\n  aws\n\nl: 1",
            "k: |2+\r\n   x\r\n  aws\r\n\r\nl: 1",
            "k: >- # aws\n  a\n  b\n\n\n   c\n  aws\n",
            "k: >\n  - \"x\n    y aws\"\n  z\n",
            "{\"k\": \"\\/aws\"}",
        ] {
            let source = Source::new("t.yaml", text);
            let parsed = Template::parse_document(&source);
            let template = parsed
                .template
                .unwrap_or_else(|| panic!("{text}: {:?}", parsed.findings));
            let node = template.root().get("k").unwrap();
            let Kind::Scalar(scalar) = &node.kind else {
                panic!("not a scalar")
            };
            let at = scalar.value.find("aws").unwrap();
            let span = Aligned::of(&source, node.span, scalar).locate(&(at..at + 3));
            assert_eq!(source.slice(span), "aws", "{text}");
            assert_eq!(span.start, text.rfind("aws").unwrap(), "{text}");
        }
    }

    #[test]
    fn writes_a_scalar_anew_when_the_part_is_escaped() {
        check("k: \"arn:\\x61ws:x\"", "k: \"arn:aws-cn:x\"");
    }

    /// Replaces a part of the value of `k` with `text`, and reads the result back.
    fn check_read_back(source: &str, range: Range<usize>, text: &str) {
        let read = |text: &str| {
            let source = Source::new("t.yaml", text);
            let parsed = Template::parse_document(&source);
            let template = parsed
                .template
                .unwrap_or_else(|| panic!("{text}: {:?}", parsed.findings));
            let node = template.root().get("k");
            let node = node.unwrap_or_else(|| panic!("no key in {text:?}"));
            (source, node.clone())
        };
        let (text_before, node) = read(source);
        let Kind::Scalar(scalar) = &node.kind else {
            panic!("not a scalar")
        };
        let mut expected = scalar.value.clone();
        expected.replace_range(range.clone(), text);
        let change = Change {
            range,
            text: text.to_owned(),
        };
        let edits = change_scalar(&text_before, node.span, scalar, &[change]);
        let after = crate::edit::apply(source, &edits);
        assert_eq!(read(&after).1.as_str(), Some(expected.as_str()), "{after}");
    }

    #[test]
    fn a_change_that_would_read_otherwise_is_quoted() {
        for (source, range, text) in [
            ("k: a b", 0..1, ""),
            ("k: a b", 2..3, ""),
            ("k: a:b c", 2..3, ""),
            ("k: ab", 0..2, "null"),
            ("k: ab", 0..1, "-"),
            ("k: a\n  b\n  c", 2..3, ""),
            ("k: ab \n  c", 1..3, "x"),
            ("k: ''''''", 0..1, "x"),
            ("k: \"\\\\\\\\\"", 0..1, "x"),
            ("k: \"a\n  b\"", 2..3, " x"),
            ("k: |\n  a\n\n  b\n", 2..2, "x"),
            ("k: |\n  a", 2..2, "x"),
            ("k: >\n  a\n    b\n", 2..4, "x"),
            ("k: >\n  a b\n\n  c\n", 2..4, "x"),
        ] {
            check_read_back(source, range, text);
        }
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
