//! Adds a value to a list.

use crate::edit::Edit;
use crate::source::Source;
use crate::tree::{Kind, Node, Style, quoted};

/// Returns the edit that adds a value next to a scalar: in its list, or in a new list of both.
///
/// * `siblings`: the items of its list; empty if it is in none.
pub(super) fn insert_next_to(source: &Source, node: &Node, siblings: &[Node], other: &str) -> Edit {
    let style = match &node.kind {
        Kind::Scalar(scalar) => scalar.style,
        _ => Style::Plain,
    };
    let other = if style == Style::DoubleQuoted {
        quoted(other)
    } else {
        other.to_owned()
    };
    let ([first, ..], [.., last]) = (siblings, siblings) else {
        let raw = match &node.kind {
            // A block cannot be in brackets.
            Kind::Scalar(scalar) if matches!(style, Style::Literal | Style::Folded) => {
                quoted(&scalar.value)
            }
            _ => source.slice(node.span).to_owned(),
        };
        return Edit::replace(node.span, format!("[{raw}, {other}]"));
    };
    // Insert at the end, so that earlier items keep their indices.
    if let Some(dash) = dash_before(source, first) {
        let line_end = source.line_ending();
        let indent = dash - source.line_span(dash).start;
        let lead = " ".repeat(indent);
        let end = end_of_item(source, last, indent);
        return Edit::insert(end, format!("{line_end}{lead}- {other}"));
    }
    // The colon of a key without a value is in no span.
    let rest = &source.text()[last.span.end..];
    let spaces = rest.len() - rest.trim_start().len();
    let colon = rest[spaces..].starts_with(':');
    let end = last.span.end + if colon { spaces + 1 } else { 0 };
    Edit::insert(end, format!(", {other}"))
}

/// Returns the position of an item's dash; `None` in a list in brackets.
fn dash_before(source: &Source, item: &Node) -> Option<usize> {
    let mut before = source.text()[..item.span.start].trim_end();
    // A comment may be between the dash and the item.
    while !before.ends_with(['-', '[', ',']) {
        let line = source.line_span(before.len()).start;
        let comment = before[line..].rfind('#')?;
        before = before[..line + comment].trim_end();
    }
    before.ends_with('-').then(|| before.len() - 1)
}

/// Returns the end of the last line of an item of a list in block style.
///
/// * `indent`: bytes before the item's dash.
fn end_of_item(source: &Source, item: &Node, indent: usize) -> usize {
    let first = source.line_span(item.span.start);
    let mut end = first.start + source.slice(first).trim_end().len();
    let mut at = first.end;
    for line in source.text()[first.end..].split_inclusive('\n') {
        let text = line.trim_end();
        let is_blank = text.is_empty();
        let is_deeper = text.len() - text.trim_start().len() > indent;
        if !is_blank && !is_deeper {
            break;
        }
        if !is_blank {
            end = at + text.len();
        }
        at += line.len();
    }
    // Lines in quotes or brackets may have any indentation.
    match source.text().get(end..item.span.end) {
        Some(more) if !more.trim().is_empty() => item.span.end,
        _ => end,
    }
}
