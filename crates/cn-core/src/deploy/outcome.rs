//! How a deployment ended.

use std::time::Duration;

use super::gate::Refusal;
use crate::failure::Cause;
use crate::stack::{
    Change, ChangeSetKind, ChangeSetName, Detail, Output, ResourceEvent, StackName, StackStatus,
};

/// What a deployment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The stack's name.
    pub stack: StackName,
    /// The stack's ARN; absent when there is no stack.
    pub stack_id: Option<String>,
    /// Whether the stack was to be made or changed.
    pub kind: ChangeSetKind,
    /// The change set's name; absent when somebody else's operation was followed.
    pub change_set: Option<ChangeSetName>,
    /// How it ended.
    pub end: End,
    /// What the change set changes, as far as it got to say so.
    pub changes: Vec<Change>,
    /// Everything the operation reported, oldest first.
    pub events: Vec<ResourceEvent>,
    /// From the first request of `apply` to the last; of an operation that was
    /// attached to, from its first event to its last.
    pub elapsed: Duration,
}

/// How a deployment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The stack is as the template says.
    Done {
        /// The stack's outputs, sorted by key.
        outputs: Vec<Output>,
        /// Whether the removal of replaced resources still goes on.
        is_cleaning_up: bool,
    },
    /// The stack is gone, as somebody had asked for.
    Deleted,
    /// There was nothing to change.
    NoChanges {
        /// The stack's outputs, sorted by key.
        outputs: Vec<Output>,
    },
    /// The change set waits for a person.
    Reviewable {
        /// Its ARN.
        change_set_id: String,
    },
    /// The changes were shown and nothing was done.
    Previewed,
    /// A gate refused the changes, and nothing was done.
    Gated {
        /// What was refused, in the order of the changes.
        refusals: Vec<Refusal>,
    },
    /// CloudFormation could not make the change set.
    Refused {
        /// Why; always a sentence.
        reason: String,
        /// What the service says in detail, where it offers detail.
        details: Vec<Detail>,
    },
    /// The operation failed.
    Failed {
        /// The stack's status after it; absent when the stack is gone.
        status: Option<StackStatus>,
        /// What failed first; absent when no event tells.
        cause: Option<Box<Cause>>,
        /// Why the stack is in its status, in the service's words.
        reason: Option<String>,
    },
    /// The deadline came first; the operation goes on.
    Running {
        /// The stack's last known status.
        status: Option<StackStatus>,
        /// The change set when it was not even executed.
        is_executing: bool,
    },
}
