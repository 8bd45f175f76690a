//! Nodes of the tree of resources.

use std::time::Duration;

use crate::stack::{ResourceStatus, Timestamp};

/// One resource, or the stack itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The logical ID within its stack; of the stack itself, its name.
    pub logical_id: String,
    /// Logical IDs from the root to it, joined by slashes.
    pub path: String,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The last physical ID that was told.
    pub physical_id: Option<String>,
    /// The status that the deployment left it in, before anything was rolled
    /// back; absent when it was never begun.
    pub status: Option<ResourceStatus>,
    /// The state of the resource.
    pub state: State,
    /// The times of work on it, in order.
    pub spans: Vec<Span>,
    /// Why it failed, was given up, or could not be removed.
    pub reason: Option<String>,
    /// True if it is what failed first.
    pub is_cause: bool,
    /// True if the operation took as long as it did because of it.
    pub is_slowest: bool,
    /// The resources of a nested stack, by the time they began.
    pub children: Vec<Node>,
}

/// The state of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is as the template says.
    Done,
    /// It is as the template says, but the resource that it replaced, or that the
    /// template has no more, could not be deleted.
    LeftBehind,
    /// It failed by itself, or was refused.
    Failed,
    /// It is a nested stack, and something in it failed.
    FailedInside,
    /// It was given up because another one failed.
    Cancelled,
    /// It was brought back to the state before.
    Undone,
    /// It was in progress when it was last heard of.
    Running,
    /// It was never begun.
    Waiting,
}

/// A time in which something was done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The purpose of the work.
    pub phase: Phase,
    /// The start.
    pub began: Timestamp,
    /// The end; absent when it was not reported.
    pub ended: Option<Timestamp>,
    /// True if it ended in a failure.
    pub has_failed: bool,
}

/// The purpose of the work on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// To make it as the template says.
    Work,
    /// To bring it back to the state before.
    Undo,
    /// To remove what was replaced, or what the template has no more.
    CleanUp,
}

impl Node {
    /// The resource and what is nested in it, parents first.
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

    /// Returns the time that the deployment worked on the resource, without undoing or cleaning up;
    /// of a resource that was only cleaned up, the time of that.
    pub fn time(&self) -> Option<Duration> {
        let first = self.spans.first()?;
        let same = self.spans.iter().filter(|span| span.phase == first.phase);
        let ended = same.filter_map(|span| span.ended).max()?;
        Some(ended.since(first.began))
    }

    /// The time in which the deployment worked on it.
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
