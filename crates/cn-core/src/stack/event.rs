//! The events of a deployment.

use std::collections::HashSet;
use std::time::Duration;

use super::change::{Change, ChangeSetKind, NESTED_STACK};
use super::express::Background;
use super::name::ChangeSetName;
use super::resource_status::{HookStatus, ResourceStatus};
use super::status::StackStatus;
use super::validation::Validation;
use crate::timestamp::Timestamp;

/// A setting of a stack that no change set can contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The stack policy.
    StackPolicy,
    /// Termination protection.
    TerminationProtection {
        /// True if it is turned on.
        is_on: bool,
    },
}

/// An event of a deployment, reported in order. Events inform; they never control the run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another operation runs on the stack; the run waits for its end.
    Busy {
        /// The status of the stack.
        status: StackStatus,
        /// True if another run of this library started the operation.
        is_ours: bool,
    },
    /// The template is in the bucket.
    TemplateUploaded {
        /// The address that CloudFormation gets.
        url: String,
        /// True if the object was already in the bucket.
        was_there: bool,
    },
    /// A stack whose creation was rolled back is being deleted.
    Replacing {
        /// The ARN of the stack that is deleted.
        stack_id: String,
    },
    /// The failed rollback of an update is being continued.
    ContinuingRollback {
        /// The stack's ARN.
        stack_id: String,
    },
    /// A setting that no change set can contain was applied.
    Set(Setting),
    /// The change set was accepted; CloudFormation computes its changes.
    ChangeSetCreated {
        /// The change set's name.
        name: ChangeSetName,
        /// The change set's ARN.
        id: String,
        /// The ARN of the stack.
        stack_id: String,
        /// The kind of the operation: creation or update.
        kind: ChangeSetKind,
    },
    /// The changes of the change set are known.
    ChangeSetReady {
        /// The changes, in the service's order.
        changes: Vec<Change>,
        /// The findings of the service's validation.
        validation: Validation,
    },
    /// The request to execute the change set is about to be sent. Until
    /// [`Executing`](Self::Executing) it is unknown if the service has accepted it.
    AboutToExecute {
        /// The stack's ARN.
        stack_id: String,
        /// The kind of the operation: creation or update.
        kind: ChangeSetKind,
    },
    /// The change set is being executed.
    Executing {
        /// The stack's ARN.
        stack_id: String,
        /// The kind of the operation: creation or update.
        kind: ChangeSetKind,
    },
    /// A resource, or the stack, changed its status.
    Resource {
        /// The event of the service.
        event: Box<ResourceEvent>,
        /// The progress of the operation.
        progress: Progress,
    },
    /// No event was reported for a while, but the operation is still running.
    Heartbeat {
        /// Time since the execution began.
        elapsed: Duration,
        /// Paths of the resources in progress.
        in_progress: Vec<String>,
        /// The progress of the operation.
        progress: Progress,
    },
    /// A request failed; it is retried.
    Retrying {
        /// The failed request and its answer.
        what: String,
    },
    /// Events cannot be read; following only the status of the stack.
    NoEvents {
        /// The failed request and its answer.
        what: String,
    },
    /// A leftover of a run of this library was deleted.
    Removed {
        /// The leftover, such as "change set `x`".
        what: String,
    },
    /// A leftover of a run of this library could not be deleted.
    NotRemoved {
        /// The leftover, such as "change set `x`".
        what: String,
        /// The failed request and its answer.
        why: String,
    },
}

/// The progress of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Resources that reached their final state.
    pub done: usize,
    /// Resources in the change set, plus the stack itself; 0 if unknown.
    pub total: usize,
}

/// A status change of a resource or stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceEvent {
    /// The service's own ID of the event, which is unique.
    pub id: String,
    /// The time of the event.
    pub at: Timestamp,
    /// The ARN of the stack that reported it.
    pub stack_id: String,
    /// Logical IDs of the enclosing nested stacks, outermost first; empty in the root.
    pub path: Vec<String>,
    /// The logical ID in its stack; for the stack itself, its name.
    pub logical_id: String,
    /// The physical ID, as soon as it is known.
    pub physical_id: Option<String>,
    /// The type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The new status.
    pub status: ResourceStatus,
    /// The reason, if the service returns one.
    pub reason: Option<String>,
    /// The work in the background, if the event reports it.
    pub background: Option<Background>,
    /// The hook, if the event concerns one.
    pub hook: Option<Hook>,
    /// The ARN of the function or topic that serves the resource, if it is a custom resource.
    pub service_token: Option<String>,
}

/// The result of a hook for a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The hook's type name.
    pub name: String,
    /// The hook's result.
    pub status: HookStatus,
    /// The hook's reason.
    pub reason: Option<String>,
}

impl ResourceEvent {
    /// Returns true if the event concerns the stack that reported it, not a resource in it.
    pub fn is_stack(&self) -> bool {
        self.physical_id.as_deref() == Some(&self.stack_id)
    }

    /// Returns true if the event concerns the outermost stack of the operation.
    pub fn is_root(&self) -> bool {
        self.is_stack() && self.path.is_empty()
    }

    /// Returns true if the resource is a custom resource.
    pub(crate) fn is_custom(&self) -> bool {
        is_custom(&self.resource_type)
    }

    /// Returns true if the resource or its hook failed.
    pub fn is_failure(&self) -> bool {
        self.status.is_failed()
            || self
                .hook
                .as_ref()
                .is_some_and(|hook| hook.status.is_failed())
    }

    /// Returns true if the status will change.
    pub fn is_in_progress(&self) -> bool {
        self.status.is_in_progress()
    }

    /// Returns the logical IDs from the root to this resource, joined by slashes.
    pub fn full_path(&self) -> String {
        let mut ids: Vec<&str> = self.path.iter().map(String::as_str).collect();
        if !self.is_stack() || ids.is_empty() {
            ids.push(&self.logical_id);
        }
        ids.join("/")
    }
}

/// Returns the resources that were not deleted in the end, oldest first.
pub(crate) fn left_behind(events: &[ResourceEvent]) -> Vec<&ResourceEvent> {
    let mut last = last_of_each(events);
    last.retain(|event| event.status == ResourceStatus::DeleteFailed);
    last
}

/// Returns the resources that still change in the background, oldest first.
///
/// Nested stacks are excluded; their resources are included.
pub(crate) fn in_background(events: &[ResourceEvent]) -> Vec<&ResourceEvent> {
    let mut last = last_of_each(events);
    last.retain(|event| {
        event.background.is_some()
            && event.status.is_complete()
            && event.resource_type != NESTED_STACK
    });
    last
}

/// Returns the last event of each resource, oldest first.
///
/// A replaced resource and its replacement have different physical IDs.
fn last_of_each(events: &[ResourceEvent]) -> Vec<&ResourceEvent> {
    let mut seen = HashSet::new();
    let newest = events.iter().rev().filter(|event| !event.is_stack());
    let newest = newest
        .filter(|event| seen.insert((&event.stack_id, &event.logical_id, &event.physical_id)));
    let mut last: Vec<&ResourceEvent> = newest.collect();
    last.reverse();
    last
}

/// Returns true for the resource types of custom resources.
pub(crate) fn is_custom(resource_type: &str) -> bool {
    resource_type.starts_with("Custom::") || resource_type == "AWS::CloudFormation::CustomResource"
}
