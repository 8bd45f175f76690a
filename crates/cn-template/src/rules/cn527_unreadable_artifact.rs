//! A file that cannot be put into the archive would be missing at run time.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::UNREADABLE,
    name: "unreadable-artifact",
    severity: Severity::Error,
    why: "a file that cannot be put into the archive would be missing at run time",
    help: "make the file readable, or exclude it",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
