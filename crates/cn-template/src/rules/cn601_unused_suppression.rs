//! An unused suppression would hide future findings of the same kind.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN601",
        title: "unused suppression",
    },
    name: "unused-suppression",
    severity: Severity::Warning,
    why: "an unused suppression would hide future findings",
    help: "remove the suppression: it would hide future findings",
    ..Rule::BASE
};
