//! The stacks of the simulated service, and the faults that it injects.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

pub(super) const ACCOUNT: &str = "arn:aws-cn:cloudformation:cn-north-1:123456789012";

/// The result element of an answer, or status, code and message of an error.
pub(super) type Served = Result<String, (u16, &'static str, String)>;

/// An event of a script: a resource gets a status after a number of milliseconds.
#[derive(Clone, Debug)]
pub struct Beat {
    pub after_ms: u64,
    /// Logical ID; empty for the stack itself; `Nested/Inner` for a resource of a nested stack.
    pub id: &'static str,
    pub kind: &'static str,
    pub status: &'static str,
    pub reason: &'static str,
}

pub const fn beat(
    after_ms: u64,
    id: &'static str,
    kind: &'static str,
    status: &'static str,
    reason: &'static str,
) -> Beat {
    Beat {
        after_ms,
        id,
        kind,
        status,
        reason,
    }
}

/// A fault before, during or after the serving of a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The answer has this status and error code; the request is not served.
    Answer(u16, &'static str),
    /// The connection breaks before the request is served.
    Reset,
    /// The request is served, and the connection breaks before the answer.
    LostAnswer,
    /// The request is served, and the answer ends in the middle.
    Truncated,
    /// Something on the way answers in place of the service: status and body, and true if the
    /// service served the request first.
    Foreign(u16, &'static str, bool),
    /// The request is served, and the answer comes after this time.
    Silence(Duration),
    /// The request is served, and no answer ever comes.
    NoAnswer,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a switch each")]
pub struct World {
    pub stacks: Vec<Stack>,
    /// Action and members of every request, served or refused.
    pub calls: Vec<(String, BTreeMap<String, String>)>,
    /// Faults for the next request of that action.
    pub faults: VecDeque<(&'static str, Fault)>,
    /// Scripts of the next operations; without a script, an operation succeeds within 3 s.
    pub scripts: VecDeque<Vec<Beat>>,
    /// The reason of a failed change set without changes.
    pub empty_reason: Option<&'static str>,
    /// The failure reason of the next change sets, whatever they contain; `Some("")` fails without
    /// a reason.
    pub change_set_fails: Option<&'static str>,
    /// The action of each change, instead of the usual action for the kind of change set.
    pub changes_as: Option<&'static str>,
    /// Events per page.
    pub page: usize,
    /// True if events lack the client token.
    pub hides_tokens: bool,
    pub executions: usize,
    /// True if change sets contain a nested stack that has a nested stack itself.
    pub is_nested: bool,
    /// The maximum number of change sets of a stack.
    pub most_change_sets: Option<usize>,
    /// True if `DescribeEvents` is available.
    pub offers_details: bool,
    /// True if the resources have drifted, as shown by change sets that revert drift.
    pub has_drifted: bool,
    /// The number of requests that are served; later requests wait forever.
    pub serves: Option<usize>,
    /// True once a request waits forever.
    pub is_frozen: bool,
    /// A text that is added to every text of an answer, like a parameter's value that a service
    /// repeats.
    pub planted: Option<String>,
    /// The [`PLACES`](super::PLACES) where it was added to a text.
    pub places: BTreeSet<&'static str>,
    /// True if the values of parameters are masked, like those of `NoEcho` parameters.
    pub masks_parameters: bool,
    pub(super) next_id: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Stack {
    pub id: String,
    pub name: String,
    pub status: String,
    pub content: String,
    pub(super) content_before: String,
    pub parameters: Vec<(String, String)>,
    pub tags: Vec<(String, String)>,
    pub change_sets: Vec<ChangeSet>,
    pub events: Vec<Happened>,
    pub(super) timeline: VecDeque<(Instant, Happened)>,
}

#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    pub name: String,
    pub(super) id: String,
    pub(super) token: String,
    pub(super) status: &'static str,
    pub(super) execution: &'static str,
    pub(super) reason: String,
    pub(super) content: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) kind: String,
    /// `DisableRollback` of the deployment configuration; only in Express mode.
    pub(super) express: Option<String>,
    pub(super) reverts_drift: bool,
    pub description: String,
    pub at_ms: i64,
    pub(super) ready: Option<Instant>,
}

impl ChangeSet {
    pub fn was_executed(&self) -> bool {
        self.execution.starts_with("EXECUTE_")
    }
}

#[derive(Clone, Debug, Default)]
pub struct Happened {
    pub(super) number: u64,
    pub(super) at_ms: i64,
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) physical: String,
    pub(super) token: String,
}
