//! A stack policy is JSON with statements, and no change set contains it.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN617",
        title: "invalid stack policy, or one that a review does not set",
    },
    name: "stack-policy",
    severity: Severity::Warning,
    why: "a stack policy is JSON with statements, and a change set cannot contain it: only the run that executes the change set sets the policy",
    help: "correct the policy, or pass `--stack-policy` again when you execute the change set",
    sources: &["cfn-stack-policy"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
