//! Nodes of the resource tree.

use std::time::Duration;

use crate::stack::ResourceStatus;
use crate::timestamp::Timestamp;

/// A resource, or the stack itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The logical ID in its stack; for the stack itself, its name.
    pub logical_id: String,
    /// Logical IDs from the root to this resource, joined by slashes.
    pub path: String,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The last reported physical ID.
    pub physical_id: Option<String>,
    /// The status before any rollback; `None` if the resource was never started.
    pub status: Option<ResourceStatus>,
    /// The state of the resource.
    pub state: State,
    /// The periods of work on the resource, in order.
    pub spans: Vec<Span>,
    /// The reason for its failure, cancellation, or failed deletion.
    pub reason: Option<String>,
    /// True if this resource is the root cause.
    pub is_cause: bool,
    /// True if this resource is on the slowest path.
    pub is_slowest: bool,
    /// The resources of a nested stack, sorted by start.
    pub children: Vec<Node>,
}

/// The state of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The resource matches the template.
    Done,
    /// The resource matches the template, but an old resource could not be deleted.
    ///
    /// This is its predecessor, or a resource that the template no longer contains.
    LeftBehind,
    /// The resource failed on its own, or was refused.
    Failed,
    /// The resource is a nested stack that contains a failure.
    FailedInside,
    /// The resource was canceled because another one failed.
    Cancelled,
    /// The resource was rolled back to its previous state.
    Undone,
    /// The resource was in progress at its last event.
    Running,
    /// The resource was never started.
    Waiting,
}

/// A period of work on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The purpose of the work.
    pub phase: Phase,
    /// The start.
    pub began: Timestamp,
    /// The end; `None` if it was not reported.
    pub ended: Option<Timestamp>,
    /// True if the work failed.
    pub has_failed: bool,
}

/// The purpose of the work on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// To create or change the resource according to the template.
    Work,
    /// To restore the previous state.
    Undo,
    /// To delete replaced resources, or those that the template no longer contains.
    CleanUp,
}

impl Node {
    /// Returns this node and all nodes below it, parents first.
    pub fn walk(&self) -> impl Iterator<Item = &Node> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let node = open.pop()?;
            open.extend(node.children.iter().rev());
            Some(node)
        })
    }

    /// Returns the start of the work.
    pub fn began(&self) -> Option<Timestamp> {
        self.spans.first().map(|span| span.began)
    }

    /// Returns the time that the deployment worked on the resource, without rollback and cleanup.
    ///
    /// For a resource that was only cleaned up, returns the cleanup time.
    pub fn time(&self) -> Option<Duration> {
        let first = self.spans.first()?;
        let same = self.spans.iter().filter(|span| span.phase == first.phase);
        let ended = same.filter_map(|span| span.ended).max()?;
        Some(ended.since(first.began))
    }

    /// Returns the period in which the deployment worked on the resource.
    pub(super) fn work(&self) -> Option<Span> {
        let mut works = self.spans.iter().filter(|span| span.phase == Phase::Work);
        let first = *works.next()?;
        let last = works.next_back().unwrap_or(&first);
        Some(Span {
            ended: last.ended,
            ..first
        })
    }
}
