//! A property names a local file or folder that does not exist.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::MISSING,
    name: "missing-file",
    severity: Severity::Error,
    why: "a property names a local file or folder that does not exist",
    help: "build the artifact first, or correct the path: paths are relative to the folder of the template",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
