//! Findings in the formats that people and CI systems read.

mod junit;
mod markdown;
mod sarif;

use std::fmt::Write as _;

use cn_cli::args::Format;
use cn_cli::ui::plural;
use cn_cli::{Failure, FailureKind, Ui, findings as shown};
use cn_core::check::{Checked, Fixed, Request};
use cn_core::template::{Diagnostic, Severity};
use similar::TextDiff;

/// Prints the findings on stdout and their number on stderr.
pub(crate) fn findings(
    ui: &Ui,
    request: &Request,
    checked: &Checked,
    tolerated: Option<Severity>,
) -> Result<(), Failure> {
    match ui.format() {
        Format::Text => text(ui, checked)?,
        Format::Json => {
            for finding in &checked.findings {
                ui.result("", "finding", shown::to_wire(finding))?;
            }
        }
        Format::Sarif => ui.result(&sarif::render(checked), "", ())?,
        Format::Junit => ui.result(&junit::render(checked, tolerated), "", ())?,
        Format::Markdown => ui.result(&markdown::render(request, checked), "", ())?,
    }
    ui.status(sum(request, checked));
    Ok(())
}

/// Prints the findings that need a person in full, then a line about the others.
fn text(ui: &Ui, checked: &Checked) -> Result<(), Failure> {
    let split = shown::Split::of(&checked.findings);
    let rewritten = checked
        .findings
        .iter()
        .filter(|finding| finding.is_rewritten);
    let listed = rewritten.filter(|_| ui.is_verbose());
    let is_shown = |finding: &&Diagnostic| finding.severity > Severity::Note || !ui.is_quiet();
    let mut text = String::new();
    for finding in split
        .for_people
        .iter()
        .copied()
        .chain(listed)
        .filter(is_shown)
    {
        let _ = writeln!(text, "{}\n", shown::render(finding));
    }
    if let Some(summary) = split.summary().filter(|_| !ui.is_verbose()) {
        text.push_str(&summary);
    }
    if text.is_empty() {
        return Ok(());
    }
    ui.result(&text, "findings", ())
}

/// One sentence over all.
fn sum(request: &Request, checked: &Checked) -> String {
    let regions: Vec<&str> = request
        .regions
        .iter()
        .map(cn_core::template::Region::as_str)
        .collect();
    let mut text = format!(
        "Checked {} for {}: {}, {}, {}",
        plural(checked.templates, "template"),
        regions.join(" and "),
        plural(count(checked, Severity::Error), "error"),
        plural(count(checked, Severity::Warning), "warning"),
        plural(count(checked, Severity::Note), "note"),
    );
    if checked.suppressed > 0 {
        let _ = write!(text, "; {} suppressed", checked.suppressed);
    }
    if checked.known > 0 {
        let _ = write!(text, "; {} in the baseline", checked.known);
    }
    text
}

fn count(checked: &Checked, severity: Severity) -> usize {
    checked
        .findings
        .iter()
        .filter(|finding| finding.severity == severity)
        .count()
}

fn is_failure(finding: &Diagnostic, tolerated: Option<Severity>) -> bool {
    tolerated.is_none_or(|worst| finding.severity > worst)
}

/// Fails if a finding is worse than tolerated.
pub(crate) fn verdict(checked: &Checked, tolerated: Option<Severity>) -> Result<(), Failure> {
    let failures: Vec<&Diagnostic> = checked
        .findings
        .iter()
        .filter(|finding| is_failure(finding, tolerated))
        .collect();
    if failures.is_empty() {
        return Ok(());
    }
    let severities = [Severity::Error, Severity::Warning, Severity::Note];
    let counts: Vec<String> = severities
        .into_iter()
        .filter_map(|severity| {
            let of_severity = failures
                .iter()
                .filter(|finding| finding.severity == severity);
            let count = of_severity.count();
            (count > 0).then(|| plural(count, severity.as_str()))
        })
        .collect();
    let message = match &counts[..] {
        [first, second, third] => format!("found {first}, {second} and {third}"),
        counts => format!("found {}", counts.join(" and ")),
    };
    Err(Failure::new(FailureKind::Input, message)
        .hint("`cn-check --explain CODE` explains a code; `--fix` makes literals portable"))
}

/// Prints the changes of the fixes.
pub(crate) fn diff(ui: &Ui, fixed: &[Fixed]) -> Result<(), Failure> {
    for fix in fixed {
        let path = fix.before.path();
        let diff = TextDiff::from_lines(fix.before.text(), &fix.after);
        let text = diff
            .unified_diff()
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        ui.result(
            &text,
            "diff",
            cn_cli::wire::check::Diff {
                file: path.as_str(),
                diff: &text,
            },
        )?;
    }
    Ok(())
}

/// Reports the fixes.
pub(crate) fn fixed(ui: &Ui, fixed: &[Fixed]) {
    for fix in fixed {
        ui.status(format!(
            "Fixed {} in {}",
            plural(fix.changes, "literal"),
            fix.before.path()
        ));
    }
}
