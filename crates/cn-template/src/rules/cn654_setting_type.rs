//! The setting does not accept a value of this type.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN654",
        title: "setting has a value of the wrong type",
    },
    name: "setting-type",
    severity: Severity::Error,
    why: "the setting does not accept a value of this type",
    help: "write a value of the expected type",
    sources: &["toml"],
    programs: &["cn-profile", "cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
