//! Messages of `cn-doctor`.

use cn_cli::report::junit;
use cn_cli::report::junit::{Case, CaseResult, Problem, Report, Suite};
use cn_cli::ui::plural;
use cn_cli::wire::doctor as wire;
use cn_cli::{Failure, FailureKind, Shown, Ui};
use cn_core::doctor::{Check, Examined, Verdict};
use cn_core::foreign::indented;

use crate::args::Format;

/// A check in the words that all formats share.
#[derive(Debug)]
pub(crate) struct Told {
    check: Check,
    verdict: Verdict,
    facts: Vec<(&'static str, String)>,
    faults: Vec<wire::Fault>,
    needs: Option<Check>,
}

impl Told {
    pub(crate) fn of(examined: Examined) -> Self {
        let verdict = examined.verdict();
        Self {
            check: examined.check,
            verdict,
            facts: examined.facts,
            faults: examined.faults.into_iter().map(fault).collect(),
            needs: examined.needs,
        }
    }

    /// Returns the check and its facts on one line, followed by a line for each fault, cause and
    /// hint.
    fn lines(&self) -> Vec<String> {
        let verdict = match self.verdict {
            Verdict::Passed => "ok",
            Verdict::Warned => "warning",
            Verdict::Skipped => "-",
            Verdict::Failed => "failed",
        };
        let facts: Vec<String> = match self.needs {
            Some(needs) => vec![format!("not checked, because {needs} failed")],
            None => self.facts.iter().map(said).collect(),
        };
        let mut lines = vec![format!(
            "{verdict:<8} {:<12} {}",
            self.check.name(),
            facts.join(", ")
        )];
        for fault in &self.faults {
            let severity = if fault.is_warning { "warning" } else { "error" };
            lines.push(format!("         {severity}: {}", fault.message));
            let causes = fault.causes.iter();
            lines.extend(causes.map(|cause| format!("           caused by: {cause}")));
            let hints = fault.hints.iter();
            lines.extend(hints.map(|hint| format!("         hint: {hint}")));
        }
        lines
    }

    fn wire(&self) -> wire::Check<'_> {
        wire::Check {
            check: self.check.name(),
            verdict: verdict_word(self.verdict),
            facts: self
                .facts
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect(),
            faults: self.faults.clone(),
            needs: self.needs.map(Check::name),
        }
    }

    fn case(&self) -> Case {
        let lines = self.lines();
        let lines: Vec<String> = lines.iter().map(|line| indented(line, "    ")).collect();
        let text = lines.join("\n");
        Case {
            class: "cn-doctor".to_owned(),
            name: self.check.name().to_owned(),
            time: None,
            result: match (self.verdict, self.faults.first()) {
                (Verdict::Skipped, _) => CaseResult::Skipped(text),
                (Verdict::Failed, Some(fault)) => CaseResult::Failed(Problem {
                    kind: "failed".to_owned(),
                    message: fault.message.clone(),
                    text,
                }),
                _ => CaseResult::Passed { said: text },
            },
        }
    }
}

fn said((name, value): &(&'static str, String)) -> String {
    format!("{}: {value}", name.replace('-', " "))
}

const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Warned => "warned",
        Verdict::Skipped => "left-out",
        Verdict::Failed => "failed",
    }
}

fn fault(fault: cn_core::doctor::Fault) -> wire::Fault {
    let is_warning = fault.is_warning();
    let failure = Failure::from(fault);
    let mut causes = failure.chain();
    wire::Fault {
        is_warning,
        message: causes.remove(0),
        causes,
        hints: failure.hints,
    }
}

/// Prints the results in a format, and fails if a check failed.
pub(crate) fn print(ui: &Ui, format: Format, examined: Vec<Examined>) -> Result<(), Failure> {
    let told: Vec<Told> = examined.into_iter().map(Told::of).collect();
    if format == Format::Junit {
        let report = Report {
            suites: vec![Suite {
                name: "cn-doctor".to_owned(),
                began: None,
                cases: told.iter().map(Told::case).collect(),
            }],
        };
        ui.result(Shown::document(&junit::render(&report)), "", ())?;
    } else {
        for check in &told {
            ui.result(check.lines(), "check", check.wire())?;
        }
    }
    let failed: Vec<&Told> = told
        .iter()
        .filter(|told| told.verdict == Verdict::Failed)
        .collect();
    let Some(first) = failed.first() else {
        let warnings = told
            .iter()
            .filter(|told| told.verdict == Verdict::Warned)
            .count();
        ui.status(match warnings {
            0 => "Nothing is missing".to_owned(),
            _ => format!(
                "Nothing is missing; {} to look at",
                plural(warnings, "thing")
            ),
        });
        return Ok(());
    };
    let message = format!(
        "{} of {} failed, first {}",
        failed.len(),
        plural(told.len(), "check"),
        first.check
    );
    let failure = Failure::new(FailureKind::Input, message);
    Err(failure.hint("fix the first failure and run `cn-doctor` again"))
}
