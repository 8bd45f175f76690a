//! The findings as JUnit XML: one case per finding, or a single case for a clean run.

use cn_cli::report::junit::{Case, CaseResult, Problem, Report, Suite, render as written};
use cn_core::check::Checked;
use cn_core::foreign;
use cn_core::template::{Diagnostic, Severity};

use super::sum::is_failure;

pub(super) fn render(checked: &Checked, tolerated: Option<Severity>) -> String {
    let mut cases: Vec<Case> = checked
        .findings
        .iter()
        .map(|finding| case(finding, is_failure(finding, tolerated)))
        .collect();
    if cases.is_empty() {
        cases.push(Case {
            class: "cn-check".to_owned(),
            name: format!("{} templates", checked.templates),
            time: None,
            result: CaseResult::Passed {
                said: String::new(),
            },
        });
    }
    written(&Report {
        suites: vec![Suite {
            name: "cn-check".to_owned(),
            began: None,
            cases,
        }],
    })
}

fn case(finding: &Diagnostic, fails: bool) -> Case {
    let (file, line) = match &finding.location {
        Some(location) => (location.source.path().as_str(), location.position().line),
        None => ("cn-check", 0),
    };
    let text = format!(
        "{}:{line}: {}: {}\n{}{}",
        foreign::line(file),
        finding.severity.as_str(),
        foreign::line(&finding.message),
        foreign::line(finding.help.as_deref().unwrap_or_default()),
        if finding.is_rewritten {
            "\nrewritten automatically"
        } else {
            ""
        }
    );
    Case {
        class: file.to_owned(),
        name: format!("{} line {line}: {}", finding.code.id, finding.message),
        time: None,
        result: if fails {
            CaseResult::Failed(Problem {
                kind: finding.severity.as_str().to_owned(),
                message: finding.message.clone(),
                text,
            })
        } else {
            CaseResult::Passed { said: text }
        },
    }
}
