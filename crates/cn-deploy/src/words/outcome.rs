//! Messages about the end of a deployment: outputs on stdout, or a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8Path;
use cn_cli::advice::words;
use cn_cli::wire::deploy as wire;
use cn_cli::{Failure, FailureKind, Ui, ui};
use cn_core::deploy::{End, GateKind, Outcome, Refusal};
use cn_core::failure::Cause;
use cn_core::file::{Readers, WriteError, write_atomic};
use cn_core::stack::{
    Background, ChangeSetKind, ChangeSetName, Detail, Output, ResourceEvent, StackStatus,
};

use super::{Log, Place, changes};
use crate::args::{Args, NO_CHANGES};

/// Reports an outcome, then writes the requested files. An outcome that did not reach its goal is a
/// failure, whether or not the files can be written.
pub(crate) fn report(
    ui: &Ui,
    args: &Args,
    place: &Place,
    outcome: &Outcome,
    log: Option<&Log>,
) -> Result<(), Failure> {
    let ended = told(ui, args, place, outcome, log);
    for error in unwritten(ui, args, place, outcome) {
        ui.warn(format!(
            "{error}: {}; this does not change the outcome",
            error.source
        ));
    }
    ended
}

/// Writes the requested files; returns the errors of files that could not be written.
fn unwritten(ui: &Ui, args: &Args, place: &Place, outcome: &Outcome) -> Vec<WriteError> {
    let change_set = match &outcome.end {
        End::Reviewable { change_set_id } => Some(change_set_id.as_str()),
        _ => None,
    };
    let changes = args.run.changeset_file.iter();
    let mut files: Vec<(&Utf8Path, String)> = changes
        .map(|path| {
            (
                path.as_path(),
                changes::document(path, place, outcome, change_set),
            )
        })
        .collect();
    let is_look = args.run.no_execute_changeset || args.run.plan;
    let outputs = match &outcome.end {
        End::Done { outputs, .. } => Some(outputs),
        End::NoChanges { outputs } if !is_look && !args.run.fail_on_empty_changeset => {
            Some(outputs)
        }
        _ => None,
    };
    if let Some(outputs) = outputs {
        let json = args.run.outputs_file.as_deref();
        files.extend(json.map(|path| (path, Output::to_json(&outcome.stack, outputs))));
        let exports = args.run.env_file.as_deref();
        files.extend(exports.map(|path| (path, Output::to_exports(outputs))));
    }
    if let Some(path) = &args.run.env_file {
        for output in outputs.into_iter().flatten() {
            if let Some(why) = output.not_exported() {
                ui.warn(format!(
                    "output `{}` was not written to `{path}`: {why}",
                    output.key
                ));
            }
        }
    }
    let written = files
        .iter()
        .map(|(path, text)| write_atomic(path, text.as_bytes(), Readers::Anybody));
    written.filter_map(Result::err).collect()
}

/// Prints an outcome.
fn told(
    ui: &Ui,
    args: &Args,
    place: &Place,
    outcome: &Outcome,
    log: Option<&Log>,
) -> Result<(), Failure> {
    let stack = &outcome.stack;
    match &outcome.end {
        End::Done {
            outputs,
            is_cleaning_up,
        } => {
            let verb = verb(outcome.kind);
            ui.status(format!(
                "Successfully {verb} stack {stack} in {}",
                rounded(outcome.elapsed)
            ));
            if *is_cleaning_up {
                ui.note(format!(
                    "stack `{stack}` is still deleting replaced resources; the next deployment has \
                     to wait for that"
                ));
            }
            print(ui, outcome, outputs, verb)?;
            left_behind(ui, outcome);
            in_background(ui, args, outcome);
            Ok(())
        }
        End::Deleted => {
            ui.status(format!(
                "Stack {stack} was deleted in {}",
                rounded(outcome.elapsed)
            ));
            Ok(())
        }
        End::NoChanges { outputs } => no_changes(ui, args, place, outcome, outputs),
        End::Reviewable { change_set_id } => review(ui, place, outcome, change_set_id),
        End::Previewed => preview(ui, outcome),
        End::Gated { refusals } => {
            if args.run.plan && !ui.is_json() {
                ui.status(changes::table(&outcome.changes, &outcome.validation).join("\n"));
            }
            Err(gated(outcome, refusals))
        }
        End::Refused { reason, details } => Err(refused(place, outcome, reason, details)),
        End::Failed {
            status,
            cause,
            reason,
        } => {
            let failed = Failed {
                status: status.as_ref(),
                cause: cause.as_deref(),
                reason: reason.as_deref(),
                log,
            };
            Err(failed.failure(ui, place, outcome))
        }
        End::Running {
            status,
            is_executing,
        } => Err(running(place, outcome, status.as_ref(), *is_executing)),
    }
}

/// Warns about each resource that could not be deleted.
fn left_behind(ui: &Ui, outcome: &Outcome) {
    for event in outcome.left_behind() {
        ui.warn(format!(
            "`{}` ({}) was not deleted and no longer belongs to a stack: it may cost money until \
             you delete `{}`: {}",
            event.full_path(),
            event.resource_type,
            event.physical_id.as_deref().unwrap_or(&event.logical_id),
            event
                .reason
                .as_deref()
                .unwrap_or("CloudFormation gives no reason")
        ));
    }
}

/// Lists the resources that may not be ready yet.
fn in_background(ui: &Ui, args: &Args, outcome: &Outcome) {
    for (background, what) in [
        (
            Background::BecomingReady,
            "configured but may not be ready yet",
        ),
        (
            Background::BeingDeleted,
            "still being deleted in the background",
        ),
    ] {
        let events = outcome.in_background();
        let named = events.iter().filter(|it| it.background == Some(background));
        let named: Vec<String> = named.map(|event| event.full_path()).collect();
        if named.is_empty() {
            continue;
        }
        let verb = if named.len() == 1 { "is" } else { "are" };
        let message = format!(
            "{} {verb} {what}: {}",
            ui::plural(named.len(), "resource"),
            named.join(", ")
        );
        if args.run.wait_ready {
            ui.warn(format!("{message}; no further event arrived in time"));
        } else {
            ui.note(message);
        }
    }
}

const fn verb(kind: ChangeSetKind) -> &'static str {
    match kind {
        ChangeSetKind::Create => "created",
        ChangeSetKind::Update => "updated",
    }
}

/// Formats a duration in whole seconds, such as `4m 12s`.
pub(crate) fn rounded(elapsed: Duration) -> String {
    humantime::format_duration(Duration::from_secs(elapsed.as_secs())).to_string()
}

/// Prints the outputs as `Key = Value` lines, or as one JSON record.
fn print(ui: &Ui, outcome: &Outcome, outputs: &[Output], result: &str) -> Result<(), Failure> {
    if outputs.is_empty() && !ui.is_json() {
        return Ok(());
    }
    let lines: Vec<String> = outputs
        .iter()
        .map(|output| format!("{} = {}", output.key, output.value))
        .collect();
    let body = wire::Outputs {
        stack: outcome.stack.as_str(),
        stack_id: outcome.stack_id.as_deref(),
        result,
        outputs: outputs
            .iter()
            .map(|output| (output.key.as_str(), output.value.as_str()))
            .collect::<BTreeMap<_, _>>(),
        in_background: {
            let events = outcome.in_background();
            events.iter().map(|event| event.full_path()).collect()
        },
    };
    ui.result(lines, "outputs", body)
}

fn no_changes(
    ui: &Ui,
    args: &Args,
    place: &Place,
    outcome: &Outcome,
    outputs: &[Output],
) -> Result<(), Failure> {
    let sentence = format!(
        "stack {} already matches {}",
        outcome.stack,
        place.template.as_deref().unwrap_or("the template")
    );
    unchanged(ui, args, &sentence)?;
    // A caller that wants a change set takes stdout as its ARN.
    if !args.run.no_execute_changeset && !args.run.plan {
        return print(ui, outcome, outputs, "unchanged");
    }
    let body = wire::ChangeSet {
        stack: outcome.stack.as_str(),
        change_set_id: None,
        changes: Vec::new(),
        validations: Vec::new(),
    };
    if args.run.plan && !ui.is_json() {
        return Ok(());
    }
    ui.result(NO_CHANGES, "change-set", body)
}

/// Reports that a run changes nothing, which is a failure with `--fail-on-empty-changeset`.
pub(crate) fn unchanged(ui: &Ui, args: &Args, sentence: &str) -> Result<(), Failure> {
    if args.run.fail_on_empty_changeset {
        return Err(
            Failure::new(FailureKind::NoChanges, format!("no changes: {sentence}"))
                .hint("remove `--fail-on-empty-changeset` if this is not a failure"),
        );
    }
    ui.status(format!("No changes: {sentence}"));
    Ok(())
}

/// Reports a run that executes the result of a review without changes.
pub(crate) fn nothing_to_execute(ui: &Ui, args: &Args) -> Result<(), Failure> {
    unchanged(
        ui,
        args,
        "the review created no change set, so there is nothing to execute",
    )
}

fn review(ui: &Ui, place: &Place, outcome: &Outcome, id: &str) -> Result<(), Failure> {
    let look = format!("cloudformation describe-change-set --change-set-name {id}");
    let stack_id = outcome.stack_id.as_deref();
    let url = stack_id.and_then(|stack_id| place.region.console_change_set_url(stack_id, id));
    let url = url.map_or(String::new(), |url| format!("\n  console: {url}"));
    ui.status(format!(
        "Change set {} of stack {} waits for review\n  show:    {}{url}\n  execute: cn-deploy \
         --execute-changeset {id} {}",
        outcome
            .change_set
            .as_ref()
            .map_or("", ChangeSetName::as_str),
        outcome.stack,
        place.aws(&look),
        place.flags
    ));
    let body = wire::ChangeSet {
        stack: outcome.stack.as_str(),
        change_set_id: Some(id),
        changes: outcome.changes.iter().map(changes::to_wire).collect(),
        validations: changes::validations(outcome.validation.details()),
    };
    ui.result(id, "change-set", body)
}

fn preview(ui: &Ui, outcome: &Outcome) -> Result<(), Failure> {
    let removed = if outcome.is_tidy {
        "; the change set was deleted"
    } else {
        ""
    };
    ui.status(format!(
        "Nothing was changed in stack {}{removed}",
        outcome.stack
    ));
    let body = wire::ChangeSet {
        stack: outcome.stack.as_str(),
        change_set_id: None,
        changes: outcome.changes.iter().map(changes::to_wire).collect(),
        validations: changes::validations(outcome.validation.details()),
    };
    ui.result(
        changes::table(&outcome.changes, &outcome.validation),
        "change-set",
        body,
    )
}

/// A message and its cause.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Chain {
    message: String,
    #[source]
    cause: Option<Box<Chain>>,
}

impl Chain {
    pub(crate) fn new(message: impl Into<String>, cause: Option<String>) -> Self {
        Self {
            message: message.into(),
            cause: cause.map(|message| {
                Box::new(Self {
                    message,
                    cause: None,
                })
            }),
        }
    }
}

fn gated(outcome: &Outcome, refusals: &[Refusal]) -> Failure {
    let lines: Vec<String> = refusals
        .iter()
        .map(|refusal| {
            let whose = match (refusal.logical_id.as_str(), refusal.resource_type.as_str()) {
                ("", _) => String::new(),
                (id, kind) => format!("`{id}` ({kind}) "),
            };
            match refusal.advice {
                Some(_) => format!("{whose}{}", refusal.why),
                None => format!("{whose}{} (--deny {})", refusal.why, refusal.gate),
            }
        })
        .collect();
    let is_change = |refusal: &&Refusal| refusal.gate.kind != GateKind::ValidationWarning;
    let changes = refusals.iter().filter(is_change).count();
    let warnings = refusals.len() - changes;
    let counts = [(changes, "change"), (warnings, "warning")];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| ui::plural(*count, what))
        .collect();
    let message = format!(
        "stack `{}` was not changed: {} refused",
        outcome.stack,
        counts.join(" and ")
    );
    let data: Vec<wire::Refusal<'_>> = refusals
        .iter()
        .map(|refusal| wire::Refusal {
            gate: refusal.gate.to_string(),
            logical_id: &refusal.logical_id,
            resource_type: &refusal.resource_type,
            reason: &refusal.why,
        })
        .collect();
    let chain = Chain::new(message, Some(lines.join("\n")));
    let failure = Failure::new(FailureKind::Gate, chain).data("refusals", data);
    if let Some(step) = refusals.iter().find_map(|refusal| refusal.advice) {
        return failure.hint(words(step));
    }
    failure.hint(
        "have the change set reviewed with `--no-execute-changeset`, or narrow the gate with \
         `=PATTERN`",
    )
}

fn refused(place: &Place, outcome: &Outcome, reason: &str, details: &[Detail]) -> Failure {
    let lines: Vec<String> = details.iter().map(ToString::to_string).collect();
    let cause = if lines.is_empty() {
        reason.to_owned()
    } else {
        format!("{}\n{reason}", lines.join("\n"))
    };
    let message = format!(
        "CloudFormation refused the change set for stack `{}`; nothing was changed",
        outcome.stack
    );
    let failure = Failure::new(FailureKind::Failed, Chain::new(message, Some(cause)));
    match outcome.advice(place.region.partition()) {
        Some(step) => failure.hint(words(step)),
        None => failure,
    }
}

/// An operation that failed.
struct Failed<'a> {
    status: Option<&'a StackStatus>,
    cause: Option<&'a Cause>,
    reason: Option<&'a str>,
    log: Option<&'a Log>,
}

impl Failed<'_> {
    fn failure(&self, ui: &Ui, place: &Place, outcome: &Outcome) -> Failure {
        let stack = &outcome.stack;
        let how = match self.status {
            None | Some(StackStatus::DeleteComplete) => {
                "could not be created and was deleted".to_owned()
            }
            Some(StackStatus::RollbackComplete | StackStatus::UpdateRollbackComplete) => {
                "rolled back".to_owned()
            }
            Some(StackStatus::CreateFailed | StackStatus::UpdateFailed) => {
                "failed, and successful resources were kept".to_owned()
            }
            Some(status) => format!("failed and is in {status}"),
        };
        left_behind(ui, outcome);
        let message = format!("stack `{stack}` {how} after {}", rounded(outcome.elapsed));
        if let Some(cause) = self.cause.filter(|_| ui.is_json()) {
            ui.event("", "cause", cause_to_wire(cause, self.log));
        }
        let mut failure = Failure::new(FailureKind::Failed, self.chain(message));
        if let Some(cause) = self.cause {
            failure = with_cause(failure, place, cause);
            failure = failure.data("cause", cause_to_wire(cause, self.log));
        }
        if let Some(log) = self.log {
            failure = with_log(failure, place, log);
        }
        if let Some(step) = outcome.advice(place.region.partition()) {
            failure = failure.hint(words(step));
        }
        let url = outcome
            .stack_id
            .as_deref()
            .and_then(|id| place.region.console_stack_url(id));
        match url {
            Some(url) => failure.note(format!("all events: {url}")),
            None => failure,
        }
    }

    /// Returns the failure, its reason, and the log of the function.
    fn chain(&self, message: String) -> Chain {
        let said = || self.reason.unwrap_or("CloudFormation gives no reason");
        let first = self
            .cause
            .map_or_else(|| said().to_owned(), ToString::to_string);
        let mut chain = Chain::new(message, Some(first));
        if let (Some(first), Some(Log::Read(log))) = (&mut chain.cause, self.log)
            && !log.lines.is_empty()
        {
            let logged = format!(
                "its function logged to `{}`:\n{}",
                log.place.group,
                log.lines.join("\n")
            );
            first.cause = Some(Box::new(Chain::new(logged, None)));
        }
        chain
    }
}

fn with_cause(mut failure: Failure, place: &Place, cause: &Cause) -> Failure {
    if let Some(where_from) = where_from(place, &cause.event) {
        failure = failure.note(where_from);
    }
    if let Some(step) = cause.advice(place.region.partition()) {
        failure = failure.hint(words(step));
    }
    for other in &cause.others {
        let why = other.reason.as_deref().unwrap_or(other.status.as_str());
        let path = other.full_path();
        failure = failure.note(format!(
            "`{path}` ({}) also failed: {why}",
            other.resource_type
        ));
    }
    match cause.cancelled {
        0 => failure,
        1 => failure.note("1 other resource was canceled because of it"),
        more => failure.note(format!(
            "{more} other resources were canceled because of it"
        )),
    }
}

/// Adds the facts about an empty or unreadable log, and the next step.
fn with_log(failure: Failure, place: &Place, log: &Log) -> Failure {
    match log {
        Log::Read(log) if log.lines.is_empty() => failure
            .note(format!(
                "its function wrote nothing to `{}` during that time: it was not called, or it \
                 lacks permission to write logs",
                log.place.group
            ))
            .hint("allow `logs:PutLogEvents` in a policy of the function's role"),
        Log::Read(_) => failure,
        Log::Unread(found, why) => {
            let stream = found.stream.as_ref();
            let stream = stream.map(|stream| format!(" --log-stream-names '{stream}'"));
            failure
                .note(format!("could not read the function's log: {why}"))
                .hint(format!(
                    "read it with `{}`",
                    place.aws(&format!(
                        "logs tail {}{}",
                        found.group,
                        stream.unwrap_or_default()
                    ))
                ))
        }
    }
}

/// Returns the place of the resource in the deployed template, which contains only the root's
/// resources.
fn where_from(place: &Place, event: &ResourceEvent) -> Option<String> {
    let id = match event.path.first() {
        Some(nested) => nested,
        None => &event.logical_id,
    };
    let line = place.lines.get(id)?;
    let path = place.template.as_deref()?;
    Some(format!("`{id}` is at {path}:{line}"))
}

fn cause_to_wire<'a>(cause: &'a Cause, log: Option<&'a Log>) -> wire::Cause<'a> {
    wire::Cause {
        path: cause.event.full_path(),
        resource_type: &cause.event.resource_type,
        reason: &cause.reason,
        code: cause.code.as_deref(),
        cancelled: cause.cancelled,
        others: cause.others.iter().map(ResourceEvent::full_path).collect(),
        log: match log {
            Some(Log::Read(log)) => Some(wire::FunctionLog {
                group: &log.place.group,
                lines: &log.lines,
            }),
            _ => None,
        },
    }
}

fn running(
    place: &Place,
    outcome: &Outcome,
    status: Option<&StackStatus>,
    is_executing: bool,
) -> Failure {
    let stack = &outcome.stack;
    if !is_executing && status.is_some_and(StackStatus::is_deletion) {
        return Failure::new(
            FailureKind::Running,
            format!("the time limit was reached while deleting stack `{stack}`, whose creation was rolled back"),
        )
        .hint("run again to recreate it");
    }
    if !is_executing {
        return Failure::new(
            FailureKind::Running,
            format!("the time limit was reached before stack `{stack}` was changed"),
        )
        .hint("run again with a longer `--max-wait`; the change set was deleted");
    }
    let status = status.map_or(String::new(), |status| format!(" ({status})"));
    Failure::new(
        FailureKind::Running,
        format!("the time limit was reached; the operation on stack `{stack}` continues{status}"),
    )
    .hint(format!(
        "follow it with `cn-deploy --attach {}`",
        place.flags
    ))
}
