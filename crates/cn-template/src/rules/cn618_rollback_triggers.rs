//! CloudFormation refuses rollback triggers beyond its limits.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN618",
        title: "rollback triggers that cannot be set",
    },
    name: "rollback-triggers",
    severity: Severity::Error,
    why: "CloudFormation refuses rollback triggers beyond its limits",
    help: "correct the triggers",
    sources: &["cfn-rollback-triggers"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
