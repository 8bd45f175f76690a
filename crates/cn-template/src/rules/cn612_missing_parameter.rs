//! CloudFormation refuses a stack with a parameter that has neither a value nor a default.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN612",
        title: "parameter without a value",
    },
    name: "missing-parameter",
    severity: Severity::Error,
    why: "CloudFormation rejects a stack with a parameter that has neither a value nor a default",
    help: "set a value, or declare a default",
    sources: &["cfn-parameters"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
