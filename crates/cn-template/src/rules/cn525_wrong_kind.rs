//! The property takes a file and the path names a folder, or the reverse.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::WRONG_KIND,
    name: "wrong-kind",
    severity: Severity::Error,
    why: "the service takes a file there and the path names a folder, or the reverse",
    help: "name the file or folder that the service takes",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
