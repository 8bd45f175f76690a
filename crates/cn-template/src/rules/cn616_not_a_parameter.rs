//! The arguments are in none of the supported forms.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN616",
        title: "invalid parameter or tag",
    },
    name: "not-a-parameter",
    severity: Severity::Error,
    why: "the argument is in none of the supported forms",
    help: "write `Key=Value`",
    sources: &["cfn-parameters"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
