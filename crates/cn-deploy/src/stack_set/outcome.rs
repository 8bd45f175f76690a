//! Messages about the end of a StackSet deployment, failures first.

use cn_cli::advice::words;
use cn_cli::wire::stack_set as wire;
use cn_cli::{Failure, FailureKind, Ui, ui};
use cn_core::stack_set::{
    End, InstanceResult, Operation, OperationAction, OperationStatus, Outcome, ResultStatus,
    StackSetName,
};

use super::tell::{Tell, line};
use crate::args::Args;
use crate::words::outcome::{Chain, rounded};

/// Maximum number of failed results that a failure lists; the events and the report have all.
const MOST: usize = 20;

/// Reports an outcome; an outcome that did not reach its goal is a failure.
pub(super) fn report(
    ui: &Ui,
    args: &Args,
    tell: &Tell<'_>,
    outcome: &Outcome,
) -> Result<(), Failure> {
    let name = &outcome.name;
    match &outcome.end {
        End::NoChanges => {
            unchanged(ui, args, name)?;
            print(ui, outcome, "unchanged")
        }
        End::Done { is_new } => {
            let (verb, result) = match is_new {
                _ if args.run.attach => ("followed", "followed"),
                true => ("created", "created"),
                false => ("updated", "updated"),
            };
            for failed in outcome.failed() {
                ui.warn(format!("within the failure tolerance: {}", line(failed)));
            }
            ui.status(format!(
                "Successfully {verb} StackSet {name} in {}",
                rounded(outcome.elapsed)
            ));
            print(ui, outcome, result)
        }
        End::Failed => Err(failed(tell, outcome)),
        End::Running { operation } => Err(running(tell, outcome, operation.as_deref())),
    }
}

/// Reports that nothing changes, which is a failure with `--fail-on-empty-changeset`.
pub(super) fn unchanged(ui: &Ui, args: &Args, name: &StackSetName) -> Result<(), Failure> {
    let sentence = format!("StackSet {name} and its instances already match the template");
    crate::words::outcome::unchanged(ui, args, &sentence)
}

/// Prints `ACCOUNT REGION STATUS` lines, or one JSON record.
fn print(ui: &Ui, outcome: &Outcome, result: &str) -> Result<(), Failure> {
    let results = outcome.operations.iter().flat_map(|it| &it.results);
    let lines: Vec<String> = results
        .map(|it| format!("{} {} {}", it.place.account, it.place.region, it.status))
        .collect();
    if lines.is_empty() && !ui.is_json() {
        return Ok(());
    }
    let body = wire::StackSet {
        stack_set: outcome.name.as_str(),
        result,
        operations: operations(outcome),
    };
    ui.result(lines, "stack-set", body)
}

fn operations(outcome: &Outcome) -> Vec<wire::StackSetOperation<'_>> {
    let operations = outcome.operations.iter();
    operations.map(wire::StackSetOperation::from).collect()
}

fn failed(tell: &Tell<'_>, outcome: &Outcome) -> Failure {
    let name = &outcome.name;
    let Some(operation) = outcome.operations.last() else {
        return Failure::new(FailureKind::Failed, format!("StackSet `{name}` failed"));
    };
    let failures: Vec<&InstanceResult> = operation.with(&ResultStatus::Failed).collect();
    let how = if operation.status == OperationStatus::Stopped {
        "was stopped"
    } else {
        "failed"
    };
    let all = operation.results.len();
    let counted = match failures.len() {
        0 => String::new(),
        failed => format!(": {failed} of {} failed", ui::plural(all, "instance")),
    };
    let message = format!(
        "operation `{}` ({}) of StackSet `{name}` {how} after {}{counted}",
        operation.id,
        operation.action,
        rounded(outcome.elapsed),
    );
    let said = || operation.reason.clone();
    let first = failures.first().map(|it| reason(it)).or_else(said);
    let first = first.unwrap_or_else(|| "CloudFormation gives no reason".to_owned());
    let mut failure = Failure::new(FailureKind::Failed, Chain::new(message, Some(first)));
    for other in failures.iter().skip(1).take(MOST) {
        failure = failure.note(format!("failed too: {}", reason(other)));
    }
    if failures.len() > MOST + 1 {
        let more = failures.len() - MOST - 1;
        failure = failure.note(format!("{} more failed", ui::plural(more, "instance")));
    }
    for note in consequences(outcome, operation) {
        failure = failure.note(note);
    }
    if let Some(step) = failures.iter().find_map(|it| it.advice()) {
        failure = failure.hint(words(step));
    }
    failure
        .data("operations", operations(outcome))
        .hint(format!(
            "fix the cause and run again, which retries every instance that is not current; print \
             this result again with `{}`",
            tell.return_to(&operation.id)
        ))
}

/// Formats a reason: `111122223333 in cn-north-1: REASON`.
fn reason(result: &InstanceResult) -> String {
    let reason = result.reason.as_deref();
    let reason = reason.unwrap_or("CloudFormation gives no reason");
    format!("{}: {reason}", result.place)
}

fn consequences(outcome: &Outcome, operation: &Operation) -> Vec<String> {
    let mut notes = Vec::new();
    let cancelled = operation.with(&ResultStatus::Cancelled).count();
    if cancelled > 0 {
        let instances = ui::plural(cancelled, "instance");
        notes.push(format!("{instances} canceled because of it"));
    }
    if operation.action == OperationAction::Update {
        // Source: CloudFormation API reference, `UpdateStackSet`.
        notes.push(format!(
            "StackSet `{}` keeps the new template; instances that were not updated are OUTDATED",
            outcome.name
        ));
    }
    if outcome.not_started > 0 {
        let operations = ui::plural(outcome.not_started, "operation");
        notes.push(format!("{operations} that create instances: not started"));
    }
    notes
}

fn running(tell: &Tell<'_>, outcome: &Outcome, operation: Option<&str>) -> Failure {
    let name = &outcome.name;
    let Some(id) = operation else {
        let message = format!(
            "the time limit was reached before StackSet `{name}` had an operation; it may have been created"
        );
        return Failure::new(FailureKind::Running, message).hint("run again");
    };
    let is_followed = outcome.operations.iter().any(|it| it.id == id);
    let goes_on = if is_followed {
        "continues"
    } else {
        "may have started"
    };
    let message =
        format!("the time limit was reached; operation `{id}` of StackSet `{name}` {goes_on}");
    let mut failure = Failure::new(FailureKind::Running, message);
    for failed in outcome.failed().take(MOST) {
        failure = failure.note(format!("failed: {}", reason(failed)));
    }
    failure
        .data("operations", operations(outcome))
        .hint(format!("follow it with `{}`", tell.return_to(id)))
}
