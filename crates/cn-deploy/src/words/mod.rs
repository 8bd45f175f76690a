//! A deployment in words: progress, changes, checks, outcomes and reports.

pub(crate) mod changes;
pub(crate) mod checks;
mod interrupt;
mod live;
pub(crate) mod outcome;
mod progress;
mod record;

use std::cell::RefCell;
use std::collections::BTreeMap;

use cn_cli::Ui;
use cn_core::deploy::{Aftermath, DeployError, Mode, Outcome, Request, Watch};
use cn_core::failure::FunctionLog;
use cn_core::session::{Identity, Session, Target};
use cn_core::stack::{ChangeSetKind, Event, StackName};
use cn_core::template::Region;

use interrupt::Interrupts;
use progress::Progress;
pub(crate) use record::Recorder;

/// The place where a run acts, as messages name it.
pub(crate) struct Place {
    pub(crate) region: Region,
    pub(crate) stack: StackName,
    /// The template's path; absent when none is deployed.
    pub(crate) template: Option<String>,
    /// The template's resources, each with the line it begins in.
    pub(crate) lines: BTreeMap<String, usize>,
    /// Flags that lead another run to the same stack.
    pub(crate) flags: String,
}

impl Place {
    pub(crate) fn new(session: &Session, stack: &StackName) -> Self {
        Self {
            region: session.region().clone(),
            stack: stack.clone(),
            template: None,
            lines: BTreeMap::new(),
            flags: format!("--stack-name {stack} {}", identity_flags(session)),
        }
    }
}

fn identity_flags(session: &Session) -> String {
    let identity = match session.identity() {
        Identity::Profile(name) if name.as_str() != "china" => format!(" --profile {name}"),
        Identity::DefaultChain => " --default-chain".to_owned(),
        _ => String::new(),
    };
    format!("--region {}{identity}", session.region())
}

/// Tells what happens: to people, to the report, and to whoever sends a signal.
pub(crate) struct Tell<'a> {
    ui: &'a Ui,
    progress: RefCell<Progress<'a>>,
    recorder: &'a Recorder,
    interrupts: RefCell<Interrupts<'a>>,
}

impl<'a> Tell<'a> {
    /// * `cancels`: whether a signal cancels an update.
    pub(crate) fn new(
        ui: &'a Ui,
        place: &'a Place,
        recorder: &'a Recorder,
        target: &Target,
        mode: Mode,
        cancels: bool,
    ) -> Self {
        recorder.stack(&place.stack);
        let watch = Watch::new(place.stack.clone(), mode, cancels);
        Self {
            ui,
            progress: RefCell::new(Progress::new(ui, place)),
            recorder,
            interrupts: RefCell::new(Interrupts::new(ui, target, &place.flags, watch)),
        }
    }

    pub(crate) fn event(&self, event: &Event) {
        self.progress.borrow_mut().event(event);
        self.recorder.event(event);
        self.interrupts.borrow_mut().event(event);
    }

    /// Cleans up the change set of a request when a signal comes.
    pub(crate) fn owns(&self, request: &Request, kind: ChangeSetKind) {
        let mut interrupts = self.interrupts.borrow_mut();
        interrupts.owns(&request.change_set, kind);
    }

    /// Records how the operation ended; a signal has nothing to clean up any more.
    pub(crate) fn ended(&self, outcome: &Outcome) {
        self.ui.clear_interrupt();
        self.recorder.outcome(outcome);
    }

    /// Records a step that failed.
    pub(crate) fn failed(&self, error: DeployError) -> DeployError {
        if error.aftermath() == Aftermath::Nothing {
            self.recorder.not_executed();
        }
        error
    }
}

/// The log of the function behind a failure.
pub(crate) enum Log {
    Read(FunctionLog),
    /// Its place, and why it was not read.
    Unread(cn_core::failure::LogPlace, String),
}
