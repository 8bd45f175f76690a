//! CloudFormation refuses or ignores settings that do not fit a StackSet's permission model.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN630",
        title: "StackSet that cannot be deployed with these settings",
    },
    name: "stack-set",
    severity: Severity::Error,
    why: "CloudFormation rejects targets, roles and macros that the permission model of the StackSet does not support",
    help: "choose targets and settings that the permission model of the StackSet supports",
    sources: &["cfn-stack-sets"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
