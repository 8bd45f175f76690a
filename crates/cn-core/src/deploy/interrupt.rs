//! The consequences of ending a run at any moment, as data.

use aws_sdk_cloudformation::Client;

use super::discard::{Discarded, cancel, discard};
use super::request::Mode;
use crate::call::CallError;
use crate::stack::{ChangeSetKind, ChangeSetName, Event, Setting, StackName};

/// The consequences of ending a run at the current moment, updated by the run's events.
#[derive(Clone, Debug)]
pub struct Watch {
    stack: StackName,
    mode: Mode,
    /// The change set that this run cleans up.
    own: Option<(ChangeSetName, ChangeSetKind)>,
    /// True if ending the run cancels a running update.
    cancels: bool,
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
        Self {
            stack,
            mode,
            own: None,
            cancels,
            change_set_id: None,
            prepared: Vec::new(),
            leftovers: Leftovers::Nothing,
            cleanup: Cleanup::Nothing,
        }
    }

    /// Registers a change set as this run's own.
    ///
    /// It is cleaned up until it is executed or left for review. Call this before
    /// [`propose`](super::propose()).
    pub fn owns(&mut self, name: &ChangeSetName, kind: ChangeSetKind) {
        self.own = Some((name.clone(), kind));
        self.discard();
    }

    /// Updates the state with an event of the run.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Replacing { .. } => {
                (self.leftovers, self.cleanup) = (Leftovers::Deleting, Cleanup::Nothing);
                self.prepared.push(Prepared::Replaced);
            }
            Event::ContinuingRollback { .. } => {
                (self.leftovers, self.cleanup) = (Leftovers::RollingBack, Cleanup::Nothing);
                self.prepared.push(Prepared::RollbackContinued);
            }
            Event::ChangeSetCreated { id, .. } => {
                self.change_set_id = Some(id.clone());
                self.discard();
            }
            Event::ChangeSetReady { .. } if self.mode == Mode::Review => {
                if let Some(id) = &self.change_set_id {
                    self.leftovers = Leftovers::ForReview(id.clone());
                    self.cleanup = Cleanup::Nothing;
                }
            }
            Event::Set(setting) => {
                self.prepared.push(Prepared::Set(*setting));
                self.discard();
            }
            Event::AboutToExecute { kind, .. } => {
                self.leftovers = Leftovers::MayBeExecuting;
                if self.own.is_none() {
                    self.cleanup = self.cancellation(*kind);
                }
            }
            Event::Executing { kind, .. } => {
                self.leftovers = Leftovers::Executing;
                self.cleanup = self.cancellation(*kind);
            }
            _ => {}
        }
    }

    fn discard(&mut self) {
        let Some((name, kind)) = self.own.clone() else {
            self.leftovers = Leftovers::Nothing;
            return;
        };
        self.leftovers = Leftovers::ChangeSet(name.clone());
        let cancels = self.cancels && kind == ChangeSetKind::Update;
        self.cleanup = Cleanup::Discard {
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
    pub fn to_delete(&self) -> Option<&ChangeSetName> {
        match &self.cleanup {
            Cleanup::Discard { name, .. } => self.change_set_id.as_ref().and(Some(name)),
            Cleanup::Nothing | Cleanup::Cancel => None,
        }
    }

    /// Returns the changes made to the stack so far.
    pub fn prepared(&self) -> &[Prepared] {
        &self.prepared
    }

    /// Returns the state that the run would leave behind if it ended now.
    pub const fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    /// Returns true if [`clean_up`](Self::clean_up) has something to do if the run ends now.
    pub fn needs_clean_up(&self) -> bool {
        self.cleanup != Cleanup::Nothing
    }

    /// Deletes the run's own change set, or cancels its update, if either is still needed.
    ///
    /// Allow it a few seconds: the sender of a signal usually kills soon after.
    pub async fn clean_up(&self, client: &Client) -> CleanedUp {
        let cancels = match &self.cleanup {
            Cleanup::Nothing => return CleanedUp::Nothing,
            Cleanup::Cancel => true,
            Cleanup::Discard {
                name,
                kind,
                cancels,
            } => match discard(client, &self.stack, name, *kind).await {
                Discarded::Gone => return CleanedUp::Discarded,
                Discarded::Left => return CleanedUp::Left,
                Discarded::Executed => *cancels,
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
