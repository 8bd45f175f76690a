//! New entries for the sections of a template.

use crate::edit::Edit;
use crate::tree::{Entry, Format, Kind, Template};

/// An entry to add to a section.
pub(crate) struct NewEntry {
    pub(crate) name: String,
    /// Its value for JSON and for YAML in braces.
    pub(crate) json: String,
    /// Its value as lines of YAML.
    pub(crate) lines: Vec<String>,
}

/// Adds entries to a section, and the section where there is none; those that
/// it has already stay as they are.
pub(crate) fn add(template: &Template, section: &str, entries: &[NewEntry]) -> Option<Edit> {
    let root = template.root();
    let text = template.source().text();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let present = root.entry(section);
    let entries: Vec<&NewEntry> = entries
        .iter()
        .filter(|entry| present.is_none_or(|section| section.value.get(&entry.name).is_none()))
        .collect();
    if entries.is_empty() {
        return None;
    }
    let is_json = template.format() == Format::Json;
    let pairs = |separator: &str| {
        let pair = |entry: &&NewEntry| format!("\"{}\": {}", entry.name, entry.json);
        entries.iter().map(pair).collect::<Vec<_>>().join(separator)
    };
    let blocks = |indent: &str| {
        let inner = format!("{end}{indent}  ");
        let block = |entry: &&NewEntry| {
            format!(
                "{}:{inner}{}{end}{indent}",
                entry.name,
                entry.lines.join(&inner)
            )
        };
        entries.iter().map(block).collect::<String>()
    };
    if let Some(present) = present {
        let Kind::Mapping(mapping) = &present.value.kind else {
            return None;
        };
        let first = mapping.entries.first()?;
        let at = first.key.span.start;
        let space = space_before(text, first);
        if is_json || mapping.flow {
            let comma = format!(",{space}");
            return Some(Edit::insert(at, format!("{}{comma}", pairs(&comma))));
        }
        let indent = " ".repeat(space.trim_start_matches(['\r', '\n']).len());
        return Some(Edit::insert(at, blocks(&indent)));
    }
    let resources = root.entry("Resources")?;
    let at = resources.key.span.start;
    let is_flow = matches!(&root.kind, Kind::Mapping(mapping) if mapping.flow);
    if is_json || is_flow {
        let space = space_before(text, resources);
        let section = format!("\"{section}\": {{{}}},{space}", pairs(", "));
        return Some(Edit::insert(at, section));
    }
    let blocks = blocks("  ");
    Some(Edit::insert(
        at,
        format!("{section}:{end}  {}{end}{end}", blocks.trim_end()),
    ))
}

/// The white space before an entry, its line's end included.
fn space_before<'t>(text: &'t str, entry: &Entry) -> &'t str {
    let before = &text[..entry.key.span.start];
    let kept = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
    let space = &before[kept..];
    // Blank lines are not repeated.
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
