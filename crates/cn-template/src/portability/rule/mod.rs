//! The rules: what differs, why, and who says so.
//!
//! A rule has one code, whether it rewrites or reports. What a rule does is
//! in the modules around; this is the list that messages, `--explain` and the
//! documentation read.

mod arns;
mod availability;
pub mod code;
mod hosts;
mod others;
mod principals;

use crate::diag::Code;

/// One thing that differs between partitions.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code, which findings and rewrites carry.
    pub code: Code,
    /// Why it has to change, with the error that people meet where it is known.
    pub reason: &'static str,
    /// Who says so.
    pub source: &'static str,
    /// The rows of the collected facts that the rule covers.
    pub facts: &'static [&'static str],
    /// A text that the rule is about; may be empty.
    pub before: &'static str,
    /// What becomes of it; empty where a person has to decide.
    pub after: &'static str,
}

/// Every rule, by the hundreds of their codes.
const RULES: [&[Rule]; 5] = [
    arns::ARNS,
    principals::PRINCIPALS,
    hosts::HOSTS,
    availability::AVAILABILITY,
    others::OTHERS,
];

/// Every rule, ordered by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.into_iter().flatten()
}

/// The rule of a code.
///
/// # Panics
///
/// When the table has no such rule, which a test rules out.
pub(super) fn of(code: Code) -> &'static Rule {
    rules()
        .find(|rule| rule.code == code)
        .expect("every code has its rule")
}

/// The rule of a code as people write it.
pub fn find(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_have_their_rule() {
        let ids: Vec<&str> = rules().map(|rule| rule.code.id).collect();
        assert!(ids.is_sorted_by(|left, right| left < right), "{ids:?}");
        let codes = include_str!("code.rs").matches("pub const").count();
        assert_eq!(ids.len(), codes, "each code has one rule");
    }

    #[test]
    fn every_rule_says_why_and_who_says_so() {
        for rule in rules() {
            assert!(
                !rule.reason.is_empty() && !rule.source.is_empty(),
                "{}",
                rule.code.id
            );
        }
    }
}
