//! A text with its path, its lines and byte ranges in it.

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

/// A range of bytes in a text, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Number of bytes.
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the range holds no byte.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether every byte of `other` lies in this range.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.start..span.end
    }
}

/// Where a byte stands for a person: both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, not bytes, from 1.
    pub column: usize,
}

/// A text and the path it was read from.
///
/// Cloning is cheap: the text is shared, so every [`Diagnostic`](crate::Diagnostic)
/// can carry the source it speaks of.
#[derive(Clone, Debug)]
pub struct Source(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: Utf8PathBuf,
    text: String,
    /// Byte offset at which each line starts.
    line_starts: Vec<usize>,
}

impl Source {
    /// Takes a text and the path that messages will show for it.
    ///
    /// The text is kept byte for byte: a byte order mark and carriage returns stay.
    pub fn new(path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, byte)| *byte == b'\n')
                    .map(|(at, _)| at + 1),
            )
            .collect();
        Self(Arc::new(Inner {
            path: path.into(),
            text,
            line_starts,
        }))
    }

    /// The path that messages show.
    pub fn path(&self) -> &Utf8Path {
        &self.0.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The bytes of `span` as text.
    ///
    /// # Panics
    ///
    /// When the span does not lie in this text on character boundaries: spans
    /// come from a parse of the same source.
    pub fn slice(&self, span: Span) -> &str {
        &self.0.text[Range::from(span)]
    }

    /// Line and column of a byte offset; an offset past the end counts as the end.
    ///
    /// Cost: logarithmic in lines, linear in the length of one line.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.0.text.len());
        let line = self.0.line_starts.partition_point(|start| *start <= offset) - 1;
        let start = self.0.line_starts[line];
        let before = self.0.text.get(start..offset).unwrap_or_default();
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
        }
    }

    /// The line, without its line ending, that holds the byte offset.
    pub fn line_at(&self, offset: usize) -> &str {
        let line = self.0.line_starts.partition_point(|start| *start <= offset) - 1;
        let start = self.0.line_starts[line];
        let end = self
            .0
            .line_starts
            .get(line + 1)
            .copied()
            .unwrap_or(self.0.text.len());
        self.0.text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// The text that ends a line here and indents the next one to the column of `offset`.
    ///
    /// The line ending is the one the text's first line has.
    pub fn line_break_at(&self, offset: usize) -> String {
        let column = self.position(offset).column - 1;
        let first = self.0.text.split_inclusive('\n').next().unwrap_or_default();
        let ending = if first.ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        format!("{ending}{}", " ".repeat(column))
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        // Most sources that are compared are the same one.
        Arc::ptr_eq(&self.0, &other.0) || self.0.path == other.0.path && self.0.text == other.0.text
    }
}

impl Eq for Source {}

impl Hash for Source {
    /// Path and length: texts are long, and those of one path are seldom two.
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
    }
}
