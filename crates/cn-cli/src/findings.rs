//! Findings in the style of compiler messages.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use camino::Utf8Path;
use cn_core::foreign::{line, visible};
use cn_core::template::diag::Location;
use cn_core::template::{Diagnostic, Severity, Span};

use crate::shown::plural;
use crate::{Shown, advice, wire};

/// Maximum width of a finding in columns; longer lines are cut around the mark.
const WIDTH: usize = 120;

/// Characters before the mark that a cut line keeps.
const LEAD: usize = 24;

/// Columns of the line number and the frame.
const GUTTER: usize = 12;

/// Maximum length of several marked lines that are shown whole.
const LONGEST_LINES_BYTES: usize = 2000;

/// Renders a finding in color; the stream removes the color where it is not supported.
pub fn render(finding: &Diagnostic) -> Shown {
    Shown::styled(styled(finding))
}

fn styled(finding: &Diagnostic) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = line(&finding.message);
    let title = level.primary_title(&message).id(finding.code.id);
    let renderer = Renderer::styled().term_width(WIDTH);
    let help = advice::help(finding).map(|help| line(&help));
    let help = help
        .as_ref()
        .map(|help| Group::with_title(Level::HELP.secondary_title(help.as_str())));
    let Some(location) = &finding.location else {
        // The renderer would join the groups with a rule, which has no snippet to start from here.
        let groups = [Some(Group::with_title(title)), help];
        let parts = groups.into_iter().flatten();
        let lines: Vec<String> = parts.map(|group| renderer.render(&[group])).collect();
        return lines.join("\n");
    };
    let part = Part::around(location);
    let label = (!finding.label.is_empty()).then(|| line(&finding.label));
    let position = location.position();
    let path = line(location.source.path().as_str());
    let snippet = Snippet::source(&part.text)
        .path(&path)
        .line_start(position.line)
        .annotation(
            AnnotationKind::Primary
                .span(part.span)
                .label(label.as_deref()),
        );
    let groups: Vec<Group<'_>> = std::iter::once(title.element(snippet))
        .chain(help)
        .collect();
    // The renderer counts columns in the text it got.
    let place = |column: usize| format!("{path}:{}:{column}", position.line);
    let text = renderer.render(&groups);
    text.replacen(&place(part.column), &place(position.column), 1)
}

/// The marked lines. Long lines are cut around the mark, so that the size of a finding does not
/// grow with the text around it.
struct Part {
    text: String,
    span: Range<usize>,
    /// The column of the mark in this text.
    column: usize,
}

impl Part {
    fn around(location: &Location) -> Self {
        let Location { source, span } = location;
        let line = source.line_span(span.start);
        let end = source.line_span(span.end).end.max(line.end);
        let lines = Span::new(line.start, end);
        let is_short =
            lines.len() <= WIDTH - GUTTER || end > line.end && lines.len() <= LONGEST_LINES_BYTES;
        if is_short {
            let marks = span.start.saturating_sub(line.start)..span.end.saturating_sub(line.start);
            return Self::shown(source.slice(lines), marks);
        }
        Self::cut(
            source.slice(line),
            span.start.saturating_sub(line.start),
            span.len(),
        )
    }

    /// Cuts a window out of one line.
    fn cut(line: &str, at: usize, length: usize) -> Self {
        let (before, after) = line.split_at(at.min(line.len()));
        let from = before
            .char_indices()
            .nth_back(LEAD - 1)
            .map_or(0, |(at, _)| at);
        let room = WIDTH - GUTTER - before[from..].chars().count();
        let to = after
            .char_indices()
            .nth(room)
            .map_or(after.len(), |(at, _)| at);
        let dots = |is_cut: bool| if is_cut { "…" } else { "" };
        let lead = format!("{}{}", dots(from > 0), &before[from..]);
        let shown = &after[..to];
        let text = format!("{lead}{shown}{}", dots(to < after.len()));
        Self::shown(&text, lead.len()..lead.len() + length.min(shown.len()))
    }

    /// Escapes the hidden characters of a text. This lengthens the text before the mark, and the
    /// mark.
    fn shown(text: &str, marks: Range<usize>) -> Self {
        let first = marks.start.min(text.len());
        let last = marks.end.clamp(first, text.len());
        let [before, marked, after] =
            [&text[..first], &text[first..last], &text[last..]].map(visible);
        Self {
            text: format!("{before}{marked}{after}"),
            span: before.len()..before.len() + marked.len(),
            column: before.chars().count() + 1,
        }
    }
}

/// Findings as text.
#[derive(Debug)]
pub struct Listing {
    /// The findings that are printed, in order.
    pub findings: Vec<Shown>,
    /// The line about the values that are rewritten automatically, unless they are listed.
    pub summary: Option<String>,
}

/// Lists the findings that need a person, errors first, and sums up those that `cn-package` fixes by
/// itself.
///
/// * `is_verbose`: true to list every finding.
/// * `is_quiet`: true to leave out notes.
pub fn list(findings: &[Diagnostic], is_verbose: bool, is_quiet: bool) -> Listing {
    let split = Split::of(findings);
    let rewritten = findings.iter().filter(|finding| finding.is_rewritten);
    let rewritten = rewritten.filter(|_| is_verbose);
    let shown = split.for_people.iter().copied().chain(rewritten);
    let shown = shown.filter(|finding| finding.severity > Severity::Note || !is_quiet);
    let mut alike: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut places: HashMap<Kind<'_>, usize> = HashMap::new();
    for finding in shown {
        let place = *places.entry(kind(finding)).or_insert(alike.len());
        match alike.get_mut(place) {
            Some(group) => group.push(finding),
            None => alike.push(vec![finding]),
        }
    }
    let texts = alike.iter().flat_map(|group| match &group[..] {
        [first, others @ ..] if others.len() > MOST_ALIKE && !is_verbose => {
            let place = |finding: &&Diagnostic| finding.location.as_ref().map(Location::position);
            let lines: Vec<usize> = others.iter().filter_map(place).map(|at| at.line).collect();
            let more = format!(
                "the same on {}: {}; list them with `--verbose`",
                plural(others.len(), "more line"),
                few(&lines)
            );
            vec![render(first), Shown::from(more), Shown::default()]
        }
        group => group
            .iter()
            .flat_map(|it| [render(it), Shown::default()])
            .collect(),
    });
    Listing {
        findings: texts.collect(),
        summary: split.summary().filter(|_| !is_verbose),
    }
}

/// Findings of a kind that are listed in full, in addition to the first one; if there are more, only
/// their lines are.
const MOST_ALIKE: usize = 3;

/// Everything that a finding says, except for its place in the file.
type Kind<'a> = (
    &'a str,
    Severity,
    &'a str,
    Option<&'a str>,
    Option<&'a Utf8Path>,
);

fn kind(finding: &Diagnostic) -> Kind<'_> {
    let path = finding.location.as_ref().map(|at| at.source.path());
    let help = finding.help.as_deref();
    (
        finding.code.id,
        finding.severity,
        &finding.message,
        help,
        path,
    )
}

/// Returns the first few of the lines, and the number of the others.
pub fn few(lines: &[usize]) -> String {
    const MOST: usize = 5;
    let shown: Vec<String> = lines.iter().take(MOST).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match lines.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Findings in two parts: those that need a person, and those that `cn-package` fixes by itself.
#[derive(Debug)]
struct Split<'a> {
    /// Findings that need a person: errors first, then warnings, then notes.
    for_people: Vec<&'a Diagnostic>,
    /// The number of values that are rewritten automatically, by rule.
    rewritten: BTreeMap<&'static str, usize>,
}

impl<'a> Split<'a> {
    /// Splits findings; each part keeps the order of the text.
    fn of(findings: &'a [Diagnostic]) -> Self {
        let mut for_people = Vec::new();
        let mut rewritten = BTreeMap::new();
        for finding in findings {
            if finding.is_rewritten {
                *rewritten.entry(finding.code.id).or_insert(0) += 1;
            } else {
                for_people.push(finding);
            }
        }
        for_people.sort_by_key(|finding| Reverse(finding.severity));
        Self {
            for_people,
            rewritten,
        }
    }

    /// Returns one line about the values that are rewritten automatically; `None` if there are
    /// none.
    fn summary(&self) -> Option<String> {
        let total: usize = self.rewritten.values().sum();
        if total == 0 {
            return None;
        }
        let each: Vec<String> = self
            .rewritten
            .iter()
            .map(|(code, count)| format!("{code} × {count}"))
            .collect();
        let values = if total == 1 { "value is" } else { "values are" };
        Some(format!(
            "{total} {values} rewritten automatically: {}; list them with `--verbose`",
            each.join(", ")
        ))
    }
}

/// Creates the wire type of a finding.
pub fn to_wire(finding: &Diagnostic) -> wire::Finding<'_> {
    let location = finding.location.as_ref();
    let start = location.map(Location::position);
    let end = location.map(|location| location.source.position(location.span.end));
    wire::Finding {
        code: finding.code.id,
        severity: finding.severity.as_str(),
        message: &finding.message,
        path: location.map(|location| location.source.path().as_str()),
        line: start.map(|position| position.line),
        column: start.map(|position| position.column),
        end_line: end.map(|position| position.line),
        end_column: end.map(|position| position.column),
        label: &finding.label,
        help: advice::help(finding),
        rewritten: finding.is_rewritten,
    }
}

#[cfg(test)]
mod tests {
    use cn_core::template::{Code, Source, Span};
    use insta::assert_snapshot;

    use super::*;

    const CODE: Code = Code {
        id: "CN999",
        title: "example",
    };

    fn plain(finding: &Diagnostic) -> String {
        anstream::adapter::strip_str(render(finding).as_str()).to_string()
    }

    /// Renders an error at `marked` in `text`, without color.
    fn shown(text: &str, marked: &str) -> String {
        let source = Source::new("templates/app.yaml", text);
        let start = text.find(marked).unwrap();
        let span = Span::new(start, start + marked.len());
        let finding = Diagnostic::error(CODE, "ARN names the global partition")
            .at(
                &source,
                span,
                "region is cn-north-1, whose partition is `aws-cn`",
            )
            .help("write `arn:${AWS::Partition}:iam::...`");
        plain(&finding)
    }

    #[test]
    fn a_finding_shows_its_line_and_those_around() {
        let text = "Resources:\n  A:\n    Type: X # 类型\n    Properties:\n      Role: arn:aws:iam::1:role/ci # 角色\n      B: 1\n      C: 2\n";
        assert_snapshot!(shown(text, "arn:aws:iam::1:role/ci"));
    }

    #[test]
    fn columns_are_right_after_wide_characters_tabs_and_a_mark() {
        let text = "\u{feff}描述: \t\"角色 arn:aws:iam\"\r\nB: 1\r\n";
        assert_snapshot!(shown(text, "arn:aws:iam"));
    }

    #[test]
    fn columns_are_right_after_hidden_characters() {
        let text = "A: \"\u{1b}[2J\u{202e}\u{200b}\" # arn:aws:iam\u{7}\r\nB: 1\r\n";
        assert_snapshot!(shown(text, "arn:aws:iam"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!(
            "{{\"a\": \"{}\", \"b\": \"arn:aws:iam\", \"c\": \"{}\"}}",
            "x".repeat(5000),
            "y".repeat(5000)
        );
        assert_snapshot!(shown(&text, "arn:aws:iam"));
    }

    #[test]
    fn several_lines_can_be_marked() {
        let text = "a: |\n  arn:aws\n  arn:aws\nb: 1\n";
        assert_snapshot!(shown(text, "arn:aws\n  arn:aws"));
    }

    #[test]
    fn the_end_of_a_text_can_be_marked() {
        let source = Source::new("empty.yaml", "");
        let finding =
            Diagnostic::error(CODE, "the template is empty").at(&source, Span::new(0, 0), "");
        let text = plain(&finding);
        assert_snapshot!(text);
        let nowhere = Diagnostic::warning(CODE, "no place").help("none");
        let text = plain(&nowhere);
        assert_snapshot!(text);
    }

    #[test]
    fn findings_that_need_a_person_come_first_and_the_others_are_counted() {
        let rewritten = |finding: Diagnostic| Diagnostic {
            is_rewritten: true,
            ..finding
        };
        let all = [
            rewritten(Diagnostic::warning(CODE, "a")),
            Diagnostic::note(CODE, "b"),
            Diagnostic::error(CODE, "c"),
            rewritten(Diagnostic::warning(CODE, "d")),
        ];
        let split = Split::of(&all);
        let messages: Vec<&str> = split
            .for_people
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(messages, ["c", "b"]);
        assert_eq!(
            split.summary().unwrap(),
            "2 values are rewritten automatically: CN999 × 2; list them with `--verbose`"
        );
        assert_eq!(Split::of(&all[1..3]).summary(), None);
    }

    #[test]
    fn many_findings_alike_are_one_finding_and_its_lines() {
        let source = Source::new("t.yaml", "x\n".repeat(9));
        let other = Source::new("other.yaml", "x\n");
        let at = |source: &Source, line: usize| {
            let place = Span::new(line * 2, line * 2 + 1);
            Diagnostic::warning(CODE, "alike").at(source, place, "")
        };
        let mut all: Vec<Diagnostic> = (0..9).map(|line| at(&source, line)).collect();
        all.push(at(&other, 0));
        let text = |findings: &[Diagnostic], is_verbose| {
            let listing = list(findings, is_verbose, false);
            let text: Shown = listing.findings.into_iter().collect();
            anstream::adapter::strip_str(text.as_str()).to_string()
        };
        let short = text(&all, false);
        assert_eq!(short.matches("warning[CN999]: alike").count(), 2, "{short}");
        let more = "the same on 8 more lines: 2, 3, 4, 5, 6 and 3 more; list them with `--verbose`";
        assert!(short.contains(more), "{short}");
        assert_eq!(text(&all, true).matches("alike").count(), 10);
        assert_eq!(text(&all[..4], false).matches("alike").count(), 4);
    }
}
