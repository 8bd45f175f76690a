//! CloudFormation refuses a template without resources.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::NO_RESOURCES,
    name: "no-resources",
    severity: Severity::Error,
    why: "CloudFormation rejects a template without resources",
    help: "add at least one resource under `Resources`",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
