//! The path that an operation's length came from.

use std::cmp::Reverse;
use std::time::Duration;

use super::needs::Needs;
use super::node::{Node, Span};
use crate::timestamp::Timestamp;

/// CloudFormation begins a resource this soon, or sooner, after the last of
/// what it depends on.
const SOON: Duration = Duration::from_secs(3);

/// Marks the resources that made the operation as long as it was.
///
/// In each stack the path is followed backwards from the resource that ended
/// last, or from the one that failed first: a resource waited for what it
/// depends on and ended last. Where the template is not known, times have to
/// tell: of several that ended right before one began, the one that took
/// longest is taken for what it waited for.
///
/// * `to`: path of what failed first.
/// * `needs`: what the resources of the root stack depend on.
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

/// The one to begin with.
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

/// The one that a resource waited for.
fn before(nodes: &[Node], at: usize, needs: &Needs) -> Option<usize> {
    let began = nodes[at].work()?.began;
    let needed = needs.of_resource(&nodes[at].logical_id);
    let rank = |at: usize| {
        if needed.is_some_and(|needed| !needed.contains(&nodes[at].logical_id)) {
            return None;
        }
        let work = nodes[at].work()?;
        let ended = end(work);
        // What begins and ends within one moment must not lead back to itself.
        if ended > began || work.began >= began {
            return None;
        }
        let took = ended.since(work.began);
        Some(if needed.is_none() && began.since(ended) <= SOON {
            (true, took, ended)
        } else {
            // Nothing ended right before: whatever ended last.
            (false, Duration::ZERO, ended)
        })
    };
    (0..nodes.len())
        .filter_map(|other| Some((rank(other)?, Reverse(other))))
        .max()
        .map(|(_, Reverse(other))| other)
}

/// Returns the end of a span; a span that has not ended is later than all others.
fn end(span: Span) -> Timestamp {
    span.ended.unwrap_or(Timestamp(i64::MAX))
}
