//! The configuration file cannot be parsed.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN651",
        title: "configuration file is not TOML",
    },
    name: "configuration-syntax",
    severity: Severity::Error,
    why: "the file of settings cannot be read",
    help: "correct the file at the marked place",
    sources: &["toml"],
    programs: &["cn-profile", "cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
