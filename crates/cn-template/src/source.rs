//! A text with its path and lines, and byte ranges in it.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

/// A range of bytes in a text; the end is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// Creates the range from `start` up to, but not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Returns the number of bytes.
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Returns true if the range contains no bytes.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns true if every byte of `other` lies in this range.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.start..span.end
    }
}

/// The position of a byte as people count: both numbers start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, not bytes, from 1.
    pub column: usize,
}

/// A text and the path it was read from.
///
/// Cloning is cheap: clones share the text, so every [`Diagnostic`](crate::Diagnostic) can carry
/// its source.
#[derive(Clone, Debug)]
pub struct Source(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: Utf8PathBuf,
    text: String,
    /// Byte offset at which each line starts.
    line_starts: Vec<usize>,
    /// Number of characters that begin before each block of bytes.
    characters: Vec<usize>,
    /// The author's text, if this text was derived from it.
    origin: Option<Origin>,
}

/// The text that a source was made from by replacing parts of it.
#[derive(Debug)]
struct Origin {
    source: Source,
    /// The replaced parts in order: the range of the new text, and the range that it replaced.
    replaced: Vec<(Span, Span)>,
}

impl Origin {
    /// Returns the byte of the origin that an offset corresponds to.
    ///
    /// * `is_end`: true for the end of a range, so that the range includes the replaced bytes.
    fn offset(&self, offset: usize, is_end: bool) -> usize {
        let is_before = |(at, _): &(Span, Span)| at.start < offset || at.start == offset && !is_end;
        let before = self.replaced.partition_point(is_before);
        match self.replaced[..before].last() {
            None => offset,
            Some((at, of)) if offset >= at.end => of.end + (offset - at.end),
            Some((_, of)) if is_end => of.end,
            Some((_, of)) => of.start,
        }
    }
}

/// Number of bytes between two entries of the character index.
const BLOCK_BYTES: usize = 256;

impl Source {
    /// Creates a source from a text and the path that messages show for it.
    ///
    /// The text is kept byte for byte, including a byte order mark and carriage returns.
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Self {
        Self::build(path.into(), text.into(), None)
    }

    /// Creates a text derived from this one, whose positions map back to this one.
    ///
    /// * `replaced`: in order, the range of each new part, and the range that it replaced.
    pub(crate) fn derived(&self, text: String, replaced: Vec<(Span, Span)>) -> Self {
        let origin = Origin {
            source: self.clone(),
            replaced,
        };
        Self::build(self.path().to_owned(), text, Some(origin))
    }

    fn build(path: Utf8PathBuf, text: String, origin: Option<Origin>) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let mut total = 0;
        let blocks = text.as_bytes().chunks(BLOCK_BYTES).map(|block| {
            total += beginning(block);
            total
        });
        let characters = std::iter::once(0).chain(blocks).collect();
        Self(Arc::new(Inner {
            path,
            text,
            line_starts,
            characters,
            origin,
        }))
    }

    /// Returns the path that messages show.
    pub fn path(&self) -> &Utf8Path {
        &self.0.path
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Returns the bytes of `span` as text.
    ///
    /// # Panics
    ///
    /// Panics if the span does not lie in this text on character boundaries: spans come from a
    /// parse of the same source.
    pub fn slice(&self, span: Span) -> &str {
        &self.0.text[Range::from(span)]
    }

    /// Returns the author's text, and the bytes of it that a range corresponds to.
    pub fn original(&self, span: Span) -> (&Self, Span) {
        match &self.0.origin {
            None => (self, span),
            Some(origin) => {
                let start = origin.offset(span.start, false);
                let end = origin.offset(span.end, true);
                (&origin.source, Span::new(start, end.max(start)))
            }
        }
    }

    /// Returns the line and column of a byte offset in the author's text.
    ///
    /// An offset past the end counts as the end.
    ///
    /// A byte order mark takes no column.
    ///
    /// Cost: logarithmic in the number of lines, however long they are.
    pub fn position(&self, offset: usize) -> Position {
        if let Some(origin) = &self.0.origin {
            return origin.source.position(origin.offset(offset, false));
        }
        let offset = offset.min(self.0.text.len());
        let line = self.line_of(offset);
        let start = self.0.line_starts[line].max(self.mark().min(offset));
        Position {
            line: line + 1,
            column: self.characters_before(offset) - self.characters_before(start) + 1,
        }
    }

    /// Returns the number of bytes of the byte order mark.
    fn mark(&self) -> usize {
        if self.0.text.starts_with('\u{feff}') {
            3
        } else {
            0
        }
    }

    /// Returns the index of the line that contains the byte offset.
    fn line_of(&self, offset: usize) -> usize {
        self.0.line_starts.partition_point(|start| *start <= offset) - 1
    }

    /// Returns the number of characters that begin before a byte offset.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.0.text.as_bytes();
        let block = offset / BLOCK_BYTES;
        self.0.characters[block] + beginning(&bytes[block * BLOCK_BYTES..offset])
    }

    /// Returns the span of the offset's line, without byte order mark and line ending.
    pub fn line_span(&self, offset: usize) -> Span {
        let line = self.line_of(offset);
        let start = self.0.line_starts[line];
        let next = self.0.line_starts.get(line + 1).copied();
        let start = start.max(self.mark());
        let text = &self.0.text[start..next.unwrap_or(self.0.text.len())];
        Span::new(start, start + text.trim_end_matches(['\n', '\r']).len())
    }

    /// Returns the line that contains the byte offset, without its line ending.
    pub fn line_at(&self, offset: usize) -> &str {
        self.slice(self.line_span(offset))
    }

    /// Returns the line ending of the first line.
    pub fn line_ending(&self) -> &'static str {
        let first = self.0.line_starts.get(1).copied().unwrap_or_default();
        if self.0.text[..first].ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// Returns a line ending and the spaces that indent the next line to the column of `offset`.
    pub fn line_break_at(&self, offset: usize) -> String {
        // YAML also ends a line at a carriage return alone.
        let before = self.0.text.get(self.mark()..offset).unwrap_or_default();
        let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
        format!("{}{}", self.line_ending(), " ".repeat(line.chars().count()))
    }
}

/// Returns the number of characters that begin in these bytes of a text.
fn beginning(bytes: &[u8]) -> usize {
    let is_first = |byte: &&u8| **byte & 0xc0 != 0x80;
    bytes.iter().filter(is_first).count()
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        // Most comparisons are between clones of one source.
        Arc::ptr_eq(&self.0, &other.0) || self.0.path == other.0.path && self.0.text == other.0.text
    }
}

impl Eq for Source {}

impl Hash for Source {
    /// Hashes the path and the length only: texts are long, and two texts rarely share a path.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.path.hash(state);
        self.0.text.len().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_not_bytes() {
        let source = Source::new("a.yaml", "键: 值\r\nb: c\n");
        let at = source.text().find('c').unwrap();
        assert_eq!(source.position(at), Position { line: 2, column: 4 });
        assert_eq!(
            source.position(source.text().find('值').unwrap()),
            Position { line: 1, column: 4 }
        );
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
        assert_eq!(source.line_at(0), "键: 值");
        let marked = Source::new("a.yaml", "\u{feff}a: b");
        assert_eq!(marked.position(3), Position { line: 1, column: 1 });
        assert_eq!(marked.position(6), Position { line: 1, column: 4 });
    }

    #[test]
    fn an_inserted_line_stands_under_the_one_that_it_is_beside() {
        for (text, expected) in [
            ("a:\n  b", "\n  "),
            ("a:\r\n  b", "\r\n  "),
            ("a:\r  b", "\n  "),
            ("\u{feff} b", "\n "),
        ] {
            let source = Source::new("a.yaml", text);
            assert_eq!(source.line_break_at(text.len() - 1), expected, "{text:?}");
        }
    }

    #[test]
    fn positions_are_right_at_every_byte_of_a_long_line() {
        let line = "a键😀".repeat(BLOCK_BYTES);
        let source = Source::new("a.yaml", format!("{line}\n{line}"));
        for (at, _) in source.text().char_indices() {
            let (line, start) = if at > line.len() {
                (2, line.len() + 1)
            } else {
                (1, 0)
            };
            let column = source.text()[start..at].chars().count() + 1;
            assert_eq!(source.position(at), Position { line, column });
        }
    }
}
