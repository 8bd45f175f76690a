//! The parser cannot read the text, so nothing else is known about it.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::SYNTAX,
    name: "syntax",
    severity: Severity::Error,
    why: "the parser cannot read the text, so nothing else is known about it",
    help: "correct the text at the marked place",
    sources: &["yaml"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
