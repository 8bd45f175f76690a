//! Findings in the formats that people and CI systems read.

mod junit;
mod markdown;
mod sarif;
mod sum;

use std::fmt::Write as _;

use cn_cli::ui::plural;
use cn_cli::{Failure, Ui, findings as shown};
use cn_core::check::{Checked, Fixed, Request};
use cn_core::template::{Diagnostic, Severity};
use similar::TextDiff;

use crate::args::Format;

pub(crate) use sum::verdict;

/// Prints the findings on stdout and their number on stderr.
pub(crate) fn findings(
    ui: &Ui,
    request: &Request,
    checked: &Checked,
    format: Format,
    tolerated: Option<Severity>,
) -> Result<(), Failure> {
    match format {
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
    ui.status(sum::sum(request, checked));
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
