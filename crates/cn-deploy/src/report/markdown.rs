//! The report as a Markdown summary, for pull requests and build pages.

use std::fmt::Write as _;

use cn_core::report::{Node, Report};

use super::words;
use cn_cli::advice;
use cn_cli::report::markdown::{code, sentence, text};

pub(super) fn render(report: &Report) -> String {
    let mut out = format!(
        "### {}: {}\n\n",
        text(words::subject(report)),
        words::verdict(report)
    );
    let mut facts = vec![words::sentence(report)];
    facts.extend(report.region.as_ref().map(ToString::to_string));
    facts.extend(report.began.map(|began| began.to_string()));
    facts.extend(
        report
            .console
            .as_ref()
            .map(|url| format!("[console]({url})")),
    );
    let _ = writeln!(out, "{}", facts.join(" - "));
    for warning in words::left_behind(report) {
        let _ = writeln!(out, "\n**Warning:** {}.", sentence(&warning));
    }
    if let Some(note) = words::in_background(report) {
        let _ = writeln!(out, "\n{}.", sentence(&note));
    }
    cause(&mut out, report);
    resources(&mut out, report);
    changes(&mut out, report);
    outputs(&mut out, report);
    out
}

fn cause(out: &mut String, report: &Report) {
    let Some(cause) = &report.cause else {
        failure(out, report);
        return;
    };
    let _ = writeln!(
        out,
        "\n**Failed first:** {} ({})\n\n> {}",
        code(&cause.event.full_path()),
        text(&cause.event.resource_type),
        text(&cause.reason)
    );
    let advice = report
        .advice
        .map(|advice| format!("Hint: {}", sentence(&advice::words(advice))));
    for line in advice.into_iter().chain(words::consequences(report)) {
        let _ = writeln!(out, "\n{line}.");
    }
    if let Some(log) = report.log.as_ref().filter(|log| !log.lines.is_empty()) {
        let _ = writeln!(
            out,
            "\nIts function logged to {}:\n",
            code(&log.place.group)
        );
        for line in &log.lines {
            let _ = writeln!(out, "{}  ", code(line));
        }
    }
    for other in &cause.others {
        let why = other.reason.as_deref().unwrap_or(other.status.as_str());
        let _ = writeln!(
            out,
            "\nFailed too: {} ({}): {}",
            code(&other.full_path()),
            text(&other.resource_type),
            text(why)
        );
    }
}

fn failure(out: &mut String, report: &Report) {
    if report.failure.is_empty() {
        return;
    }
    out.push('\n');
    let lines = report.failure.iter().flat_map(|line| line.lines());
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(out, "> {}  ", sentence(line));
    }
    for hint in &report.hints {
        let _ = writeln!(out, "\nHint: {}.", sentence(hint));
    }
}

fn resources(out: &mut String, report: &Report) {
    let counts = words::counts(report);
    if counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{counts}.");
    let timed = |node: &Node| {
        let time = node.time().map(words::duration).unwrap_or_default();
        format!("{} {time}", code(&node.path))
    };
    let path: Vec<String> = words::slowest(report).map(timed).collect();
    if !path.is_empty() {
        let _ = writeln!(out, "\nSlowest path: {}", path.join(", then "));
    }
}

fn changes(out: &mut String, report: &Report) {
    if report.changes.is_empty() && report.validations.is_empty() {
        return;
    }
    out.push_str("\n| change | resource | type | details |\n| --- | --- | --- | --- |\n");
    for change in &report.changes {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            text(&words::effect(&change.effect())),
            code(&change.full_path()),
            text(&change.resource_type),
            text(&change.causes().join(", "))
        );
    }
    for detail in &report.validations {
        let _ = writeln!(
            out,
            "| **WARNING** | {} | {} | {} |",
            code(&detail.logical_id),
            text(&detail.resource_type),
            text(&words::validation(detail))
        );
    }
}

fn outputs(out: &mut String, report: &Report) {
    if report.outputs.is_empty() {
        return;
    }
    out.push_str("\n| output | value |\n| --- | --- |\n");
    for output in &report.outputs {
        let _ = writeln!(out, "| {} | {} |", code(&output.key), code(&output.value));
    }
}
