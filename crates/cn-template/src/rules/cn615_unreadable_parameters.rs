//! The parameter file is in none of the supported formats.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN615",
        title: "unreadable parameter file",
    },
    name: "unreadable-parameters",
    severity: Severity::Error,
    why: "the parameter file is in none of the supported formats",
    help: "write the file in one of the supported formats",
    sources: &["cfn-parameters"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
