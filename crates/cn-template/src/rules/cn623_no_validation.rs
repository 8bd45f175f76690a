//! CloudFormation's validation of a change set is off.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN623",
        title: "validation that is off",
    },
    name: "no-validation",
    severity: Severity::Warning,
    why: "without CloudFormation's validation, wrong properties and names that are taken are found only while resources are made",
    help: "leave the validation on unless it refuses a change that is right",
    sources: &["cfn-validation"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
