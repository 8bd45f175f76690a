//! Readers keep one of the two values and silently drop the other.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::DUPLICATE_KEY,
    name: "duplicate-key",
    severity: Severity::Error,
    why: "readers keep one of the values and silently drop the others",
    help: "keep one of the entries, or rename the others",
    sources: &["yaml"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
