//! The parser cannot read the text, so nothing else is known about it.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::SYNTAX,
    name: "syntax",
    severity: Severity::Error,
    why: "a template that cannot be parsed cannot be checked, packaged or deployed",
    help: "fix the syntax at the marked position",
    sources: &["yaml"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
