//! The configuration file has no section for the environment.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN652",
        title: "environment is not in the configuration file",
    },
    name: "unknown-environment",
    severity: Severity::Error,
    why: "the configuration file has no section for the environment",
    help: "choose an environment of the configuration file, or add a section for it",
    sources: &["toml"],
    programs: &["cn-profile", "cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
