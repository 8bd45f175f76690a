//! The report as JUnit XML: one case per resource, one suite per stack.

use cn_core::foreign::indented;
use cn_core::report::{Node, Report, State, Verdict};

use super::words;
use cn_cli::advice;
use cn_cli::report::junit as writer;
use cn_cli::report::junit::{Case, CaseResult, Problem, Suite};
use cn_core::stack::ResourceStatus;

pub(super) fn render(report: &Report) -> String {
    let mut suites = Vec::new();
    let subject = words::subject(report);
    suite(report, subject, &report.resources, &mut suites);
    // The first suite is the stack's own.
    suites[0].cases.insert(0, stack(report));
    writer::render(&writer::Report { suites })
}

/// Adds the suite of a stack, followed by the suites of its nested stacks.
fn suite(report: &Report, name: &str, nodes: &[Node], suites: &mut Vec<Suite>) {
    suites.push(Suite {
        name: name.to_owned(),
        began: report
            .began
            .map(|began| began.to_string().trim_end_matches('Z').to_owned()),
        cases: nodes.iter().map(|node| case(report, name, node)).collect(),
    });
    for node in nodes.iter().filter(|node| !node.children.is_empty()) {
        suite(
            report,
            &format!("{name}/{}", node.logical_id),
            &node.children,
            suites,
        );
    }
}

fn case(report: &Report, suite: &str, node: &Node) -> Case {
    let because = || match &report.cause {
        Some(cause) => format!("because of `{}`", cause.event.full_path()),
        None => "because of another resource".to_owned(),
    };
    let reason = node.reason.as_deref();
    let result = match node.state {
        State::Done | State::LeftBehind => CaseResult::Passed {
            said: indented(reason.unwrap_or_default(), "    "),
        },
        State::Failed => CaseResult::Failed(problem(report, node)),
        State::FailedInside => CaseResult::Skipped(format!("failed {}", because())),
        State::Cancelled => CaseResult::Skipped(format!("cancelled {}", because())),
        State::Undone => CaseResult::Skipped(format!("rolled back {}", because())),
        State::Running => CaseResult::Skipped("still in progress when the run ended".to_owned()),
        State::Waiting => CaseResult::Skipped("not begun".to_owned()),
    };
    Case {
        class: suite.to_owned(),
        name: format!("{} ({})", node.logical_id, node.resource_type),
        time: node.time(),
        result,
    }
}

fn problem(report: &Report, node: &Node) -> Problem {
    let kind = node
        .status
        .as_ref()
        .map_or("REFUSED", ResourceStatus::as_str);
    let reason = node.reason.as_deref().unwrap_or("no reason was given");
    let mut lines = vec![format!(
        "{} ({}) {kind}: {reason}",
        node.path, node.resource_type
    )];
    let known = |label: &str, value: Option<&str>| value.map(|value| format!("{label}: {value}"));
    lines.extend(known("physical ID", node.physical_id.as_deref()));
    if node.is_cause {
        lines.extend(known("hint", report.advice.map(advice::words).as_deref()));
        lines.extend(words::consequences(report));
        if let Some(log) = report.log.as_ref().filter(|log| !log.lines.is_empty()) {
            lines.push(format!("its function logged to {}:", log.place.group));
            lines.extend(log.lines.iter().map(|line| format!("  {line}")));
        }
    }
    lines.extend(known("console", report.console.as_deref()));
    let lines: Vec<String> = lines.iter().map(|line| indented(line, "    ")).collect();
    Problem {
        kind: kind.to_owned(),
        message: reason.to_owned(),
        text: lines.join("\n"),
    }
}

/// Returns the case of the stack itself, which fails if no resource explains the failure of the
/// run.
fn stack(report: &Report) -> Case {
    let says_why = report.walk().any(|node| node.state == State::Failed);
    let result = match report.failure.first() {
        Some(message) if !says_why => CaseResult::Error(Problem {
            kind: words::verdict(report).to_owned(),
            message: match report.failure.get(1) {
                Some(cause) => format!("{message}: {cause}"),
                None => message.clone(),
            },
            text: {
                let indented = |text: &String| indented(text, "    ");
                let causes: Vec<String> = report.failure.iter().map(indented).collect();
                let hints = report.hints.iter().map(indented);
                let hints = hints.map(|hint| format!("\nhint: {hint}"));
                causes.join("\ncaused by: ") + &hints.collect::<String>()
            },
        }),
        Some(message) => CaseResult::Skipped(message.clone()),
        None if matches!(report.verdict, Verdict::Reviewable | Verdict::Previewed) => {
            CaseResult::Skipped(words::sentence(report))
        }
        None => CaseResult::Passed {
            said: words::left_behind(report)
                .chain(report.validations.iter().map(words::validation))
                .chain(words::in_background(report))
                .map(|warning| indented(&warning, "    "))
                .collect::<Vec<_>>()
                .join("\n"),
        },
    };
    Case {
        class: words::subject(report).to_owned(),
        name: format!("{} (AWS::CloudFormation::Stack)", words::subject(report)),
        time: report.elapsed,
        result,
    }
}
