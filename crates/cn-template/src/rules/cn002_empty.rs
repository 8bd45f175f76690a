//! A template without content deploys nothing.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::EMPTY,
    name: "empty",
    severity: Severity::Error,
    why: "a template without content deploys nothing",
    help: "name the right file, or write the template",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
