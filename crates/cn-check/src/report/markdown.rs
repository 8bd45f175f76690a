//! The findings as a Markdown table, for pull requests.

use std::fmt::Write as _;

use cn_cli::report::markdown::{code, sentence};
use cn_core::check::{Checked, Request};
use cn_core::template::Diagnostic;

use super::sum::sum;

pub(super) fn render(request: &Request, checked: &Checked) -> String {
    let mut out = format!("### cn-check\n\n{}.\n", sum(request, checked));
    if checked.findings.is_empty() {
        return out;
    }
    out.push_str("\n| | place | finding | what to do |\n| --- | --- | --- | --- |\n");
    for finding in &checked.findings {
        let place = finding.location.as_ref().map_or(String::new(), |location| {
            let path = location.source.path();
            code(&format!("{path}:{}", location.position().line))
        });
        let _ = writeln!(
            out,
            "| {} {} | {place} | {} | {} |",
            finding.severity.as_str(),
            finding.code.id,
            sentence(&finding.message),
            sentence(&next_step(finding))
        );
    }
    out
}

/// Returns the next step; for a rewritten value, a note that no step is needed.
fn next_step(finding: &Diagnostic) -> String {
    let help = finding.help.as_deref().unwrap_or_default();
    if finding.is_rewritten {
        format!("rewritten automatically: {help}")
    } else {
        help.to_owned()
    }
}
