//! A file that may be a template must not count as checked if it cannot be read.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN010",
        title: "file that cannot be read",
    },
    name: "unreadable",
    severity: Severity::Warning,
    why: "the file may be a template, and it was not checked",
    help: "make the file readable, or list it in `.gitignore`",
    programs: &["cn-check"],
    ..Rule::BASE
};
