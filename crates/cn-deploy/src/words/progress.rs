//! Progress messages: one line for each event, on stderr.

use std::time::Duration;

use cn_cli::Ui;
use cn_cli::wire::deploy as wire;
use cn_core::Timestamp;
use cn_core::stack::{
    self, Background, Change, ChangeSetKind, Event, ResourceEvent, Setting, Validation,
};

use super::changes::{table, to_wire, validations};
use super::live::Live;
use super::place::Place;

/// Prints events as they arrive.
pub(super) struct Progress<'a> {
    ui: &'a Ui,
    place: &'a Place,
    /// True if the changes are the result of the run, which prints them at its end.
    is_preview: bool,
    began: Option<Timestamp>,
    live: Live,
}

impl<'a> Progress<'a> {
    pub(super) fn new(ui: &'a Ui, place: &'a Place, is_preview: bool) -> Self {
        Self {
            ui,
            place,
            is_preview,
            began: None,
            live: Live::new(ui.live()),
        }
    }

    pub(super) fn event(&mut self, event: &Event) {
        let stack = &self.place.stack;
        match event {
            Event::Busy { status, is_ours } => {
                let whose = if *is_ours {
                    "an operation of an earlier run"
                } else {
                    "another operation"
                };
                self.ui.status(format!(
                    "Waiting for stack {stack}: {whose} is running ({status})"
                ));
            }
            Event::TemplateUploaded { url, was_there } => {
                let how = if *was_there {
                    "is already in the bucket"
                } else {
                    "uploaded"
                };
                self.ui.status(format!(
                    "Template {} {how}: {url}",
                    self.place.template.as_deref().unwrap_or_default()
                ));
            }
            Event::Replacing { stack_id } => self.ui.note(format!(
                "stack `{stack}` is in ROLLBACK_COMPLETE and has no resources: deleting \
                 {stack_id}, then recreating the stack"
            )),
            Event::ContinuingRollback { .. } => {
                self.ui.note(format!(
                    "stack `{stack}` is in UPDATE_ROLLBACK_FAILED: continuing its rollback, then deploying to it"
                ));
            }
            Event::Set(setting) => {
                let set = match setting {
                    Setting::StackPolicy => "Set the stack policy",
                    Setting::TerminationProtection { is_on: true } => {
                        "Turned on the termination protection"
                    }
                    Setting::TerminationProtection { is_on: false } => {
                        "Turned off the termination protection"
                    }
                };
                self.ui.status(format!("{set} of stack {stack}"));
            }
            Event::ChangeSetCreated { name, kind, .. } => {
                let verb = match kind {
                    ChangeSetKind::Create => "to create",
                    ChangeSetKind::Update => "to update",
                };
                self.ui
                    .status(format!("Change set {name} {verb} stack {stack}"));
            }
            Event::ChangeSetReady {
                changes,
                validation,
            } => self.changes(changes, validation),
            Event::Executing { .. } => {
                self.ui
                    .detail(format!("Executing the change set of stack {stack}"));
            }
            Event::Resource { event, progress } => self.resource(event, *progress),
            Event::Heartbeat {
                elapsed,
                in_progress,
                progress,
            } if !self.live.is_shown() && self.ui.is_silent(Duration::ZERO) => {
                self.heartbeat(*elapsed, in_progress, *progress)
            }
            Event::Retrying { what } => self.ui.note(format!("{what}; retrying")),
            Event::NoEvents { what } => {
                self.ui
                    .warn(format!("{what}; following only the status of the stack"));
            }
            Event::Removed { what } => self.ui.detail(format!("Removed {what}")),
            Event::NotRemoved { what, why } => {
                self.ui.warn(format!("{what} was not removed: {why}"))
            }
            _ => {}
        }
    }

    fn changes(&self, changes: &[Change], validation: &Validation) {
        if let Validation::Unknown(why) = validation {
            self.ui.detail(format!(
                "The results of CloudFormation's validation are unknown: {why}"
            ));
        }
        if self.ui.is_json() {
            let body = wire::ChangeSet {
                stack: self.place.stack.as_str(),
                change_set_id: None,
                changes: changes.iter().map(to_wire).collect(),
                validations: validations(validation.details()),
            };
            self.ui.event("", "changes", body);
        } else if !changes.is_empty() && !self.is_preview {
            self.ui.status(table(changes, validation).join("\n"));
        }
    }

    fn resource(&mut self, event: &ResourceEvent, progress: stack::Progress) {
        let began = *self.began.get_or_insert(event.at);
        let elapsed = u64::try_from((event.at.0 - began.0) / 1000).unwrap_or_default();
        let mut line = format!(
            "{} {} {:<20} {}",
            clock(Duration::from_secs(elapsed)),
            count(progress),
            event.status,
            event.full_path(),
        );
        if !event.is_stack() {
            line.push(' ');
            line.push_str(&event.resource_type);
        }
        if let Some(hook) = &event.hook {
            line.extend([" [hook ", &hook.name, ": ", hook.status.as_str(), "]"]);
        }
        match event.background {
            Some(Background::BecomingReady) => line.push_str(" [configured, not ready yet]"),
            Some(Background::BeingDeleted) => line.push_str(" [still being deleted]"),
            None => {}
        }
        // Such a reason only describes the background work.
        let reason = event.reason.as_ref();
        if let Some(reason) = reason.filter(|_| event.background.is_none()) {
            line.push_str(": ");
            line.push_str(reason);
        }
        let body = wire::StackEvent::of(event, progress);
        self.ui.event(&line, "stack-event", body);
        self.live.follow(event, count(progress));
    }

    fn heartbeat(&self, elapsed: Duration, in_progress: &[String], progress: stack::Progress) {
        let what = match in_progress {
            [] => "waiting for the stack".to_owned(),
            few if few.len() <= 5 => format!("in progress: {}", few.join(", ")),
            [first, second, third, rest @ ..] => {
                format!(
                    "in progress: {first}, {second}, {third} and {} more",
                    rest.len()
                )
            }
            _ => String::new(),
        };
        let line = format!("{} {} {what}", clock(elapsed), count(progress));
        let body = wire::Heartbeat {
            elapsed_seconds: elapsed.as_secs(),
            in_progress,
        };
        self.ui.heartbeat(&line, "heartbeat", body);
    }
}

/// Formats a time as `  0:42` or `1:02:03`.
pub(crate) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes:>3}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// Formats a count such as `[ 3/12]`, with the same width during a run.
pub(crate) fn count(progress: stack::Progress) -> String {
    if progress.total == 0 {
        return "[-]".to_owned();
    }
    let width = progress.total.to_string().len();
    format!("[{:>width$}/{}]", progress.done, progress.total)
}
