//! Without the property, the whole folder of the template becomes the artifact.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::WHOLE_FOLDER,
    name: "whole-folder",
    severity: Severity::Warning,
    why: "without the property, the whole folder of the template becomes the artifact",
    help: "set the property to the folder that contains the code",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
