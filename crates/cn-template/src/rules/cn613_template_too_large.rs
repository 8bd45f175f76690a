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
    why: "CloudFormation rejects templates above its size limit",
    help: "package the template, so that it is uploaded to S3, or move resources to nested stacks",
    sources: &["cfn-quotas"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
