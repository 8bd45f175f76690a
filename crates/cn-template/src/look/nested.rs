//! Documents inside strings: policies, state machines, templates.

use super::phrase::Phrase;
use super::place::{Place, Section, Treatment};
use crate::source::Source;
use crate::tree::Template;

/// Parses the document in a string; the flag is true for a template.
pub(crate) fn parse(
    source: &Source,
    phrase: &Phrase<'_>,
    treatment: Treatment,
) -> Option<(Template, bool)> {
    let is_template = treatment == Treatment::Template;
    let text = phrase.text.trim_start();
    let is_reference = text.starts_with("{{");
    let looks_like_one = text.starts_with(['{', '[']) && text.contains(['"', ':']) && !is_reference;
    if treatment == Treatment::Code
        || treatment == Treatment::Pattern
        || !(is_template || looks_like_one)
    {
        return None;
    }
    let inner_source = Source::new(source.path(), phrase.text.clone());
    let inner = Template::parse_document(&inner_source).template?;
    let is_structure = inner.root().is_mapping() || !inner.root().items().is_empty();
    (is_structure && inner.source() == &inner_source).then_some((inner, is_template))
}

/// Returns true if a text is a program, by its place or, if the place does not decide, by its look.
pub(crate) fn is_code(place: &Place<'_>, text: &str, treatment: Treatment) -> bool {
    match treatment {
        Treatment::Code => true,
        Treatment::Argument => text.contains(char::is_whitespace),
        _ => place.section != Section::Outputs && text.trim().contains('\n'),
    }
}
