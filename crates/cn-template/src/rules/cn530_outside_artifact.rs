//! A template that somebody else wrote can name any file on the machine.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::OUTSIDE,
    name: "outside-artifact",
    severity: Severity::Warning,
    why: "a template that somebody else wrote can name any file of the machine, and whoever may read the bucket reads that file",
    help: "copy the file below the template's folder, or accept artifacts from anywhere",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
