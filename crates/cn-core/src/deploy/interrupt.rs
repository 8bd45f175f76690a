//! The consequences of ending a run at any moment, as data.

use aws_sdk_cloudformation::Client;

use super::discard::{Discarded, cancel, discard};
use super::request::Mode;
use crate::call::CallError;
use crate::stack::{ChangeSetKind, ChangeSetName, Event, Setting, StackName};

/// Follows the events of a run and knows, at every moment, what ending the run
/// there would leave behind.
#[derive(Clone, Debug)]
pub struct Watch {
    stack: StackName,
    mode: Mode,
    /// The change set that this run cleans up.
    own: Option<(ChangeSetName, ChangeSetKind)>,
    /// True if a running update is cancelled.
    cancels: bool,
    change_set_id: Option<String>,
    done: Vec<Done>,
    remains: Remains,
    cleanup: Cleanup,
}

/// A change that the run made to the stack before its change set was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The stack, whose creation had been rolled back, was deleted.
    Replaced,
    /// The rollback of an update was continued.
    RollbackContinued,
    /// A setting was changed.
    Set(Setting),
}

/// The state that the end of a run leaves in AWS when nothing is cleaned up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing but [`Watch::done`].
    Nothing,
    /// Perhaps a change set of this name, which does no harm.
    ChangeSet(ChangeSetName),
    /// The stack is being deleted, to be created again by another run.
    Deleting,
    /// The continued rollback runs on.
    RollingBack,
    /// A change set of this ARN, for a person to review.
    ForReview(String),
    /// The request to execute the change set may have been accepted.
    MayBeExecuting,
    /// The operation runs on.
    Executing,
}

/// The work to do before a run ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// None.
    Nothing,
    /// Deletes the change set of this run, unless it is being executed by now.
    Discard {
        /// The change set.
        name: ChangeSetName,
        /// The kind of the operation: creation or update.
        kind: ChangeSetKind,
        /// True if an update that was started is cancelled.
        cancels: bool,
    },
    /// Cancels the update.
    Cancel,
}

/// The result of [`Cleanup::run`].
#[derive(Debug)]
pub enum CleanedUp {
    /// There was nothing to do.
    Nothing,
    /// The change set does not exist any more, or never did.
    Discarded,
    /// The change set may still exist: the service refused, or gave no answer.
    Left,
    /// The change set is being executed, and the operation runs on.
    Executing,
    /// The update was cancelled and rolls back.
    Cancelled,
    /// The update was not cancelled and runs on.
    NotCancelled(CallError),
}

impl Watch {
    /// Watches a run.
    ///
    /// * `cancels`: whether ending the run cancels an update that it started; a
    ///   creation cannot be cancelled.
    pub fn new(stack: StackName, mode: Mode, cancels: bool) -> Self {
        Self {
            stack,
            mode,
            own: None,
            cancels,
            change_set_id: None,
            done: Vec::new(),
            remains: Remains::Nothing,
            cleanup: Cleanup::Nothing,
        }
    }

    /// Makes a change set this run's own: it is cleaned up until it is executed or
    /// left for review. Call it before [`propose`](super::propose()).
    pub fn owns(&mut self, name: &ChangeSetName, kind: ChangeSetKind) {
        self.own = Some((name.clone(), kind));
        self.discard();
    }

    /// Takes in an event of the run.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Replacing { .. } => {
                (self.remains, self.cleanup) = (Remains::Deleting, Cleanup::Nothing);
                self.done.push(Done::Replaced);
            }
            Event::ContinuingRollback { .. } => {
                (self.remains, self.cleanup) = (Remains::RollingBack, Cleanup::Nothing);
                self.done.push(Done::RollbackContinued);
            }
            Event::ChangeSetCreated { id, .. } => {
                self.change_set_id = Some(id.clone());
                self.discard();
            }
            Event::ChangeSetReady { .. } if self.mode == Mode::Review => {
                if let Some(id) = &self.change_set_id {
                    self.remains = Remains::ForReview(id.clone());
                    self.cleanup = Cleanup::Nothing;
                }
            }
            Event::Set(setting) => {
                self.done.push(Done::Set(*setting));
                self.discard();
            }
            Event::AboutToExecute { kind, .. } => {
                self.remains = Remains::MayBeExecuting;
                if self.own.is_none() {
                    self.cleanup = self.cancellation(*kind);
                }
            }
            Event::Executing { kind, .. } => {
                self.remains = Remains::Executing;
                self.cleanup = self.cancellation(*kind);
            }
            _ => {}
        }
    }

    fn discard(&mut self) {
        let Some((name, kind)) = self.own.clone() else {
            self.remains = Remains::Nothing;
            return;
        };
        self.remains = Remains::ChangeSet(name.clone());
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

    /// Returns what the run does with its change set.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns whether CloudFormation has accepted a change set of this run.
    pub const fn has_change_set(&self) -> bool {
        self.change_set_id.is_some()
    }

    /// Returns the changes made to the stack so far.
    pub fn done(&self) -> &[Done] {
        &self.done
    }

    /// Returns the state that the end of the run would leave now.
    pub const fn remains(&self) -> &Remains {
        &self.remains
    }

    /// Returns the work to do before the run ends now.
    pub const fn cleanup(&self) -> &Cleanup {
        &self.cleanup
    }

    /// Does the work of [`cleanup`](Self::cleanup).
    pub async fn clean_up(&self, client: &Client) -> CleanedUp {
        self.cleanup.clone().run(client, &self.stack).await
    }
}

impl Cleanup {
    /// Does the work. Give it a few seconds: whoever sends a signal kills soon after.
    pub async fn run(self, client: &Client, stack: &StackName) -> CleanedUp {
        let cancels = match self {
            Self::Nothing => return CleanedUp::Nothing,
            Self::Cancel => true,
            Self::Discard {
                name,
                kind,
                cancels,
            } => match discard(client, stack, &name, kind).await {
                Discarded::Gone => return CleanedUp::Discarded,
                Discarded::Left => return CleanedUp::Left,
                Discarded::Executed => cancels,
            },
        };
        if !cancels {
            return CleanedUp::Executing;
        }
        match cancel(client, stack.as_str()).await {
            Ok(()) => CleanedUp::Cancelled,
            Err(error) => CleanedUp::NotCancelled(error),
        }
    }
}
