//! Attaching to an operation that another run, or a person, started.

use aws_sdk_cloudformation::Client;
use tokio::time::Instant;

use super::apply::end_of;
use super::error::{StackSetError, StackSetStep};
use super::facts::{describe, operations};
use super::follow::{Set, begun};
use super::outcome::{End, Event, Outcome};
use super::request::StackSetName;
use super::status::OperationAction;
use crate::call::CallError;
use crate::deploy::Confidential;
use crate::stack::Pace;

/// Follows an operation on a StackSet to its end, whether it is running or has ended.
///
/// `None` if the StackSet or the operation does not exist.
///
/// * `operation`: the operation's ID; `None` follows the newest operation.
/// * `is_delegated`: as for [`Permissions`](super::Permissions::is_delegated).
/// * `confidential`: the values to redact.
///
/// # Errors
///
/// Fails if the StackSet or the operation cannot be read.
pub async fn attach(
    client: &Client,
    name: &StackSetName,
    operation: Option<&str>,
    is_delegated: bool,
    confidential: &Confidential,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<Outcome>, StackSetError> {
    let set = Set {
        client,
        name,
        is_delegated,
        pace,
    };
    let cannot_read = |source: CallError| {
        let error = StackSetStep::Read(name.clone()).failed(source);
        error.redacted(&confidential.secrets)
    };
    let present = describe(client, name, is_delegated).await;
    let Some(present) = present.map_err(cannot_read)? else {
        return Ok(None);
    };
    let secrets = confidential.redaction(&present.masked_keys());
    let found = find(&set, operation).await.map_err(cannot_read)?;
    let Some((id, action)) = found else {
        return Ok(None);
    };
    let mut tell = |event: Event| on_event(event.redacted(&secrets));
    tell(Event::Started {
        operation: id.clone(),
        action: action.clone(),
    });
    let started = Instant::now();
    let followed = set.follow(begun(&id, action), 0, &mut tell).await;
    let operation = followed.map_err(|source| {
        let name = name.clone();
        let step = StackSetStep::Follow {
            name,
            operation: id,
        };
        step.failed(source).redacted(&secrets)
    })?;
    let outcome = Outcome {
        name: name.clone(),
        end: end_of(&operation).unwrap_or(End::Done { is_new: false }),
        operations: vec![operation.redacted(&secrets)],
        not_started: 0,
        elapsed: started.elapsed(),
    };
    Ok(Some(outcome))
}

/// Returns the ID and kind of the operation.
async fn find(
    set: &Set<'_>,
    operation: Option<&str>,
) -> Result<Option<(String, OperationAction)>, CallError> {
    if let Some(id) = operation {
        let found = set.operation(id).await?;
        return Ok(found.map(|operation| {
            let action = operation.action().map_or("UNKNOWN", |it| it.as_str());
            (id.to_owned(), action.into())
        }));
    }
    let newest = operations(set.client, set.name, set.is_delegated).await?;
    let newest = newest.into_iter().next();
    Ok(newest.map(|(_, operation)| (operation.id, operation.action)))
}
