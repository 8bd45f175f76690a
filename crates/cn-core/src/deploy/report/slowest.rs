//! The path that an operation's length came from.

use std::cmp::Reverse;

use super::super::event::Timestamp;
use super::tree::{Node, Span};

/// Marks the resources that made the operation as long as it was.
///
/// Events do not tell what depends on what. But CloudFormation begins a
/// resource as soon as all it depends on is there, so the one that ended last
/// before it is the one it waited for: the path is followed backwards that
/// way, in each stack, from the resource that ended last, or from the one that
/// failed first.
///
/// * `to`: path of what failed first.
pub(super) fn mark(nodes: &mut [Node], to: Option<&str>) {
    let Some(mut at) = last(nodes, to) else {
        return;
    };
    loop {
        nodes[at].is_slowest = true;
        mark(&mut nodes[at].children, to);
        let Some(next) = before(nodes, at) else {
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
fn before(nodes: &[Node], at: usize) -> Option<usize> {
    let began = nodes[at].work()?.began;
    let ended = |at: usize| {
        let work = nodes[at].work()?;
        // What begins and ends within one moment must not lead back to itself.
        let is_before = end(work) <= began && work.began < began;
        is_before.then(|| (end(work), Reverse(work.began)))
    };
    (0..nodes.len())
        .filter(|other| ended(*other).is_some())
        .max_by_key(|other| (ended(*other), Reverse(*other)))
}

/// What has not ended is later than anything that has.
fn end(span: Span) -> Timestamp {
    span.ended.unwrap_or(Timestamp(i64::MAX))
}
