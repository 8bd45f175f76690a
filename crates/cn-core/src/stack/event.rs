//! The events of a deployment.

use std::time::Duration;

use super::change::{Change, ChangeSetKind, NESTED_STACK};
use super::express::Background;
use super::name::ChangeSetName;
use super::resource_status::{HookStatus, ResourceStatus};
use super::status::StackStatus;
use super::validation::Validation;
use crate::timestamp::Timestamp;

/// A setting of a stack that no change set carries.
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

/// Something that happened, in the order it happened. Events inform; they never steer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another operation runs on the stack; its end is awaited.
    Busy {
        /// The status of the stack.
        status: StackStatus,
        /// True if another run of ours started it.
        is_ours: bool,
    },
    /// The template is in the bucket.
    TemplateUploaded {
        /// The address CloudFormation is given.
        url: String,
        /// True if an object of that name was there already.
        was_there: bool,
    },
    /// A stack whose creation had been rolled back is being deleted.
    Replacing {
        /// The stack that goes.
        stack_id: String,
    },
    /// The rollback of an update that could not be undone is being continued.
    ContinuingRollback {
        /// The stack's ARN.
        stack_id: String,
    },
    /// A setting that no change set carries was changed.
    Set(Setting),
    /// The change set was accepted; CloudFormation works out what it changes.
    ChangeSetCreated {
        /// Its name.
        name: ChangeSetName,
        /// Its ARN.
        id: String,
        /// The ARN of its stack.
        stack_id: String,
        /// The kind of the operation: creation or update.
        kind: ChangeSetKind,
    },
    /// The changes of the change set.
    ChangeSetReady {
        /// In the service's order.
        changes: Vec<Change>,
        /// The findings of the service's validation.
        validation: Validation,
    },
    /// The request to execute the change set goes out. Until [`Executing`](Self::Executing)
    /// nobody knows whether the service has taken it.
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
    /// A resource, or the stack, came into a status.
    Resource {
        /// The event of the service.
        event: Box<ResourceEvent>,
        /// The progress of the operation.
        progress: Progress,
    },
    /// Nothing was reported for a while, but the operation goes on.
    Heartbeat {
        /// Since the execution began.
        elapsed: Duration,
        /// Paths of the resources in progress.
        in_progress: Vec<String>,
        /// The progress of the operation.
        progress: Progress,
    },
    /// A question could not be answered; it is asked again.
    Trouble {
        /// The failed request and its answer.
        what: String,
    },
    /// Events may not be read; following only the status of the stack.
    NoEvents {
        /// The failed request and its answer.
        what: String,
    },
    /// Something of ours was removed.
    Removed {
        /// The leftover, such as "change set `x`".
        what: String,
    },
    /// Something of ours could not be removed.
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
    /// Resources that reached their goal.
    pub done: usize,
    /// Resources the change set names, and the stack itself; 0 when unknown.
    pub total: usize,
}

/// A status that a resource, or a stack, came into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceEvent {
    /// The service's own ID of the event: unique.
    pub id: String,
    /// The time.
    pub at: Timestamp,
    /// The ARN of the stack that reported it.
    pub stack_id: String,
    /// Logical IDs of the nested stacks on the way from the root; empty in the root.
    pub path: Vec<String>,
    /// The logical ID within its stack; of the stack itself, its name.
    pub logical_id: String,
    /// The physical ID, once there is one.
    pub physical_id: Option<String>,
    /// The type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The status it came into.
    pub status: ResourceStatus,
    /// Why, when the service says so.
    pub reason: Option<String>,
    /// The work in the background, when the event names it.
    pub background: Option<Background>,
    /// The hook the event is about, when it is about one.
    pub hook: Option<Hook>,
    /// The ARN of the function or topic that serves the resource, when it is a
    /// custom one.
    pub service_token: Option<String>,
}

/// A hook's answer about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its type name.
    pub name: String,
    /// Its answer.
    pub status: HookStatus,
    /// Its reason.
    pub reason: Option<String>,
}

impl ResourceEvent {
    /// Returns whether the event is about the stack that reported it, not about a resource in it.
    pub fn is_stack(&self) -> bool {
        self.physical_id.as_deref() == Some(&self.stack_id)
    }

    /// Returns whether the event is about the outermost stack of the operation.
    pub fn is_root(&self) -> bool {
        self.is_stack() && self.path.is_empty()
    }

    /// Returns whether a function or a topic of somebody's own makes the resource.
    pub(crate) fn is_custom(&self) -> bool {
        is_custom(&self.resource_type)
    }

    /// Returns whether something failed.
    pub fn is_failure(&self) -> bool {
        self.status.is_failed()
            || self
                .hook
                .as_ref()
                .is_some_and(|hook| hook.status.is_failed())
    }

    /// Returns whether the status will change.
    pub fn is_in_progress(&self) -> bool {
        self.status.is_in_progress()
    }

    /// Logical IDs from the root to this resource, joined by slashes.
    pub fn full_path(&self) -> String {
        let mut ids: Vec<&str> = self.path.iter().map(String::as_str).collect();
        if !self.is_stack() || ids.is_empty() {
            ids.push(&self.logical_id);
        }
        ids.join("/")
    }
}

/// Finds the resources that were not deleted in the end, oldest first.
pub(crate) fn left_behind(events: &[ResourceEvent]) -> Vec<&ResourceEvent> {
    let mut last = last_of_each(events);
    last.retain(|event| event.status == ResourceStatus::DeleteFailed);
    last
}

/// Finds the resources with which something goes on in the background after the
/// operation, oldest first. Nested stacks are not among them: what is in them is.
pub(crate) fn in_background(events: &[ResourceEvent]) -> Vec<&ResourceEvent> {
    let mut last = last_of_each(events);
    last.retain(|event| {
        event.background.is_some()
            && event.status.is_complete()
            && event.resource_type != NESTED_STACK
    });
    last
}

/// Finds the last event of each resource, oldest first.
///
/// A resource that was replaced has another physical ID than the one in its place.
fn last_of_each(events: &[ResourceEvent]) -> Vec<&ResourceEvent> {
    let mut last: Vec<&ResourceEvent> = Vec::new();
    for event in events.iter().filter(|event| !event.is_stack()) {
        let of = |event: &ResourceEvent| {
            let (stack, id) = (event.stack_id.clone(), event.logical_id.clone());
            (stack, id, event.physical_id.clone())
        };
        last.retain(|known| of(known) != of(event));
        last.push(event);
    }
    last
}

/// Returns whether a type is one of custom resources.
pub(crate) fn is_custom(resource_type: &str) -> bool {
    resource_type.starts_with("Custom::") || resource_type == "AWS::CloudFormation::CustomResource"
}
