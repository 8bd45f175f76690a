//! CloudFormation expects mappings for sections and resources.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::SHAPE,
    name: "shape",
    severity: Severity::Error,
    why: "CloudFormation expects each section and each resource to be a mapping",
    help: "correct the structure of the section or resource",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
