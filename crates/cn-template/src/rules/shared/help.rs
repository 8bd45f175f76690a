//! The next step for places that do not allow the usual one.

use crate::look::place::Section;
use crate::look::scene::Scene;

/// Returns the next step at a place.
///
/// The usual help names a function, which not every place accepts.
pub(crate) fn at(scene: &Scene<'_, '_>, usual: &'static str) -> &'static str {
    if scene.place.is_key {
        return "choose the whole entry with a condition on `AWS::Partition`: a key cannot contain a function";
    }
    match scene.place.section {
        Section::Parameters => {
            "pass the value for the target to the parameter: its declaration cannot contain a function"
        }
        Section::Mappings => {
            "add the value for the target to the mapping: a mapping cannot contain a function"
        }
        Section::Document => {
            "in a definition file, pass the value with `DefinitionSubstitutions`, or include the file with `AWS::Include`, which supports `Fn::Sub`; in the template, add `Fn::Sub` to the text"
        }
        _ => usual,
    }
}
