//! Findings as compilers show them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use cn_core::template::diag::Location;
use cn_core::template::{Diagnostic, Severity};

use crate::wire;

/// Columns a finding takes at most; longer lines are cut around what is marked.
const WIDTH: usize = 120;

/// Lines above and below a marked one that the renderer gets to see.
const CONTEXT_LINES: usize = 2;

/// A finding in color; the stream takes the color away where there is none.
pub fn render(finding: &Diagnostic) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code.id);
    let renderer = Renderer::styled().term_width(WIDTH);
    let help = finding.help.as_ref();
    let help = help.map(|help| Group::with_title(Level::HELP.secondary_title(help.as_str())));
    let Some(location) = &finding.location else {
        // Groups of one report are joined by a rule, which has nothing to stand under here.
        let groups = [Some(Group::with_title(title)), help];
        let parts = groups.into_iter().flatten();
        let lines: Vec<String> = parts.map(|group| renderer.render(&[group])).collect();
        return lines.join("\n");
    };
    let part = Part::around(location);
    let label = (!finding.label.is_empty()).then_some(finding.label.as_str());
    let snippet = Snippet::source(part.text)
        .path(location.source.path().as_str())
        .line_start(part.first_line)
        .annotation(AnnotationKind::Primary.span(part.span).label(label));
    let groups: Vec<Group<'_>> = std::iter::once(title.element(snippet))
        .chain(help)
        .collect();
    renderer.render(&groups)
}

/// The lines around a location: a renderer that got the whole text would
/// look through it once for every finding.
struct Part<'a> {
    text: &'a str,
    first_line: usize,
    span: std::ops::Range<usize>,
}

impl<'a> Part<'a> {
    fn around(location: &'a Location) -> Self {
        let text = location.source.text();
        let span = location.span;
        let mut start = line_start(text, span.start);
        for _ in 0..CONTEXT_LINES {
            start = line_start(text, start.saturating_sub(1));
        }
        let mut end = span.end.max(span.start).min(text.len());
        for _ in 0..=CONTEXT_LINES {
            end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
        }
        let mark = if start == 0 && text.starts_with('\u{feff}') {
            3
        } else {
            0
        };
        let start = start + mark;
        Self {
            text: &text[start..end],
            first_line: location.source.position(start).line,
            span: span.start.saturating_sub(start)..span.end.saturating_sub(start),
        }
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// A finding as a wire type.
pub(crate) fn to_wire(finding: &Diagnostic) -> wire::Finding<'_> {
    let position = finding.location.as_ref().map(Location::position);
    wire::Finding {
        code: finding.code.id,
        severity: finding.severity.as_str(),
        message: &finding.message,
        path: finding
            .location
            .as_ref()
            .map(|location| location.source.path().as_str()),
        line: position.map(|position| position.line),
        column: position.map(|position| position.column),
        label: &finding.label,
        help: finding.help.as_deref(),
    }
}
