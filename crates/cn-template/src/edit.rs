//! Changes to a text as a list of replacements.
//!
//! Every byte outside the replaced ranges stays as it is. That is the promise of this module, and
//! the reason why templates are edited and never written anew.

use crate::source::{Source, Span};

/// Replaces the bytes of `span` with `text`; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The bytes to replace.
    pub span: Span,
    /// The new text.
    pub text: String,
}

impl Edit {
    /// Creates an edit that replaces `span` with `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// Creates an edit that inserts `text` before the byte at `offset`.
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(offset, offset), text)
    }
}

/// Applies edits to the text they were made for.
///
/// * `edits`: in any order. Two insertions at the same offset are applied in the order given.
///
/// Cost: one copy of the text.
///
/// # Panics
///
/// Panics if two edits overlap or one lies outside the text: both are mistakes of the caller, never
/// of the text's author.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.span);
    let growth: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut out = String::with_capacity(text.len() + growth);
    let mut done = 0;
    for edit in ordered {
        assert!(
            done <= edit.span.start,
            "edits overlap at byte {}",
            edit.span.start
        );
        out.push_str(&text[done..edit.span.start]);
        out.push_str(&edit.text);
        done = edit.span.end;
    }
    out.push_str(&text[done..]);
    out
}

/// Applies edits to a source; positions in the result map back to the author's text.
///
/// * `edits`: as for [`apply`].
pub fn derive(source: &Source, edits: &[Edit]) -> Source {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.span);
    let (mut done, mut length) = (0, 0);
    let replaced = ordered.into_iter().map(|edit| {
        let start = length + (edit.span.start - done);
        (done, length) = (edit.span.end, start + edit.text.len());
        (Span::new(start, length), edit.span)
    });
    let replaced = replaced.collect();
    source.derived(apply(source.text(), edits), replaced)
}

/// Adds the edits of `others` that touch no byte of the existing edits.
///
/// Insertions touch nothing, unless they lie inside a replaced range.
///
/// Cost: a sorted copy of the spans, and one lookup for each edit in `others`.
pub fn merge(mut edits: Vec<Edit>, others: impl IntoIterator<Item = Edit>) -> Vec<Edit> {
    let mut taken: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    taken.retain(|span| !span.is_empty());
    taken.sort_unstable();
    // The spans do not overlap, so they are ordered by their ends too.
    let is_free = |span: Span| {
        let after = taken.partition_point(|taken| taken.end <= span.start);
        taken.get(after).is_none_or(|next| span.end <= next.start)
    };
    edits.extend(others.into_iter().filter(|edit| is_free(edit.span)));
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_byte_outside_the_edits() {
        let edits = [
            Edit::replace(Span::new(7, 8), "2"),
            Edit::insert(0, "# x\r\n"),
            Edit::insert(0, "# y\r\n"),
        ];
        assert_eq!(apply("a: 1\r\nb1", &edits), "# x\r\n# y\r\na: 1\r\nb2");
        assert_eq!(apply("中文", &[]), "中文");
    }

    #[test]
    fn places_in_a_derived_text_lead_back_to_the_authors() {
        let source = Source::new("t", "a: &x 1\nb: *x\nc: 2\n");
        let edits = [
            Edit::replace(Span::new(3, 6), ""),
            Edit::replace(Span::new(11, 13), "one two"),
        ];
        let derived = derive(&source, &edits);
        assert_eq!(derived.text(), "a: 1\nb: one two\nc: 2\n");
        let original = |part: &str| {
            let start = derived.text().find(part).unwrap();
            let (source, span) = derived.original(Span::new(start, start + part.len()));
            source.slice(span).to_owned()
        };
        assert_eq!(original("1"), "1");
        assert_eq!(original("one two"), "*x");
        assert_eq!(original("two"), "*x");
        assert_eq!(original("a: 1\nb"), "a: &x 1\nb");
        assert_eq!(original("2"), "2");
        assert_eq!(derived.position(18).line, 3);
    }

    #[test]
    fn adds_only_what_touches_nothing_of_the_first() {
        let spans = |edits: Vec<Edit>| -> Vec<(usize, usize)> {
            let spans = edits.iter().map(|edit| (edit.span.start, edit.span.end));
            spans.collect()
        };
        let edit = |(start, end)| Edit::replace(Span::new(start, end), "x");
        let first = [(4, 6), (0, 0), (8, 10)].map(edit).to_vec();
        let free = [(0, 1), (0, 4), (4, 4), (6, 8), (6, 6), (10, 12)];
        let touching = [(5, 5), (4, 6), (3, 5), (5, 7), (3, 12), (0, 5), (9, 9)];
        let others = [&free[..], &touching].concat().into_iter().map(edit);
        let expected = [&[(4, 6), (0, 0), (8, 10)], &free[..]].concat();
        assert_eq!(spans(merge(first, others)), expected);
    }

    #[test]
    #[should_panic(expected = "edits overlap at byte 1")]
    fn refuses_overlapping_edits() {
        apply(
            "abc",
            &[
                Edit::replace(Span::new(0, 2), ""),
                Edit::replace(Span::new(1, 3), ""),
            ],
        );
    }
}
