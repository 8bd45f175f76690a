//! CloudFormation refuses a value for a parameter that the template does not declare.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN611",
        title: "value for an undeclared parameter",
    },
    name: "undeclared-parameter",
    severity: Severity::Error,
    why: "CloudFormation rejects a value for a parameter that the template does not declare",
    help: "declare the parameter, or remove the value",
    sources: &["cfn-parameters"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
