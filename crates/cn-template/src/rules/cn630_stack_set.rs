//! CloudFormation refuses or ignores settings that do not fit a StackSet's permission model.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN630",
        title: "StackSet that cannot be deployed as asked",
    },
    name: "stack-set",
    severity: Severity::Error,
    why: "CloudFormation refuses targets, roles and macros that do not fit the permission model of a StackSet",
    help: "choose the targets and settings that the permission model of the StackSet takes",
    sources: &["cfn-stack-sets"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
