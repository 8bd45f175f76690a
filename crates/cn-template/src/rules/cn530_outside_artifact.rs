//! A template that somebody else wrote can name any file on the machine.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::OUTSIDE,
    name: "outside-artifact",
    severity: Severity::Warning,
    why: "a template from somebody else can name any file on the machine, and everybody with access to the bucket could then read it",
    help: "copy the file into the folder of the template, or allow artifacts from anywhere",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
