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

/// Prints what was found: the result on stdout, its sum on stderr.
pub(crate) fn findings(
    ui: &Ui,
    request: &Request,
    checked: &Checked,
    tolerated: Option<Severity>,
) -> Result<(), Failure> {
    match ui.format() {
        Format::Text => {
            let worth_showing = checked
                .findings
                .iter()
                .filter(|finding| finding.severity > Severity::Note || !ui.is_quiet());
            let mut text = String::new();
            for finding in worth_showing {
                let _ = writeln!(text, "{}\n", shown::render(finding));
            }
            if !text.is_empty() {
                ui.result(&text, "findings", ())?;
            }
        }
        Format::Json => {
            for finding in &checked.findings {
                ui.result("", "finding", cn_cli::wire::check::Finding::of(finding))?;
            }
        }
        Format::Sarif => ui.result(&sarif::render(checked), "", ())?,
        Format::Junit => ui.result(&junit::render(checked, tolerated), "", ())?,
        Format::Markdown => ui.result(&markdown::render(request, checked), "", ())?,
    }
    ui.status(sum(request, checked));
    Ok(())
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

/// Fails when something worse was found than is tolerated.
pub(crate) fn verdict(checked: &Checked, tolerated: Option<Severity>) -> Result<(), Failure> {
    let failures: Vec<&Diagnostic> = checked
        .findings
        .iter()
        .filter(|finding| is_failure(finding, tolerated))
        .collect();
    let Some(worst) = failures.iter().map(|finding| finding.severity).max() else {
        return Ok(());
    };
    let message = format!(
        "{} that will not work",
        plural(failures.len(), worst.as_str())
    );
    Err(Failure::new(FailureKind::Input, message).hint(
        "`cn-check --explain CODE` says what a code is about; `--fix` makes literals portable",
    ))
}

/// Prints what the fixes change.
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

/// Says what was fixed.
pub(crate) fn fixed(ui: &Ui, fixed: &[Fixed]) {
    for fix in fixed {
        ui.status(format!(
            "Fixed {} in {}",
            plural(fix.changes, "literal"),
            fix.before.path()
        ));
    }
}
