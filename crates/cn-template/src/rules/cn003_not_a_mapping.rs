//! CloudFormation expects sections at the top level of a template.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::NOT_A_MAPPING,
    name: "not-a-mapping",
    severity: Severity::Error,
    why: "CloudFormation expects sections at the top level of a template",
    help: "put the resources under `Resources`",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
