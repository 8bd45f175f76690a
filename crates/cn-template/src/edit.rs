//! Changes to a text as a list of replacements.
//!
//! Everything outside the replaced ranges stays byte for byte: that is the
//! whole promise of this module, and why no template is ever written anew.

use crate::source::Span;

/// Replaces the bytes of `span` by `text`; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The bytes that go.
    pub span: Span,
    /// The text that comes in their place.
    pub text: String,
}

impl Edit {
    /// Puts `text` in the place of `span`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    /// Puts `text` before the byte at `offset`.
    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(offset, offset), text)
    }
}

/// Applies edits to the text they were made for.
///
/// * `edits`: in any order. Two insertions at one place are applied in the
///   order given.
///
/// Cost: one copy of the text.
///
/// # Panics
///
/// When two edits overlap or one lies outside the text: both are mistakes of
/// the caller, never of the text's author.
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
