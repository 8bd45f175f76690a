//! CloudFormation shows the values of parameters without `NoEcho`.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN619",
        title: "secret in a parameter without NoEcho",
    },
    name: "visible-secret",
    severity: Severity::Warning,
    why: "CloudFormation shows the values of parameters without `NoEcho`",
    help: "add `NoEcho: true` to the parameter",
    sources: &["cfn-parameters"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
