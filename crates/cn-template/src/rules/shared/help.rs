//! The next step for places that do not allow the usual one.

use crate::look::place::Section;
use crate::look::scene::Scene;

/// Returns the next step at a place.
///
/// The usual help names a function, which not every place accepts.
pub(crate) fn at(scene: &Scene<'_, '_>, usual: &'static str) -> &'static str {
    if scene.place.is_key {
        return "choose the whole entry with a condition on `AWS::Partition`: a key takes no function";
    }
    match scene.place.section {
        Section::Parameters => {
            "pass the value for the target to the parameter: a parameter takes no function"
        }
        Section::Mappings => "give the mapping a row for the target: a mapping takes no function",
        Section::Document => {
            "in a definition file, pass the value in with `DefinitionSubstitutions`, or include the file with `AWS::Include`, where `Fn::Sub` works; in a text of the template, put `Fn::Sub` before it"
        }
        _ => usual,
    }
}
