//! Deleting change sets, and canceling updates.

use std::time::Duration;

use aws_sdk_cloudformation::Client;

use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::stack::change_set::{self, ChangeSetFacts};
use crate::stack::{ChangeSetKind, ChangeSetName, Event, StackName, StackStatus, facts};

/// Time limit for deleting change sets: cleanup must not delay the end of a run.
pub(super) const REMOVAL_LIMIT: Duration = Duration::from_secs(30);

/// Deletes a change set by its name, for example when a signal ends the run that creates it.
///
/// The change set may not exist yet, or no longer exist. It stays if it is being executed.
pub(crate) async fn discard(
    client: &Client,
    stack: &StackName,
    name: &ChangeSetName,
    kind: ChangeSetKind,
) -> Discarded {
    let found = match change_set::look(client, stack.as_str(), name.as_str()).await {
        Ok(found) => found,
        Err(error) if error.kind == CallErrorKind::NotFound => return Discarded::Gone,
        Err(_) => return Discarded::Left,
    };
    if found.is_executed() {
        return Discarded::Executed;
    }
    let mut became = Discarded::Gone;
    let mut on_event = |event| {
        if matches!(event, Event::NotRemoved { .. }) {
            became = Discarded::Left;
        }
    };
    remove(client, name, &found, kind, &mut on_event).await;
    became
}

/// The result of discarding a change set that nobody will use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discarded {
    /// The change set does not exist any more, or never did.
    Gone,
    /// The change set may still exist: the service refused, or gave no answer.
    Left,
    /// The change set is being executed, or was executed.
    Executed,
}

/// Cancels a running update, so that it is rolled back; a creation cannot be canceled.
///
/// # Errors
///
/// Fails if the service refuses, for example because the update has ended.
pub(crate) async fn cancel(client: &Client, stack_id: &str) -> Result<(), CallError> {
    let answer = client
        .cancel_update_stack()
        .stack_name(stack_id)
        .send()
        .await;
    answer
        .call("cloudformation", "CancelUpdateStack")
        .map(|_| ())
}

/// Deletes a change set of this run, and the stack it created if the stack is otherwise empty.
///
/// Never fails: an event reports what could not be deleted, which does no harm.
///
/// * `kind`: of the change set; only CREATE change sets create a stack.
pub(crate) async fn remove(
    client: &Client,
    name: &ChangeSetName,
    made: &ChangeSetFacts,
    kind: ChangeSetKind,
    on_event: &mut (dyn FnMut(Event) + Send),
) {
    let answer = client
        .delete_change_set()
        .change_set_name(&made.id)
        .send()
        .await
        .call("cloudformation", "DeleteChangeSet");
    removed(format!("change set `{name}`"), answer.map(|_| ()), on_event);
    if kind == ChangeSetKind::Create {
        match is_bare(client, &made.stack_id).await {
            Ok(true) => remove_stack(client, &made.stack_id, on_event).await,
            Ok(false) => {}
            Err(error) => removed("its empty stack".to_owned(), Err(error), on_event),
        }
    }
}

/// Returns true if a stack is only a name: in review, without a change set.
async fn is_bare(client: &Client, stack_id: &str) -> Result<bool, CallError> {
    let Some(stack) = facts::describe(client, stack_id).await? else {
        return Ok(false);
    };
    if stack.status != StackStatus::ReviewInProgress {
        return Ok(false);
    }
    let answer = client
        .list_change_sets()
        .stack_name(stack_id)
        .send()
        .await
        .call("cloudformation", "ListChangeSets")?;
    Ok(answer.summaries().is_empty() && answer.next_token().is_none())
}

async fn remove_stack(client: &Client, stack_id: &str, on_event: &mut (dyn FnMut(Event) + Send)) {
    let answer = client
        .delete_stack()
        .stack_name(stack_id)
        .send()
        .await
        .call("cloudformation", "DeleteStack");
    removed(
        "the empty stack it had made".to_owned(),
        answer.map(|_| ()),
        on_event,
    );
}

pub(super) fn removed(
    what: String,
    answer: Result<(), CallError>,
    on_event: &mut (dyn FnMut(Event) + Send),
) {
    on_event(match answer {
        Ok(()) => Event::Removed { what },
        Err(error) => Event::NotRemoved {
            what,
            why: error.in_one_line(),
        },
    });
}
