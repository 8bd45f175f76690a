//! Coming back to an operation that another run, or a person, has started.

use std::time::Duration;

use aws_sdk_cloudformation::Client;

use super::error::DeployError;
use super::event::{Event, ResourceEvent, Timestamp};
use super::facts;
use super::follow::{Operation, follow};
use super::outcome::Outcome;
use super::plan::ChangeSetKind;
use super::request::{CHANGE_SET_PREFIX, ChangeSetName, StackName, Waits};
use crate::call::{CallError, CallExt as _};

/// Follows the newest operation on a stack to its end, running or ended;
/// none when there is no stack, or none of its operations is known.
///
/// Everything the operation reported is told from its beginning.
///
/// # Errors
///
/// When the stack or its events cannot be read.
pub async fn attach(
    client: &Client,
    stack: &StackName,
    waits: &Waits,
    on_event: &mut dyn FnMut(Event),
) -> Result<Option<Outcome>, DeployError> {
    let cannot = |source| DeployError::new(format!("read stack `{stack}`"), source);
    let present = facts::describe(client, stack.as_str()).await;
    let Some(present) = present.map_err(cannot)? else {
        return Ok(None);
    };
    let Some(newest) = newest(client, &present.id).await.map_err(cannot)? else {
        return Ok(None);
    };
    let operation = Operation {
        stack_id: present.id.clone(),
        token: newest.token.clone(),
        since: newest.since,
        planned: Vec::new(),
    };
    on_event(Event::Executing {
        stack_id: present.id.clone(),
        kind: newest.kind,
    });
    let followed = follow(client, &operation, waits, on_event).await;
    let (end, events) = followed.map_err(|source| {
        DeployError::new(format!("follow stack `{stack}`"), source)
            .goes_on(format!("the operation on stack `{stack}` goes on"))
    })?;
    Ok(Some(Outcome {
        stack: stack.clone(),
        stack_id: Some(present.id),
        kind: newest.kind,
        change_set: newest.token.and_then(ChangeSetName::of_token),
        end,
        changes: Vec::new(),
        elapsed: duration(&events),
        events,
    }))
}

/// From the first event to the last, by the service's clock.
fn duration(events: &[ResourceEvent]) -> Duration {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Duration::ZERO;
    };
    Duration::from_millis(u64::try_from(last.at.0 - first.at.0).unwrap_or_default())
}

/// How an operation began.
struct Beginning {
    token: Option<String>,
    since: Timestamp,
    kind: ChangeSetKind,
}

/// Whether the operation that runs on a stack was started by one of our runs.
///
/// Any trouble in finding out counts as no: then nothing is assumed.
pub(super) async fn is_ours(client: &Client, stack_id: &str) -> bool {
    let found = newest(client, stack_id).await.ok().flatten();
    let token = found.and_then(|beginning| beginning.token);
    token.is_some_and(|token| token.starts_with(CHANGE_SET_PREFIX))
}

/// The moment after the newest event of a stack; the first of all when there is none to read.
pub(super) async fn after_newest(client: &Client, stack_id: &str) -> Timestamp {
    let answer = client
        .describe_stack_events()
        .stack_name(stack_id)
        .send()
        .await;
    let newest = answer.ok().and_then(|page| {
        let event = page.stack_events().first()?;
        Some(Timestamp::of(event.timestamp()))
    });
    newest.map_or(Timestamp::default(), |newest| Timestamp(newest.0 + 1))
}

/// Finds how the newest operation began: the newest event of the stack itself that starts one.
///
/// A rollback belongs to the operation that failed, so its beginning does not count.
async fn newest(client: &Client, stack_id: &str) -> Result<Option<Beginning>, CallError> {
    let mut next: Option<String> = None;
    loop {
        let page = client
            .describe_stack_events()
            .stack_name(stack_id)
            .set_next_token(next.take())
            .send()
            .await
            .call("cloudformation", "DescribeStackEvents")?;
        for event in page.stack_events() {
            let is_root = event.physical_resource_id() == Some(stack_id);
            let status = event.resource_status().map_or("", |status| status.as_str());
            let kind = match status {
                "CREATE_IN_PROGRESS" => ChangeSetKind::Create,
                "UPDATE_IN_PROGRESS" | "IMPORT_IN_PROGRESS" | "DELETE_IN_PROGRESS" => {
                    ChangeSetKind::Update
                }
                _ => continue,
            };
            if is_root {
                return Ok(Some(Beginning {
                    token: event.client_request_token().map(str::to_owned),
                    since: Timestamp::of(event.timestamp()),
                    kind,
                }));
            }
        }
        next = page.next_token().map(str::to_owned);
        if next.is_none() {
            return Ok(None);
        }
    }
}
