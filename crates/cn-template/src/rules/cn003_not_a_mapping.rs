//! CloudFormation expects sections at the top level of a template.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::NOT_A_MAPPING,
    name: "not-a-mapping",
    severity: Severity::Error,
    why: "the top level of a template is a mapping of sections, such as `Resources`",
    help: "put the resources under a top-level key `Resources`",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
