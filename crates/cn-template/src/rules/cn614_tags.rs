//! CloudFormation refuses tags beyond its limits.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN614",
        title: "invalid tags",
    },
    name: "tags",
    severity: Severity::Error,
    why: "CloudFormation rejects tags that exceed its limits",
    help: "correct the tags",
    sources: &["cfn-tags"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
