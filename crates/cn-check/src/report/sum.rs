//! The number of findings, and the verdict on them.

use std::fmt::Write as _;

use cn_cli::ui::plural;
use cn_cli::{Failure, FailureKind};
use cn_core::check::{Checked, Request};
use cn_core::template::{Diagnostic, Severity};

/// Returns one sentence about all findings.
pub(super) fn sum(request: &Request, checked: &Checked) -> String {
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

pub(super) fn is_failure(finding: &Diagnostic, tolerated: Option<Severity>) -> bool {
    tolerated.is_none_or(|worst| finding.severity > worst)
}

/// Fails if a finding is worse than tolerated.
///
/// * `is_fixed`: true if `--fix` has already made the literals portable.
pub(crate) fn verdict(
    checked: &Checked,
    tolerated: Option<Severity>,
    is_fixed: bool,
) -> Result<(), Failure> {
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
    let can_fix = !is_fixed && checked.findings.iter().any(|it| it.is_rewritten);
    Err(Failure::new(FailureKind::Input, message).hint(if can_fix {
        "`cn-check --explain CODE` explains a code; `--fix` makes literals portable"
    } else {
        "`cn-check --explain CODE` explains a code"
    }))
}
