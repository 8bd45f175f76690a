//! An alias without an anchor, or inside its own value, cannot be expanded.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::ALIAS,
    name: "alias",
    severity: Severity::Error,
    why: "an alias without an anchor, or inside its own value, cannot be expanded",
    help: "replace the alias with its value",
    sources: &["yaml"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
