//! CloudFormation refuses rollback triggers beyond its limits.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN618",
        title: "invalid rollback triggers",
    },
    name: "rollback-triggers",
    severity: Severity::Error,
    why: "CloudFormation rejects rollback triggers that exceed its limits",
    help: "correct the rollback triggers",
    sources: &["cfn-rollback-triggers"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
