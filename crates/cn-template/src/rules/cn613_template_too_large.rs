//! CloudFormation refuses templates above its limit.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN613",
        title: "template too large",
    },
    name: "template-too-large",
    severity: Severity::Error,
    why: "CloudFormation refuses templates above its limit",
    help: "package the template, which uploads it, or move resources to nested stacks",
    sources: &["cfn-quotas"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
