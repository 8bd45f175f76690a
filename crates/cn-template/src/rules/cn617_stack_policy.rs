//! The settings name a stack policy, which these programs do not set.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN617",
        title: "stack policy that is not set",
    },
    name: "stack-policy",
    severity: Severity::Warning,
    why: "the settings name a stack policy, which these programs do not set",
    help: "set the policy with `aws cloudformation set-stack-policy`",
    sources: &["cfn-stack-policy"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
