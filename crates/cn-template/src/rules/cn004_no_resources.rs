//! CloudFormation refuses a template without resources.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::NO_RESOURCES,
    name: "no-resources",
    severity: Severity::Error,
    why: "CloudFormation refuses a template without resources",
    help: "add a resource under `Resources`",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
