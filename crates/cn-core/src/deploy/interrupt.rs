//! The consequences of ending a run at any moment, as data.

use std::sync::{Arc, Mutex};

use aws_sdk_cloudformation::Client;

use super::discard::{Discarded, cancel, discard};
use super::request::Mode;
use crate::call::CallError;
use crate::mutex::lock;
use crate::stack::{ChangeSetKind, ChangeSetName, Event, Setting, StackName};

/// The consequences of ending a run at the current moment, updated by the run's events.
///
/// A clone shares the state: one is updated while the other waits for a signal.
#[derive(Clone, Debug)]
pub struct Watch {
    stack: StackName,
    mode: Mode,
    /// True if ending the run cancels a running update.
    cancels: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug)]
struct State {
    /// The change set that this run cleans up.
    own: Option<(ChangeSetName, ChangeSetKind)>,
    change_set_id: Option<String>,
    prepared: Vec<Prepared>,
    leftovers: Leftovers,
    cleanup: Cleanup,
}

/// A change that the run made to the stack before it executed its change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// The stack was deleted because its creation had been rolled back.
    Replaced,
    /// The rollback of an update was continued.
    RollbackContinued,
    /// A setting was applied.
    Set(Setting),
}

/// The state that an interrupted run leaves in AWS if nothing is cleaned up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// Nothing except [`Watch::prepared`].
    Nothing,
    /// Perhaps a change set with this name, which does no harm.
    ChangeSet(ChangeSetName),
    /// The stack is being deleted; another run has to create it again.
    Deleting,
    /// The continued rollback is still running.
    RollingBack,
    /// A change set with this ARN, for a person to review.
    ForReview(String),
    /// The request to execute the change set may have been accepted.
    MayBeExecuting,
    /// The operation is still running.
    Executing,
}

/// The work to do before a run ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cleanup {
    /// There is nothing to do.
    Nothing,
    /// Deletes the change set of this run, unless it is already being executed.
    Discard {
        /// The change set.
        name: ChangeSetName,
        /// The kind of the operation: creation or update.
        kind: ChangeSetKind,
        /// True if an update that was started is canceled.
        cancels: bool,
    },
    /// Cancels the update.
    Cancel,
}

/// The result of [`Watch::clean_up`].
#[derive(Debug)]
pub enum CleanedUp {
    /// There was nothing to do.
    Nothing,
    /// The change set does not exist any more, or never did.
    Discarded,
    /// The change set may still exist: the service refused, or gave no answer.
    Left,
    /// The change set is being executed, and the operation is still running.
    Executing,
    /// The update was canceled and rolls back.
    Cancelled,
    /// The update was not canceled and is still running.
    NotCancelled(CallError),
}

impl Watch {
    /// Creates the watch of a run.
    ///
    /// * `cancels`: true if ending the run cancels an update that it started; a creation cannot be
    ///   canceled.
    pub fn new(stack: StackName, mode: Mode, cancels: bool) -> Self {
        let state = State {
            own: None,
            change_set_id: None,
            prepared: Vec::new(),
            leftovers: Leftovers::Nothing,
            cleanup: Cleanup::Nothing,
        };
        Self {
            stack,
            mode,
            cancels,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Registers a change set as this run's own.
    ///
    /// It is cleaned up until it is executed or left for review. Call this before
    /// [`propose`](super::propose()).
    pub fn owns(&self, name: &ChangeSetName, kind: ChangeSetKind) {
        let mut state = lock(&self.state);
        state.own = Some((name.clone(), kind));
        self.discard(&mut state);
    }

    /// Updates the state with an event of the run.
    pub fn event(&self, event: &Event) {
        let mut state = lock(&self.state);
        match event {
            Event::Replacing { .. } => {
                (state.leftovers, state.cleanup) = (Leftovers::Deleting, Cleanup::Nothing);
                state.prepared.push(Prepared::Replaced);
            }
            Event::ContinuingRollback { .. } => {
                (state.leftovers, state.cleanup) = (Leftovers::RollingBack, Cleanup::Nothing);
                state.prepared.push(Prepared::RollbackContinued);
            }
            Event::ChangeSetCreated { id, .. } => {
                state.change_set_id = Some(id.clone());
                self.discard(&mut state);
            }
            Event::ChangeSetReady { .. } if self.mode == Mode::Review => {
                if let Some(id) = state.change_set_id.clone() {
                    state.leftovers = Leftovers::ForReview(id);
                    state.cleanup = Cleanup::Nothing;
                }
            }
            Event::Set(setting) => {
                state.prepared.push(Prepared::Set(*setting));
                self.discard(&mut state);
            }
            Event::AboutToExecute { kind, .. } => {
                state.leftovers = Leftovers::MayBeExecuting;
                if state.own.is_none() {
                    state.cleanup = self.cancellation(*kind);
                }
            }
            Event::Executing { kind, .. } => {
                state.leftovers = Leftovers::Executing;
                state.cleanup = self.cancellation(*kind);
            }
            _ => {}
        }
    }

    fn discard(&self, state: &mut State) {
        let Some((name, kind)) = state.own.clone() else {
            state.leftovers = Leftovers::Nothing;
            return;
        };
        state.leftovers = Leftovers::ChangeSet(name.clone());
        let cancels = self.cancels && kind == ChangeSetKind::Update;
        state.cleanup = Cleanup::Discard {
            name,
            kind,
            cancels,
        };
    }

    fn cancellation(&self, kind: ChangeSetKind) -> Cleanup {
        if self.cancels && kind == ChangeSetKind::Update {
            Cleanup::Cancel
        } else {
            Cleanup::Nothing
        }
    }

    /// Returns the stack.
    pub const fn stack(&self) -> &StackName {
        &self.stack
    }

    /// Returns the use of the run's change set: execute, review or preview.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns the accepted change set that [`clean_up`](Self::clean_up) deletes.
    pub fn to_delete(&self) -> Option<ChangeSetName> {
        let state = lock(&self.state);
        match &state.cleanup {
            Cleanup::Discard { name, .. } => state.change_set_id.as_ref().map(|_| name.clone()),
            Cleanup::Nothing | Cleanup::Cancel => None,
        }
    }

    /// Returns the changes made to the stack so far.
    pub fn prepared(&self) -> Vec<Prepared> {
        lock(&self.state).prepared.clone()
    }

    /// Returns the state that the run would leave behind if it ended now.
    pub fn leftovers(&self) -> Leftovers {
        lock(&self.state).leftovers.clone()
    }

    /// Returns true if [`clean_up`](Self::clean_up) has something to do if the run ends now.
    pub fn needs_clean_up(&self) -> bool {
        lock(&self.state).cleanup != Cleanup::Nothing
    }

    /// Deletes the run's own change set, or cancels its update, if either is still needed.
    ///
    /// Allow it a few seconds: the sender of a signal usually kills soon after.
    pub async fn clean_up(&self, client: &Client) -> CleanedUp {
        let cleanup = lock(&self.state).cleanup.clone();
        let cancels = match cleanup {
            Cleanup::Nothing => return CleanedUp::Nothing,
            Cleanup::Cancel => true,
            Cleanup::Discard {
                name,
                kind,
                cancels,
            } => match discard(client, &self.stack, &name, kind).await {
                Discarded::Gone => return CleanedUp::Discarded,
                Discarded::Left => return CleanedUp::Left,
                Discarded::Executed => cancels,
            },
        };
        if !cancels {
            return CleanedUp::Executing;
        }
        match cancel(client, self.stack.as_str()).await {
            Ok(()) => CleanedUp::Cancelled,
            Err(error) => CleanedUp::NotCancelled(error),
        }
    }
}
