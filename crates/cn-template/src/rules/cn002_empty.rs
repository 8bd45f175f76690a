//! A template without content deploys nothing.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::EMPTY,
    name: "empty",
    severity: Severity::Error,
    why: "an empty template deploys nothing",
    help: "pass the path of the right file, or add resources to the template",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
