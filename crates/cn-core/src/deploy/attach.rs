//! Attaching to an operation that another run, or a person, started.

use std::time::Duration;

use aws_sdk_cloudformation::Client;

use super::error::{DeployError, DeployStep};
use super::execute::ended;
use super::outcome::Outcome;
use super::request::Confidential;
use crate::secret::Secrets;
use crate::stack::follow::{Operation, follow};
use crate::stack::{
    ChangeSetName, Event, Pace, ResourceEvent, StackFacts, StackName, Validation, facts, newest,
};

/// Follows the newest operation on a stack to its end, whether it is running or has ended.
///
/// `None` if the stack does not exist or has no known operation. Events are reported from the
/// beginning of the operation.
///
/// Returns the redacted outcome, and everything to redact about the stack.
///
/// * `confidential`: the values to redact.
///
/// # Errors
///
/// Fails if the stack or its events cannot be read.
pub async fn attach(
    client: &Client,
    stack: &StackName,
    confidential: &Confidential,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<(Outcome, Secrets)>, DeployError> {
    let cannot = |source| DeployStep::Read(stack.clone()).failed(source);
    let redacted = |error: DeployError| error.redacted(&confidential.secrets);
    let present = facts::describe(client, stack.as_str()).await;
    let present = present.map_err(|source| redacted(cannot(source)))?;
    let Some(present) = present else {
        return Ok(None);
    };
    let secrets = confidential.redaction(&present.masked_keys);
    let mut tell = |event: Event| on_event(event.redacted(&secrets));
    match follow_newest(client, stack, &present, pace, &mut tell).await {
        Ok(outcome) => Ok(outcome.map(|outcome| (outcome.redacted(&secrets), secrets))),
        Err(error) => Err(error.redacted(&secrets)),
    }
}

async fn follow_newest(
    client: &Client,
    stack: &StackName,
    present: &StackFacts,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<Outcome>, DeployError> {
    let cannot = |source| DeployStep::Read(stack.clone()).failed(source);
    let Some(newest) = newest::newest(client, &present.id).await.map_err(cannot)? else {
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
    let followed = follow(client, &operation, pace, on_event).await;
    let followed = followed.map_err(|source| DeployStep::Follow(stack.clone()).failed(source))?;
    let end = ended(client, &operation, &followed, pace).await;
    let events = followed.events;
    Ok(Some(Outcome {
        stack: stack.clone(),
        stack_id: Some(present.id.clone()),
        kind: newest.kind,
        change_set: newest.token.and_then(ChangeSetName::of_token),
        end,
        changes: Vec::new(),
        validation: Validation::default(),
        is_tidy: true,
        elapsed: duration(&events),
        events,
    }))
}

/// Returns the time from the first event to the last, by the service's clock.
fn duration(events: &[ResourceEvent]) -> Duration {
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Duration::ZERO;
    };
    Duration::from_millis(u64::try_from(last.at.0 - first.at.0).unwrap_or_default())
}
