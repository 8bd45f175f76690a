//! The property takes a file and the path names a folder, or the reverse.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::WRONG_KIND,
    name: "wrong-kind",
    severity: Severity::Error,
    why: "the property needs a file and the path leads to a folder, or the reverse",
    help: "set the path to the file or folder that the property needs",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
