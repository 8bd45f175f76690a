//! The parameter file is in none of the supported formats.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN615",
        title: "unreadable parameters",
    },
    name: "unreadable-parameters",
    severity: Severity::Error,
    why: "the file of parameters is in none of the supported forms",
    help: "correct the file",
    sources: &["cfn-parameters"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
