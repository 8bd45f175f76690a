//! Nested templates that contain each other cannot be packaged.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::CYCLE,
    name: "cycle",
    severity: Severity::Error,
    why: "nested templates that contain each other cannot be packaged",
    help: "remove one of the references",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
