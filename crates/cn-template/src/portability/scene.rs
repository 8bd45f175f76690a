//! What a rule gets to see: a text, where it stands, and what it is to be right for.

use super::matches::{Aim, Match};
use super::phrase::Phrase;
use super::place::{Place, Treatment};
use super::{arn, host_rules, name_rules};
use crate::tree::Node;

/// A text in its place.
pub(super) struct Scene<'a, 't> {
    pub place: &'a Place<'t>,
    pub treatment: Treatment,
    pub text: &'a str,
    pub aim: Aim<'a>,
    /// The list the text is an item of.
    pub siblings: &'t [Node],
    /// Whether the text reaches a principal by way of a parameter or mapping.
    pub serves_principals: bool,
}

impl Scene<'_, '_> {
    /// What does not fit in the text, from left to right, no two replacements overlapping.
    pub(super) fn matches(&self) -> Vec<Match> {
        let mut found = arn::matches(self);
        found.extend(host_rules::matches(self));
        found.extend(name_rules::matches(self));
        found.sort_by_key(|hit| (hit.range.start, hit.range.end));
        found
    }

    /// A property of the resource, where it is written out.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.place.properties?.get(name)?.as_str()
    }

    /// Whether the list names one account of that kind only, so that replacing it makes no duplicates.
    pub(super) fn has_one_account(&self, what: &str) -> bool {
        let Some(region) = self.aim.region() else {
            return false;
        };
        let texts = self.siblings.iter().filter_map(Phrase::of);
        let of_kind = texts
            .filter(|phrase| {
                phrase
                    .text
                    .split(|character: char| !character.is_ascii_digit())
                    .filter_map(|number| crate::china::twin(number, region))
                    .any(|twin| twin.what == what)
            })
            .count();
        of_kind <= 1
    }
}
