//! Adds entries to the sections of a template.

pub(crate) mod mapping;

use crate::edit::Edit;
use crate::tree::{Entry, Format, Kind, Template};

/// An entry to add to a section or to a mapping in it.
pub(crate) struct NewEntry {
    pub(crate) name: String,
    /// The value after the name, as JSON or as YAML in braces.
    pub(crate) json: String,
    /// The value as lines of YAML below the name; empty if YAML has it after the name, too.
    pub(crate) lines: Vec<String>,
}

/// Adds entries to a section, and creates the section if it is missing.
///
/// Existing entries stay as they are. Returns `None` if there is nothing to add or nothing can be
/// added: then the caller must not write anything that uses an entry.
pub(crate) fn add(template: &Template, section: &str, entries: &[NewEntry]) -> Option<Edit> {
    let present = template.root().entry(section);
    let is_missing =
        |entry: &&NewEntry| present.is_none_or(|section| section.value.get(&entry.name).is_none());
    let missing: Vec<&NewEntry> = entries.iter().filter(is_missing).collect();
    if missing.is_empty() {
        return None;
    }
    match present {
        None => add_section(template, section, &missing),
        Some(present) if present.value.is_null() => fill(template, present, &missing),
        Some(present) => extend(template, present, &missing),
    }
}

/// Returns true if a section can take new entries.
pub(crate) fn is_open(template: &Template, section: &str) -> bool {
    let probe = NewEntry {
        name: String::new(),
        json: String::new(),
        lines: Vec::new(),
    };
    add(template, section, &[probe]).is_some()
}

/// Yields a name and its alternatives, in case it is taken.
pub(crate) fn names(wanted: &str) -> impl Iterator<Item = String> {
    let others = (2..).map(move |number| format!("{wanted}{number}"));
    std::iter::once(wanted.to_owned()).chain(others)
}

/// Adds entries before the first entry of the mapping under a key.
pub(crate) fn extend(template: &Template, owner: &Entry, entries: &[&NewEntry]) -> Option<Edit> {
    let Kind::Mapping(mapping) = &owner.value.kind else {
        return None;
    };
    let text = template.source().text();
    let is_json = template.format() == Format::Json;
    let Some(first) = mapping.entries.first() else {
        let brace = owner.value.span.start;
        let is_brace = text[brace..].starts_with('{');
        return is_brace.then(|| Edit::insert(brace + 1, pairs(template, entries, ", ")));
    };
    let at = first.key.span.start;
    if is_json || mapping.flow {
        let comma = format!(",{}", space_before(text, first));
        let pairs = pairs(template, entries, &comma);
        return Some(Edit::insert(at, format!("{pairs}{comma}")));
    }
    let indent = indent(text, first)?;
    Some(Edit::insert(at, blocks(text, entries, indent)))
}

/// Adds entries to a section that has only its name, or `null`.
fn fill(template: &Template, section: &Entry, entries: &[&NewEntry]) -> Option<Edit> {
    let text = template.source().text();
    let braces = || format!("{{{}}}", pairs(template, entries, ", "));
    if !section.value.span.is_empty() {
        return Some(Edit::replace(section.value.span, braces()));
    }
    let behind = &text[section.key.span.end..];
    let value = behind.trim_start().strip_prefix(':')?;
    let colon = text.len() - value.len();
    if template.format() == Format::Json || is_flow(template) {
        return Some(Edit::insert(colon, format!(" {}", braces())));
    }
    let rest = value.lines().next().unwrap_or_default();
    if !rest.trim().is_empty() && !rest.trim().starts_with('#') {
        return None;
    }
    let indent = format!("{}  ", indent(text, section)?);
    let blocks = blocks(text, entries, &indent);
    let lines = format!("{}{indent}{}", line_end(text), blocks.trim_end());
    Some(Edit::insert(colon + rest.len(), lines))
}

/// Adds a section before `Resources`.
fn add_section(template: &Template, section: &str, entries: &[&NewEntry]) -> Option<Edit> {
    let resources = template.root().entry("Resources")?;
    let text = template.source().text();
    let at = resources.key.span.start;
    if template.format() == Format::Json || is_flow(template) {
        let space = space_before(text, resources);
        let pairs = pairs(template, entries, ", ");
        let section = format!("\"{section}\": {{{pairs}}},{space}");
        return Some(Edit::insert(at, section));
    }
    let outer = indent(text, resources)?;
    let inner = format!("{outer}  ");
    let (end, blocks) = (line_end(text), blocks(text, entries, &inner));
    Some(Edit::insert(
        at,
        format!(
            "{section}:{end}{inner}{}{end}{end}{outer}",
            blocks.trim_end()
        ),
    ))
}

fn is_flow(template: &Template) -> bool {
    matches!(&template.root().kind, Kind::Mapping(mapping) if mapping.flow)
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Formats entries as JSON or as YAML in braces.
fn pairs(template: &Template, entries: &[&NewEntry], separator: &str) -> String {
    let is_json = template.format() == Format::Json;
    let pair = |entry: &&NewEntry| match (is_json, entry.lines.is_empty()) {
        (false, true) => format!("{}: {}", entry.name, entry.json),
        _ => format!("\"{}\": {}", entry.name, entry.json),
    };
    entries.iter().map(pair).collect::<Vec<_>>().join(separator)
}

/// Formats entries as lines of YAML, followed by the indent of the next entry.
fn blocks(text: &str, entries: &[&NewEntry], indent: &str) -> String {
    let end = line_end(text);
    let inner = format!("{end}{indent}  ");
    let block = |entry: &&NewEntry| {
        let value = if entry.lines.is_empty() {
            format!(" {}", entry.json)
        } else {
            format!("{inner}{}", entry.lines.join(&inner))
        };
        format!("{}:{value}{end}{indent}", entry.name)
    };
    entries.iter().map(block).collect()
}

/// Returns the indent of an entry's line; `None` if other characters precede the key, such as `?`.
fn indent<'t>(text: &'t str, entry: &Entry) -> Option<&'t str> {
    let before = &text[..entry.key.span.start];
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let indent = line.trim_start_matches('\u{feff}');
    indent.bytes().all(|byte| byte == b' ').then_some(indent)
}

/// Returns the white space before an entry, including the line ending.
fn space_before<'t>(text: &'t str, entry: &Entry) -> &'t str {
    let before = &text[..entry.key.span.start];
    let kept = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
    let space = &before[kept..];
    // Do not repeat blank lines.
    let last_line = space.rfind('\n').map_or(0, |at| {
        if space[..at].ends_with('\r') {
            at - 1
        } else {
            at
        }
    });
    if space.is_empty() {
        " "
    } else {
        &space[last_line..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use crate::source::Source;
    use crate::tree::Node;

    /// Returns the text with `N: {a: 1}` added to the section `S`.
    fn added(text: &str) -> Option<String> {
        let template = Template::parse(&Source::new("t", text)).template.unwrap();
        let entry = NewEntry {
            name: "N".to_owned(),
            json: r#"{"a": 1}"#.to_owned(),
            lines: vec!["a: 1".to_owned()],
        };
        let edit = add(&template, "S", &[entry])?;
        let after = apply(text, &[edit]);
        let again = Template::parse(&Source::new("t", after.as_str()));
        let root = again.template.unwrap().root().clone();
        let value = root.at(&["S", "N", "a"]).and_then(Node::as_str);
        assert_eq!(value, Some("1"), "{after}");
        assert!(root.get("Resources").is_some(), "{after}");
        Some(after)
    }

    #[test]
    fn fills_a_section_that_is_empty_however_it_is_written() {
        for (text, expected) in [
            (
                "S: {}\nResources: {}\n",
                "S: {\"N\": {\"a\": 1}}\nResources: {}\n",
            ),
            (
                "S: ~ # c\nResources: {}",
                "S: {\"N\": {\"a\": 1}} # c\nResources: {}",
            ),
            (
                "S: # c\r\n\r\nResources: {}",
                "S: # c\r\n  N:\r\n    a: 1\r\n\r\nResources: {}",
            ),
            ("Resources: {}\nS:", "Resources: {}\nS:\n  N:\n    a: 1"),
            (
                "  S:\n  Resources: {}\n",
                "  S:\n    N:\n      a: 1\n  Resources: {}\n",
            ),
            (
                "{S: , Resources: {}}",
                "{S: {\"N\": {\"a\": 1}} , Resources: {}}",
            ),
            (
                "{\"S\": null, \"Resources\": {}}",
                "{\"S\": {\"N\": {\"a\": 1}}, \"Resources\": {}}",
            ),
            (
                "{\"S\": {\n}, \"Resources\": {}}",
                "{\"S\": {\"N\": {\"a\": 1}\n}, \"Resources\": {}}",
            ),
        ] {
            assert_eq!(added(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn adds_nothing_where_nothing_fits() {
        for section in ["[]", "''", "!X {A: b}", "!!null", "\n  ? A\n  : b"] {
            let text = format!("S: {section}\nResources: {{}}\n");
            assert_eq!(added(&text), None, "{text}");
        }
        assert_eq!(added("? S\nResources: {}\n"), None);
    }

    #[test]
    fn a_section_stands_at_the_indent_of_the_others() {
        assert_eq!(
            added("  Resources: {}\n").as_deref(),
            Some("  S:\n    N:\n      a: 1\n\n  Resources: {}\n")
        );
    }
}
