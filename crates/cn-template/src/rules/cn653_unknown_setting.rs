//! A misspelled setting has no effect.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN653",
        title: "unknown setting in the configuration file",
    },
    name: "unknown-setting",
    severity: Severity::Warning,
    why: "a misspelled setting has no effect",
    help: "correct the name",
    sources: &["toml"],
    programs: &["cn-profile", "cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
