//! JUnit's XML, as CodeBuild reports read it: one case per finding, and one for each clean run.

use std::fmt::Write as _;

use cn_core::check::Checked;
use cn_core::template::{Diagnostic, Severity};

use super::is_failure;

pub(super) fn render(checked: &Checked, tolerated: Option<Severity>) -> String {
    let failures = checked
        .findings
        .iter()
        .filter(|finding| is_failure(finding, tolerated))
        .count();
    let cases = checked.findings.len().max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites tests=\"{cases}\" failures=\"{failures}\">"
    );
    let _ = writeln!(
        out,
        "  <testsuite name=\"cn-check\" tests=\"{cases}\" failures=\"{failures}\" errors=\"0\">"
    );
    if checked.findings.is_empty() {
        let _ = writeln!(
            out,
            "    <testcase classname=\"cn-check\" name=\"{} templates\"/>",
            checked.templates
        );
    }
    for finding in &checked.findings {
        case(&mut out, finding, is_failure(finding, tolerated));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, finding: &Diagnostic, fails: bool) {
    let (file, line) = match &finding.location {
        Some(location) => (location.source.path().as_str(), location.position().line),
        None => ("cn-check", 0),
    };
    let name = format!("{} line {line}: {}", finding.code.id, finding.message);
    let _ = writeln!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\">",
        escaped(file),
        escaped(&name)
    );
    let text = format!(
        "{file}:{line}: {}: {}\n{}",
        finding.severity.as_str(),
        finding.message,
        finding.help.as_deref().unwrap_or_default()
    );
    if fails {
        let kind = finding.severity.as_str();
        let _ = writeln!(
            out,
            "      <failure type=\"{kind}\" message=\"{}\">{}</failure>",
            escaped(&finding.message),
            escaped(&text)
        );
    } else {
        let _ = writeln!(out, "      <system-out>{}</system-out>", escaped(&text));
    }
    out.push_str("    </testcase>\n");
}

/// Text for XML; control characters, which XML cannot say at all, become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
