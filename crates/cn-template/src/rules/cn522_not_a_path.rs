//! The value can be neither a local path nor a location in S3.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::NOT_A_PATH,
    name: "not-a-path",
    severity: Severity::Error,
    why: "the value is neither a local path nor an S3 location",
    help: "write a path relative to the template, or an S3 location",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
