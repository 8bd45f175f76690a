//! Messages about a deployment: progress, changes, checks, outcomes and reports.

pub(crate) mod changes;
pub(crate) mod checks;
mod interrupt;
mod live;
pub(crate) mod outcome;
mod place;
mod progress;
pub(crate) mod record;
pub(crate) mod summary;

use std::sync::Mutex;

use cn_cli::{Ui, lock};
use cn_core::deploy::{DeployError, Mode, Outcome, Request, Watch};
use cn_core::failure::FunctionLog;
use cn_core::session::Target;
use cn_core::stack::{ChangeSetKind, Event};

use interrupt::Interrupts;
pub(crate) use place::{Place, identity_flags};
use progress::Progress;
pub(crate) use progress::{clock, count};
pub(crate) use record::Recorder;

/// Reports progress to people, to the report, and to the signal handler.
pub(crate) struct Tell<'a> {
    ui: &'a Ui,
    progress: Mutex<Progress<'a>>,
    recorder: &'a Recorder,
    interrupts: Interrupts<'a>,
}

impl<'a> Tell<'a> {
    /// Creates the reporter of a run.
    ///
    /// * `cancels`: true if a signal cancels an update.
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
            progress: Mutex::new(Progress::new(ui, place, mode == Mode::Preview)),
            recorder,
            interrupts: Interrupts::new(ui, target, &place.flags, watch),
        }
    }

    pub(crate) fn event(&self, event: &Event) {
        lock(&self.progress).event(event);
        self.recorder.event(event);
        self.interrupts.event(event);
    }

    /// Registers the change set of a request for clean-up after a signal.
    pub(crate) fn owns(&self, request: &Request, kind: ChangeSetKind) {
        self.interrupts.owns(&request.change_set, kind);
    }

    /// Records how the operation ended; a signal then has nothing left to clean up.
    pub(crate) fn ended(&self, outcome: &Outcome) {
        self.ui.clear_interrupt();
        self.recorder.outcome(outcome);
    }

    /// Records a failed step.
    pub(crate) fn failed(&self, error: DeployError) -> DeployError {
        self.recorder.failed(&error.step);
        error
    }
}

/// The log of the function behind a failure.
pub(crate) enum Log {
    Read(FunctionLog),
    /// The place of the log, and the reason that it was not read.
    Unread(cn_core::failure::LogPlace, String),
}
