//! Texts with their references written out for messages, and their places in the source.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use super::phrase::{self, Hole, Phrase};
use crate::source::{Source, Span};
use crate::tree::{Aligned, Kind, Node};

/// Replaces the marks of a text with their references.
///
/// * `holes`: the references in the text, in the order of their marks.
pub(crate) fn shown<'h>(text: &str, holes: impl IntoIterator<Item = &'h Hole>) -> String {
    let mut holes = holes.into_iter();
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            phrase::PARTITION => out.push_str("${AWS::Partition}"),
            phrase::REGION => out.push_str("${AWS::Region}"),
            phrase::SUFFIX => out.push_str("${AWS::URLSuffix}"),
            phrase::ACCOUNT => out.push_str("${AWS::AccountId}"),
            phrase::HOLE => {
                let name = holes.next().map_or("...", |hole| hole.name.as_str());
                out.extend(["${", name, "}"]);
            }
            other => out.push(other),
        }
    }
    out
}

/// Returns the references in a part of a text.
pub(crate) fn holes_in<'h>(
    holes: &'h [Hole],
    range: &Range<usize>,
) -> impl Iterator<Item = &'h Hole> {
    let start = holes.partition_point(|hole| hole.at < range.start);
    let end = range.end;
    holes[start..].iter().take_while(move |hole| hole.at < end)
}

/// Maximum number of bytes shown on either side of a range in a long word.
const MOST_AROUND_BYTES: usize = 200;

/// Returns the word around a range, such as a whole ARN or address.
///
/// For a very long word, returns only a part around the range.
pub(crate) fn token_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let ends = |character: char| character.is_whitespace() || "\"'`,;".contains(character);
    let first = text.ceil_char_boundary(range.start.saturating_sub(MOST_AROUND_BYTES));
    let last = text.floor_char_boundary(text.len().min(range.end + MOST_AROUND_BYTES));
    let start = text[first..range.start].rfind(ends).map_or(first, |at| {
        let at = first + at;
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let end = text[range.end..last]
        .find(ends)
        .map_or(last, |at| range.end + at);
    start..end
}

/// Maps parts of a phrase to their places in the source.
///
/// Cost: each scalar of the phrase is aligned with the source once, on the first lookup.
pub(crate) struct Places<'a, 't> {
    source: &'a Source,
    phrase: &'a Phrase<'t>,
    aligned: RefCell<HashMap<Span, Aligned<'t>>>,
}

impl<'a, 't> Places<'a, 't> {
    pub(crate) fn new(source: &'a Source, phrase: &'a Phrase<'t>) -> Self {
        Self {
            source,
            phrase,
            aligned: RefCell::default(),
        }
    }

    /// Returns the bytes of the source that contain a part of the phrase.
    ///
    /// If the part is in several scalars, the span reaches from the first to the last of them.
    pub(crate) fn of(&self, range: &Range<usize>) -> Span {
        if let Some(part) = self.phrase.locate(range) {
            return self.at(part.scalar, Some(&part.range));
        }
        self.phrase
            .pieces(range)
            .map(|(node, bytes)| self.at(node, bytes.as_ref()))
            .filter(|span| self.phrase.span.contains(*span))
            .reduce(|one, other| Span::new(one.start.min(other.start), one.end.max(other.end)))
            .unwrap_or(self.phrase.span)
    }

    /// Returns the bytes of a node, or of a part of its text.
    fn at(&self, node: &'t Node, bytes: Option<&Range<usize>>) -> Span {
        let (Kind::Scalar(scalar), Some(bytes)) = (&node.kind, bytes) else {
            return node.span;
        };
        let mut aligned = self.aligned.borrow_mut();
        let aligned = aligned
            .entry(node.span)
            .or_insert_with(|| Aligned::of(self.source, node.span, scalar));
        aligned.locate(bytes)
    }
}
