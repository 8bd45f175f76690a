//! Messages about the plan and the progress of a StackSet.

use std::sync::Mutex;

use cn_cli::wire::{deploy, stack_set as wire};
use cn_cli::{Ui, lock, ui};
use cn_core::session::Session;
use cn_core::stack::Progress;
use cn_core::stack_set::{
    AccountFilter, Creation, Event, InstanceResult, Leftovers, Place, Plan, Scope, SetStep,
    StackSetName,
};
use tokio::time::Instant;

use super::report::Recorder;
use crate::args::Args;
use crate::words::{clock, count, identity_flags};

/// Maximum number of accounts and regions that a line lists.
const MOST: usize = 12;

/// Reports progress to people, to the report, and to the signal handler.
pub(super) struct Tell<'a> {
    ui: &'a Ui,
    pub(super) name: &'a StackSetName,
    /// Flags with which another run selects the same StackSet.
    pub(super) flags: String,
    recorder: &'a Recorder,
    began: Instant,
    leftovers: Mutex<Leftovers>,
}

impl<'a> Tell<'a> {
    pub(super) fn new(
        ui: &'a Ui,
        args: &Args,
        name: &'a StackSetName,
        session: &Session,
        recorder: &'a Recorder,
    ) -> Self {
        let delegated = if args.fleet.delegated_admin {
            " --delegated-admin"
        } else {
            ""
        };
        let tell = Self {
            ui,
            name,
            flags: format!("--stack-set {name} {}{delegated}", identity_flags(session)),
            recorder,
            began: Instant::now(),
            leftovers: Mutex::default(),
        };
        ui.on_interrupt(tell.leftovers());
        tell
    }

    pub(super) fn event(&self, event: &Event) {
        lock(&self.leftovers).event(event);
        self.ui.on_interrupt(self.leftovers());
        let name = self.name;
        match event {
            Event::Busy { operation, is_ours } => {
                let whose = if *is_ours {
                    "an operation of an earlier run"
                } else {
                    "another operation"
                };
                let line = format!("Waiting for StackSet {name}: {whose} is running ({operation})");
                self.ui.status(line);
            }
            Event::TemplateUploaded { url, was_there } => {
                let how = if *was_there {
                    "is already in the bucket"
                } else {
                    "was uploaded"
                };
                self.ui.status(format!("The template {how}: {url}"));
            }
            Event::SetCreated => self.ui.status(format!("Created StackSet {name}")),
            Event::Started { operation, action } => {
                self.ui.status(format!("Operation {operation} ({action})"));
            }
            Event::Instance { result, progress } => self.instance(result, *progress),
            Event::Heartbeat {
                elapsed,
                in_progress,
                progress,
            } => {
                let places: Vec<String> = in_progress.iter().map(Place::to_string).collect();
                let what = match places.len() {
                    0 => "waiting for the operation".to_owned(),
                    _ => format!("in progress: {}", listed(&places)),
                };
                let clock = clock(self.began.elapsed());
                let body = deploy::Heartbeat {
                    elapsed_seconds: elapsed.as_secs(),
                    in_progress: &places,
                };
                let line = format!("{clock} {} {what}", count(*progress));
                self.ui.heartbeat(&line, "heartbeat", body);
            }
            Event::Retrying { what } => self.ui.note(format!("{what}; retrying")),
            _ => {}
        }
    }

    fn instance(&self, result: &InstanceResult, progress: Progress) {
        self.recorder.add(result);
        let line = format!(
            "{} {} {}",
            clock(self.began.elapsed()),
            count(progress),
            line(result)
        );
        let body = wire::StackSetEvent::of(result, progress);
        self.ui.event(&line, "stack-set-event", body);
    }

    /// Returns the command that follows an operation.
    pub(super) fn return_to(&self, operation: &str) -> String {
        format!("cn-deploy --attach --operation {operation} {}", self.flags)
    }

    fn leftovers(&self) -> String {
        let name = self.name;
        match &*lock(&self.leftovers) {
            Leftovers::Nothing => format!("nothing was changed in StackSet `{name}`"),
            Leftovers::MayBeCreated => {
                format!("StackSet `{name}` may have been created, without instances; run again")
            }
            Leftovers::Created => {
                format!("StackSet `{name}` was created, without instances; run again")
            }
            Leftovers::MayRun(operation) => format!(
                "operation `{operation}` of StackSet `{name}` may have started; follow it with \
                 `{}`",
                self.return_to(operation)
            ),
            Leftovers::Runs(operation) => format!(
                "operation `{operation}` of StackSet `{name}` continues; follow it with `{}`",
                self.return_to(operation)
            ),
        }
    }
}

/// Formats a result: `SUCCEEDED  111122223333 in cn-north-1: REASON`.
pub(super) fn line(result: &InstanceResult) -> String {
    let mut line = format!("{:<9} {}", result.status, result.place);
    if let Some(unit) = &result.unit {
        line.extend([" (", unit, ")"]);
    }
    if let Some(reason) = &result.reason {
        line.extend([": ", reason]);
    }
    line
}

/// Returns the steps of a plan, one per line.
pub(super) fn plan(plan: &Plan) -> Vec<String> {
    let name = &plan.name;
    let of = |places: &[Place]| {
        let places: Vec<String> = places.iter().map(Place::to_string).collect();
        listed(&places)
    };
    let count = |places: &[Place]| ui::plural(places.len(), "instance");
    let mut lines = vec![match plan.set {
        SetStep::Create => format!("create StackSet {name} ({})", plan.model),
        SetStep::Update if plan.existing.is_empty() => {
            format!("update StackSet {name}, which has no instances")
        }
        SetStep::Update => format!(
            "update StackSet {name} and its {}: {}",
            count(&plan.existing),
            of(&plan.existing)
        ),
        SetStep::Keep => format!("keep StackSet {name}, which is up to date"),
    }];
    lines.extend(plan.creations.iter().map(creation));
    if !plan.unnamed.is_empty() {
        let become_of = match plan.set {
            SetStep::Update => "it is updated like the others and never deleted",
            _ => "not deleted",
        };
        lines.push(format!(
            "{} not named, and {become_of}: {}",
            count(&plan.unnamed),
            of(&plan.unnamed)
        ));
    }
    let preferences = &plan.preferences;
    let tolerance = preferences.failure_tolerance;
    let tolerance = tolerance.map(|it| format!("failure tolerance {it}"));
    let concurrent = preferences.max_concurrent;
    let concurrent = concurrent.map(|it| format!("{it} accounts at a time"));
    let pace: Vec<String> = tolerance.into_iter().chain(concurrent).collect();
    if !pace.is_empty() {
        lines.push(pace.join(", "));
    }
    lines
}

fn creation(creation: &Creation) -> String {
    let regions = creation.regions.join(", ");
    match &creation.scope {
        Scope::Accounts(accounts) => {
            format!("create instances for {} in {regions}", listed(accounts))
        }
        Scope::Units {
            units,
            accounts,
            filter,
        } => {
            let filter = match filter {
                _ if accounts.is_empty() => String::new(),
                AccountFilter::Intersection => format!(", only {}", listed(accounts)),
                AccountFilter::Difference => format!(", without {}", listed(accounts)),
            };
            format!(
                "create instances for accounts of {}{filter} in {regions}",
                listed(units)
            )
        }
    }
}

/// Joins names, at most as many as fit on a line.
fn listed(names: &[String]) -> String {
    if names.len() <= MOST {
        return names.join(", ");
    }
    let shown = &names[..MOST - 1];
    format!(
        "{} and {} more",
        shown.join(", "),
        names.len() - shown.len()
    )
}
