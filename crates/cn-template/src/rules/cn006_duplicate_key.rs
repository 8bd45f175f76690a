//! Readers keep one of the two values and silently drop the other.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::DUPLICATE_KEY,
    name: "duplicate-key",
    severity: Severity::Error,
    why: "one of the two values would be lost without a word",
    help: "remove one of the two entries",
    sources: &["yaml"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
