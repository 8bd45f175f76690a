//! The configuration file cannot be parsed.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN651",
        title: "configuration file is not valid TOML",
    },
    name: "configuration-syntax",
    severity: Severity::Error,
    why: "the configuration file cannot be parsed",
    help: "fix the syntax at the marked position",
    sources: &["toml"],
    programs: &["cn-profile", "cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
