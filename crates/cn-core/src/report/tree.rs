//! The tree of resources, built from the events of an operation.

use std::collections::BTreeMap;

use super::needs::Needs;
use super::node::{Node, Phase, Span, State};
use super::slowest;
use crate::failure::{Cause, is_cancellation};
use crate::stack::{NESTED_STACK, ResourceEvent, ResourceStatus, StackName};
use crate::timestamp::Timestamp;

/// A resource in the change set.
pub(super) struct Planned {
    pub(super) logical_id: String,
    pub(super) resource_type: String,
    /// The reason for the refusal, if the resource was refused.
    pub(super) refused: Option<String>,
}

/// The moments at which stacks began to roll back or clean up: their resources do not report it.
struct Turns<'a>(BTreeMap<&'a [String], (Timestamp, Phase)>);

impl<'a> Turns<'a> {
    fn of(events: &[&'a ResourceEvent]) -> Self {
        let mut turns = BTreeMap::new();
        for event in events.iter().filter(|event| event.is_stack()) {
            let phase = phase_of(&event.status);
            if phase != Phase::Work {
                turns
                    .entry(event.path.as_slice())
                    .or_insert((event.at, phase));
            }
        }
        Self(turns)
    }

    /// Returns the purpose of the work in a stack at a moment.
    fn phase(&self, path: &[String], at: Timestamp) -> Phase {
        let above = (0..=path.len()).filter_map(|depth| self.0.get(&path[..depth]));
        let turned = above.filter(|(turn, _)| *turn <= at).min();
        turned.map_or(Phase::Work, |(_, phase)| *phase)
    }
}

fn phase_of(status: &ResourceStatus) -> Phase {
    // The cleanup of a rollback deletes resources that the operation created.
    if status.is_rollback() {
        Phase::Undo
    } else if status.is_cleanup() {
        Phase::CleanUp
    } else {
        Phase::Work
    }
}

/// A resource while its events are read.
#[derive(Default)]
struct Growing {
    resource_type: String,
    physical_id: Option<String>,
    /// The last status in phase `Work`.
    status: Option<ResourceStatus>,
    last: Option<ResourceStatus>,
    spans: Vec<Span>,
    failure: Option<(State, Option<String>)>,
    /// The reason for a failed deletion, which does not affect the result of the operation.
    left: Option<String>,
}

impl Growing {
    fn add(&mut self, event: &ResourceEvent, phase: Phase) {
        self.resource_type.clone_from(&event.resource_type);
        if event.physical_id.is_some() {
            self.physical_id.clone_from(&event.physical_id);
        }
        self.last = Some(event.status.clone());
        let has_failed = event.is_failure();
        self.time(event, phase, has_failed);
        if phase == Phase::Work {
            self.status = Some(event.status.clone());
        }
        if phase == Phase::CleanUp {
            // The service tries again.
            let reason = || event.reason.as_deref().unwrap_or("no reason was given");
            self.left = has_failed.then(|| reason().to_owned());
        } else if has_failed {
            let state = if is_cancellation(event) {
                State::Cancelled
            } else {
                State::Failed
            };
            let hook = event.hook.as_ref().and_then(|hook| {
                let reason = hook.reason.as_deref()?;
                Some(format!("hook `{}`: {reason}", hook.name))
            });
            let is_new = self.failure.as_ref().is_none_or(|(old, _)| *old != state);
            if is_new {
                self.failure = Some((state, hook.or_else(|| event.reason.clone())));
            }
        } else if phase == Phase::Work && event.status.is_complete() {
            // A hook in mode WARN fails too, and then the resource succeeds.
            self.failure = None;
        }
    }

    /// Opens, continues or closes a span.
    fn time(&mut self, event: &ResourceEvent, phase: Phase, has_failed: bool) {
        let at = event.at;
        let open = self.spans.last_mut().filter(|span| span.ended.is_none());
        if event.is_in_progress() {
            match open {
                Some(open) if open.phase == phase => return,
                Some(open) => open.ended = Some(at),
                None => {}
            }
            self.spans.push(Span {
                phase,
                began: at,
                ended: None,
                has_failed: false,
            });
            return;
        }
        match open {
            // Work that began before the turn keeps its phase.
            Some(open) => {
                open.ended = Some(at);
                open.has_failed |= has_failed;
            }
            None => self.spans.push(Span {
                phase,
                began: at,
                ended: Some(at),
                has_failed,
            }),
        }
    }

    fn finish(self, path: &[String], id: &str, children: Vec<Node>) -> Node {
        let is_undone = self.spans.iter().any(|span| span.phase == Phase::Undo);
        let is_failed = |node: &Node| matches!(node.state, State::Failed | State::FailedInside);
        let has_failed_inside = children.iter().any(is_failed);
        let is_running_inside = children.iter().any(|node| node.state == State::Running);
        let (state, reason) = match self.failure {
            Some((State::Failed, reason)) if has_failed_inside => (State::FailedInside, reason),
            Some(failure) => failure,
            None if self
                .last
                .as_ref()
                .is_some_and(ResourceStatus::is_in_progress) =>
            {
                (State::Running, None)
            }
            None if self.last.is_none() && is_running_inside => (State::Running, None),
            None if has_failed_inside => (State::FailedInside, None),
            None if is_undone => (State::Undone, None),
            None if self.left.is_some() => (State::LeftBehind, self.left),
            None => (State::Done, None),
        };
        let mut ids: Vec<&str> = path.iter().map(String::as_str).collect();
        ids.push(id);
        Node {
            logical_id: id.to_owned(),
            path: ids.join("/"),
            resource_type: self.resource_type,
            physical_id: self.physical_id,
            status: self.status.or(self.last),
            state,
            spans: self.spans,
            reason,
            is_cause: false,
            is_slowest: false,
            children,
        }
    }
}

/// Resources by stack path and logical ID.
type Forest = BTreeMap<Vec<String>, BTreeMap<String, Growing>>;

/// Builds the resources of the root stack, including nested resources.
pub(super) fn build(
    planned: &[Planned],
    events: &[ResourceEvent],
    cause: Option<&Cause>,
    needs: &Needs,
) -> Vec<Node> {
    let mut ordered: Vec<&ResourceEvent> = events.iter().collect();
    ordered.sort_by_key(|event| event.at);
    let turns = Turns::of(&ordered);
    let mut forest = Forest::new();
    for event in ordered {
        // The parent stack reports the nested stack as a resource, so its own events are skipped.
        if event.is_stack() {
            continue;
        }
        let phase = turns.phase(&event.path, event.at);
        forest
            .entry(event.path.clone())
            .or_default()
            .entry(event.logical_id.clone())
            .or_default()
            .add(event, phase);
    }
    adopt_orphans(&mut forest);
    let mut nodes = grow(&mut forest, &mut Vec::new());
    let never: Vec<Node> = planned
        .iter()
        .filter_map(|it| waiting(it, &nodes))
        .collect();
    nodes.extend(never);
    let to_cause = cause.map(|cause| cause.event.full_path());
    if let Some(path) = &to_cause {
        mark_cause(&mut nodes, path);
    }
    slowest::mark(&mut nodes, to_cause.as_deref(), needs);
    nodes
}

/// Adds a node for each nested stack of which only the resources were reported.
fn adopt_orphans(forest: &mut Forest) {
    let paths: Vec<Vec<String>> = forest.keys().cloned().collect();
    for path in paths {
        for depth in 1..=path.len() {
            let (above, id) = (path[..depth - 1].to_vec(), path[depth - 1].clone());
            let parent = forest.entry(above).or_default().entry(id).or_default();
            if parent.resource_type.is_empty() {
                NESTED_STACK.clone_into(&mut parent.resource_type);
            }
        }
    }
}

fn grow(forest: &mut Forest, path: &mut Vec<String>) -> Vec<Node> {
    let Some(here) = forest.remove(path.as_slice()) else {
        return Vec::new();
    };
    let mut nodes: Vec<Node> = Vec::new();
    for (id, growing) in here {
        path.push(id.clone());
        let children = grow(forest, path);
        path.pop();
        nodes.push(growing.finish(path, &id, children));
    }
    // Resources with the same start are sorted by logical ID, the order of the map.
    nodes.sort_by_key(|node| node.began().unwrap_or(Timestamp(i64::MAX)));
    nodes
}

fn waiting(planned: &Planned, nodes: &[Node]) -> Option<Node> {
    let is_known = nodes
        .iter()
        .any(|node| node.logical_id == planned.logical_id);
    (!is_known).then(|| Node {
        logical_id: planned.logical_id.clone(),
        path: planned.logical_id.clone(),
        resource_type: planned.resource_type.clone(),
        physical_id: None,
        status: None,
        state: match planned.refused {
            Some(_) => State::Failed,
            None => State::Waiting,
        },
        spans: Vec::new(),
        reason: planned.refused.clone(),
        is_cause: planned.refused.is_some(),
        is_slowest: false,
        children: Vec::new(),
    })
}

fn mark_cause(nodes: &mut [Node], path: &str) {
    for node in nodes {
        node.is_cause = node.path == path;
        mark_cause(&mut node.children, path);
    }
}

/// Returns the node of the stack itself.
pub(super) fn root(stack: Option<&StackName>, events: &[ResourceEvent]) -> Option<Node> {
    let mut own: Vec<&ResourceEvent> = events.iter().filter(|event| event.is_root()).collect();
    own.sort_by_key(|event| event.at);
    let mut growing = Growing::default();
    for event in &own {
        growing.add(event, phase_of(&event.status));
    }
    let told = own.first()?.logical_id.clone();
    let name = stack.map_or(told, ToString::to_string);
    Some(growing.finish(&[], &name, Vec::new()))
}
