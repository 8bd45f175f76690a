//! The rules: what differs, why, and who says so.

use crate::diag::Code;

/// Codes of the rules.
pub mod code {
    use crate::diag::Code;

    /// An ARN of another partition.
    pub const ARN: Code = Code {
        id: "CN101",
        title: "ARN of another partition",
    };
    /// A rewrite that has to be made by hand.
    pub const ARN_BY_HAND: Code = Code {
        id: "CN102",
        title: "ARN of another partition in a place that is not rewritten",
    };
}

/// One thing that differs between partitions.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code, which findings and rewrites carry.
    pub code: Code,
    /// Why it has to change.
    pub reason: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// Every rule, ordered by code.
pub const RULES: &[Rule] = &[
    Rule {
        code: code::ARN,
        reason: "every ARN begins with the partition it belongs to",
        source: "AWS China documentation, general reference, ARNs; IAM refuses others: `Partition \"aws\" is not valid for resource`",
    },
    Rule {
        code: code::ARN_BY_HAND,
        reason: "code is never changed, and an ARN in pieces cannot be changed with certainty",
        source: "design of this tool",
    },
];

/// The rule of a code.
///
/// # Panics
///
/// When the table has no such rule, which a test rules out.
pub(super) fn of(code: Code) -> &'static Rule {
    RULES
        .iter()
        .find(|rule| rule.code == code)
        .expect("every code has its rule")
}
