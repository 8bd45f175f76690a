//! One text as a rule sees it: its place and its target.

use std::ops::Range;

use super::aim::Aim;
use super::phrase::{Hole, Phrase};
use super::place::{Place, Treatment};
use super::shown;
use crate::tree::Node;

/// A text in its place.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a, 't> {
    pub place: &'a Place<'t>,
    pub treatment: Treatment,
    pub text: &'a str,
    /// The references in the text.
    pub holes: &'a [Hole],
    /// Offsets of pseudo parameters that nothing replaces, because no `Fn::Sub` is around them.
    pub unreplaced: &'a [usize],
    pub aim: Aim<'a>,
    /// The items of the list that contains the text.
    pub siblings: &'t [Node],
    /// True if a parameter or mapping passes the text to a principal.
    pub serves_principals: bool,
}

impl Scene<'_, '_> {
    /// Returns a property of the resource, if it is written out.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.place.properties?.get(name)?.as_str()
    }

    /// Returns a part of the text with its references written out for messages.
    pub(crate) fn shown(&self, range: &Range<usize>) -> String {
        shown::shown(
            &self.text[range.clone()],
            shown::holes_in(self.holes, range),
        )
    }

    /// Returns true if a range is the whole text.
    pub(crate) fn is_whole(&self, range: &Range<usize>) -> bool {
        *range == (0..self.text.len())
    }

    /// Returns true if the list names only one account of that kind.
    ///
    /// Then a replacement creates no duplicates.
    pub(crate) fn has_one_account(&self, kind: &str) -> bool {
        let Some(region) = self.aim.region() else {
            return false;
        };
        let texts = self.siblings.iter().filter_map(Phrase::of);
        let of_kind = texts
            .filter(|phrase| {
                phrase
                    .text
                    .split(|character: char| !character.is_ascii_digit())
                    .filter(|number| number.len() == 12)
                    .filter_map(|number| crate::china::twin(number, region))
                    .any(|twin| twin.kind == kind)
            })
            .take(2)
            .count();
        of_kind <= 1
    }
}

/// Finds all occurrences of a name in a text, from left to right.
///
/// Most texts contain none of the names that rules look for, and `contains` rules these out many
/// times faster than a search starts.
pub(crate) fn occurrences<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_possible = text.len() >= name.len() && text.contains(name);
    let search = is_possible.then(|| text.match_indices(name));
    search.into_iter().flatten().map(|(at, _)| at)
}

/// Finds a name in a text where it is not part of a longer name.
pub(crate) fn whole_names<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    occurrences(text, name).filter(move |at| {
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        let after = &text[at + name.len()..];
        let continues = after.starts_with(is_part)
            || after
                .strip_prefix('.')
                .is_some_and(|rest| rest.starts_with(is_part));
        let is_begun = !name.starts_with('.') && text[..*at].ends_with(is_part);
        !continues && !is_begun
    })
}
