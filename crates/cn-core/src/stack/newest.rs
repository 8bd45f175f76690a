//! The newest operation of a stack.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::StackEvent;

use super::change::ChangeSetKind;
use super::name::CHANGE_SET_PREFIX;
use super::resource_status::ResourceStatus;
use crate::call::{CallError, CallExt as _, Pages};
use crate::timestamp::Timestamp;

/// The beginning of an operation.
pub(crate) struct Beginning {
    pub(crate) token: Option<String>,
    pub(crate) since: Timestamp,
    pub(crate) kind: ChangeSetKind,
}

/// Returns true if a run of this library started the operation that runs on a stack.
///
/// Any failure to find out counts as no: then nothing is assumed.
pub(crate) async fn is_ours(client: &Client, stack_id: &str) -> bool {
    let found = newest(client, stack_id).await.ok().flatten();
    let token = found.and_then(|beginning| beginning.token);
    token.is_some_and(|token| token.starts_with(CHANGE_SET_PREFIX))
}

/// Returns the moment after the newest event of a stack.
///
/// Returns the default timestamp if no event can be read.
pub(crate) async fn after_newest(client: &Client, stack_id: &str) -> Timestamp {
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

/// Returns true if one of the newest events belongs to the operation with this token.
pub(crate) async fn has_begun(client: &Client, stack_id: &str, token: &str) -> bool {
    let events = client.describe_stack_events().stack_name(stack_id);
    events.send().await.is_ok_and(|page| {
        let events = page.stack_events().iter();
        events
            .map(StackEvent::client_request_token)
            .any(|it| it == Some(token))
    })
}

/// Returns the beginning of the newest operation.
///
/// This is the newest event of the stack itself that starts an operation.
///
/// A rollback belongs to the failed operation, so its beginning does not count.
pub(crate) async fn newest(
    client: &Client,
    stack_id: &str,
) -> Result<Option<Beginning>, CallError> {
    let mut pages = Pages::of("cloudformation", "DescribeStackEvents");
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
            let kind = match ResourceStatus::new(status) {
                ResourceStatus::CreateInProgress => ChangeSetKind::Create,
                ResourceStatus::UpdateInProgress
                | ResourceStatus::ImportInProgress
                | ResourceStatus::DeleteInProgress => ChangeSetKind::Update,
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
        next = pages.next(page.next_token)?;
        if next.is_none() {
            return Ok(None);
        }
    }
}
