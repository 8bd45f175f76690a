//! CloudFormation's validation of a change set is off.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN623",
        title: "validation is turned off",
    },
    name: "no-validation",
    severity: Severity::Warning,
    why: "without CloudFormation's validation, invalid properties and names that are already in use fail only during resource creation",
    help: "turn the validation on, unless it rejects a valid change",
    sources: &["cfn-validation"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
