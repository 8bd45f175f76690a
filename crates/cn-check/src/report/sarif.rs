//! The findings as SARIF 2.1.0, for code hosts.
//!
//! # Source
//!
//! OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.

use cn_core::check::Checked;
use cn_core::foreign;
use cn_core::template::china;
use cn_core::template::diag::sentence;
use cn_core::template::rules::{RULES, Rule, find};
use cn_core::template::{Diagnostic, Severity};
use serde_json::{Value, json};

pub(super) fn render(checked: &Checked) -> String {
    let used: Vec<&str> = checked
        .findings
        .iter()
        .map(|finding| finding.code.id)
        .collect();
    let described: Vec<Value> = RULES
        .iter()
        .filter(|rule| used.contains(&rule.code.id))
        .map(|rule| descriptor(rule))
        .collect();
    let results: Vec<Value> = checked.findings.iter().map(result).collect();
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "cn-check", "version": env!("CARGO_PKG_VERSION"), "rules": described}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    foreign::json(&format!("{report:#}"))
}

/// Returns the descriptor of a rule; its help links to the rule's page and its sources.
fn descriptor(rule: &Rule) -> Value {
    let sources = rule.sources.iter().filter_map(|id| china::source(id));
    let sources: Vec<String> = sources
        .map(|source| format!("- [{}]({})", source.title, source.url))
        .collect();
    let text = format!("{} {}", sentence(rule.why), sentence(rule.help));
    json!({
        "id": rule.code.id,
        "name": rule.name,
        "shortDescription": {"text": sentence(rule.code.title)},
        "fullDescription": {"text": sentence(rule.why)},
        "help": {
            "text": text,
            "markdown": format!("{text}\n\n{}", sources.join("\n")),
        },
        "helpUri": rule.page(),
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(finding: &Diagnostic) -> Value {
    let reason = find(finding.code.id).map_or(finding.code.title, |rule| rule.why);
    let texts = [finding.message.as_str(), reason];
    let texts = texts.into_iter().chain(finding.help.as_deref());
    let texts: Vec<String> = texts.map(sentence).collect();
    let mut result = json!({
        "ruleId": finding.code.id,
        "level": level(finding.severity),
        "message": {"text": texts.join(" ")},
        "properties": {"rewritten": finding.is_rewritten},
    });
    if let Some(location) = &finding.location {
        let (start, end) = (
            location.position(),
            location.source.position(location.span.end),
        );
        result["locations"] = json!([{
            "physicalLocation": {
                "artifactLocation": {"uri": location.source.path().as_str()},
                "region": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                },
            },
        }]);
    }
    result
}
