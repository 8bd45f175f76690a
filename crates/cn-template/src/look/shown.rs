//! Texts with their references written out for people, and where they stand.

use std::ops::Range;

use super::phrase::{self, Hole, Phrase};
use crate::source::{Source, Span};
use crate::tree::{Kind, locate};

/// Writes out the marks of a text.
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

/// The references in a part of a text.
pub(crate) fn holes_in<'h>(
    holes: &'h [Hole],
    range: &Range<usize>,
) -> impl Iterator<Item = &'h Hole> {
    let start = holes.partition_point(|hole| hole.at < range.start);
    let end = range.end;
    holes[start..].iter().take_while(move |hole| hole.at < end)
}

/// The word of the text around a range: the ARN or the address as people see it.
pub(crate) fn token_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let ends = |character: char| character.is_whitespace() || "\"'`,;".contains(character);
    let start = text[..range.start].rfind(ends).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let end = text[range.end..]
        .find(ends)
        .map_or(text.len(), |at| range.end + at);
    start..end
}

/// The bytes of the source that a part of a phrase is written in.
pub(crate) fn place_of(source: &Source, phrase: &Phrase<'_>, range: &Range<usize>) -> Span {
    let Some(written) = phrase.written(range) else {
        return phrase.span_of(source, range);
    };
    let span = written.scalar.span;
    match &written.scalar.kind {
        Kind::Scalar(scalar) => locate(source, span, scalar, &written.range),
        _ => span,
    }
}
