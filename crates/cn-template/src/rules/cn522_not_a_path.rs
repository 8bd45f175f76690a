//! The value can be neither a local path nor a location in S3.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::NOT_A_PATH,
    name: "not-a-path",
    severity: Severity::Error,
    why: "the value can be neither a local path nor a location in S3",
    help: "give a path, or a location in S3",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
