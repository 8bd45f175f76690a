//! The slowest path: the resources that determined the duration of an operation.

use std::cmp::Reverse;
use std::time::Duration;

use super::needs::Needs;
use super::node::{Node, Span};
use crate::timestamp::Timestamp;

/// Largest delay between the end of a resource's last dependency and the start of the resource.
const SOON: Duration = Duration::from_secs(3);

/// Marks the resources that determined the duration of the operation.
///
/// In each stack the path is followed backwards, from the resource that ended last or that is the
/// root cause: each resource waited for the last of its dependencies. If the template is not known,
/// the times decide: among the resources that ended just before another one began, the
/// longest-running counts as its dependency.
///
/// * `to`: path of the root cause.
/// * `needs`: the dependencies of the root stack's resources.
pub(super) fn mark(nodes: &mut [Node], to: Option<&str>, needs: &Needs) {
    let Some(mut at) = last(nodes, to) else {
        return;
    };
    loop {
        nodes[at].is_slowest = true;
        mark(&mut nodes[at].children, to, &Needs::default());
        let Some(next) = before(nodes, at, needs) else {
            return;
        };
        at = next;
    }
}

/// Returns the index of the node where the path ends.
fn last(nodes: &[Node], to: Option<&str>) -> Option<usize> {
    let holds = |node: &Node, path: &str| {
        path.strip_prefix(&node.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let on_the_way = to.and_then(|to| {
        nodes
            .iter()
            .position(|node| holds(node, to) && !node.spans.is_empty())
    });
    on_the_way.or_else(|| {
        let ends = |at: usize| {
            nodes[at]
                .work()
                .map(|work| (end(work), Reverse(work.began)))
        };
        (0..nodes.len())
            .filter(|at| ends(*at).is_some())
            .max_by_key(|at| (ends(*at), Reverse(*at)))
    })
}

/// Returns the index of the node that a resource waited for.
fn before(nodes: &[Node], at: usize, needs: &Needs) -> Option<usize> {
    let began = nodes[at].work()?.began;
    let needed = needs.of_resource(&nodes[at].logical_id);
    let rank = |at: usize| {
        if needed.is_some_and(|needed| !needed.contains(&nodes[at].logical_id)) {
            return None;
        }
        let work = nodes[at].work()?;
        let ended = end(work);
        // A resource that begins and ends in the same moment must not lead back to itself.
        if ended > began || work.began >= began {
            return None;
        }
        let took = ended.since(work.began);
        Some(if needed.is_none() && began.since(ended) <= SOON {
            (true, took, ended)
        } else {
            // Nothing ended just before: use the resource that ended last.
            (false, Duration::ZERO, ended)
        })
    };
    (0..nodes.len())
        .filter_map(|other| Some((rank(other)?, Reverse(other))))
        .max()
        .map(|(_, Reverse(other))| other)
}

/// Returns the end of a span; an unfinished span counts as later than all others.
fn end(span: Span) -> Timestamp {
    span.ended.unwrap_or(Timestamp(i64::MAX))
}
