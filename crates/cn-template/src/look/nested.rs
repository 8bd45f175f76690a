//! Documents inside strings: policies, state machines, templates.

use super::phrase::Phrase;
use super::place::{Place, Section, Treatment};
use crate::source::Source;
use crate::tree::Template;

/// Returns true if a string looks like a document, by its place or by its first characters.
pub(crate) fn is_document(text: &str, treatment: Treatment) -> bool {
    let text = text.trim_start();
    match treatment {
        Treatment::Template => true,
        Treatment::Code | Treatment::Pattern => false,
        _ => {
            let is_reference = text.starts_with("{{");
            text.starts_with(['{', '[']) && text.contains(['"', ':']) && !is_reference
        }
    }
}

/// Parses the document in a string; the flag is true for a template.
pub(crate) fn parse(
    source: &Source,
    phrase: &Phrase<'_>,
    treatment: Treatment,
) -> Option<(Template, bool)> {
    let inner_source = Source::new(source.path(), phrase.text.clone());
    let inner = Template::parse_document(&inner_source).template?;
    let is_structure = inner.root().is_mapping() || !inner.root().items().is_empty();
    (is_structure && inner.source() == &inner_source)
        .then_some((inner, treatment == Treatment::Template))
}

/// Returns true if a text is a program, by its place or, if the place does not decide, by its look.
pub(crate) fn is_code(place: &Place<'_>, text: &str, treatment: Treatment) -> bool {
    match treatment {
        Treatment::Code => true,
        Treatment::Argument => text.contains(char::is_whitespace),
        _ => place.section != Section::Outputs && text.trim().contains('\n'),
    }
}
