//! Executing, leaving or withdrawing a change set after its verdict.

use aws_sdk_cloudformation::Client;

use super::error::{DeployError, DeployStep};
use super::judge::{Proposal, Verdict};
use super::outcome::{End, Outcome};
use super::plan::Execution;
use super::request::Mode;
use super::steps::Steps;
use crate::Timestamp;
use crate::call::{CallError, CallExt as _};
use crate::stack::change_set;
use crate::stack::follow::{Followed, Operation, follow};
use crate::stack::pace::within;
use crate::stack::validation;
use crate::stack::{Change, ChangeSetKind, Event, Pace, ResourceEvent};

impl Verdict {
    /// Ends a run according to its mode, or withdraws a denied change set.
    ///
    /// An approved change set is executed, left for review, or withdrawn.
    ///
    /// # Errors
    ///
    /// Fails if the change set cannot be executed, or its operation cannot be followed. A failed
    /// operation is an outcome, not an error.
    pub async fn conclude(
        self,
        client: &Client,
        pace: &Pace,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Outcome, DeployError> {
        let Self { proposal, refusals } = self;
        if !refusals.is_empty() {
            let end = End::Gated { refusals };
            return Ok(withdraw(client, proposal, end, pace, on_event).await);
        }
        match proposal.mode {
            Mode::Execute => execute(client, proposal, pace, on_event).await,
            Mode::Review => {
                let change_set_id = proposal.change_set.id.clone();
                Ok(proposal.outcome(End::Reviewable { change_set_id }, Vec::new()))
            }
            Mode::Preview => Ok(withdraw(client, proposal, End::Previewed, pace, on_event).await),
        }
    }
}

/// Deletes a change set that will not be executed, and its stack if the stack is otherwise empty.
///
/// Keeps a change set that another run created. Never fails: an event reports a change set that
/// could not be deleted, which does no harm.
async fn withdraw(
    client: &Client,
    proposal: Proposal,
    end: End,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Outcome {
    let is_tidy = if proposal.is_ours {
        let mut tell = |event: Event| on_event(event.redacted(&proposal.secrets));
        let steps = steps(client, &proposal, pace);
        steps.remove(&proposal.change_set, &mut tell).await
    } else {
        true
    };
    Outcome {
        is_tidy,
        ..proposal.outcome(end, Vec::new())
    }
}

/// Executes a change set and follows the operation to its end.
///
/// # Errors
///
/// Fails if a request is refused or gets no answer. An operation that started and then failed is an
/// [`Outcome`].
async fn execute(
    client: &Client,
    proposal: Proposal,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Outcome, DeployError> {
    let mut tell = |event: Event| on_event(event.redacted(&proposal.secrets));
    match run(client, &proposal, pace, &mut tell).await {
        Ok((end, events)) => Ok(proposal.outcome(end, events)),
        Err(error) => Err(error.redacted(&proposal.secrets)),
    }
}

fn steps<'a>(client: &'a Client, proposal: &Proposal, pace: &Pace) -> Steps<'a> {
    let Proposal {
        stack, token, kind, ..
    } = proposal;
    Steps::new(client, stack, token, *kind, pace)
}

async fn run(
    client: &Client,
    proposal: &Proposal,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<(End, Vec<ResourceEvent>), DeployError> {
    let mut steps = steps(client, proposal, pace);
    let (kind, ready) = (proposal.kind, &proposal.change_set);
    let settings = proposal.execution.settings.clone();
    // The policy must already apply to this update: a stricter policy protects the stack from it, a
    // looser one permits it.
    if kind == ChangeSetKind::Update
        && let Err(error) = steps
            .set(settings.clone(), &ready.stack_id, false, on_event)
            .await
    {
        if proposal.is_ours {
            steps.remove(ready, on_event).await;
        }
        return Err(error);
    }
    let stack_id = || ready.stack_id.clone();
    on_event(Event::AboutToExecute {
        stack_id: stack_id(),
        kind,
    });
    let request = send_execute(&mut steps, &ready.id, &proposal.execution, on_event);
    let Some(sent) = within(pace.deadline, request).await else {
        // The service may have accepted the request: the change set must stay.
        let end = End::Running {
            status: None,
            is_executing: true,
        };
        return Ok((end, Vec::new()));
    };
    if let Err(source) = sent {
        if proposal.is_ours {
            steps.remove(ready, on_event).await;
        }
        let step = DeployStep::Execute {
            change_set: proposal.token.clone(),
            stack: proposal.stack.clone(),
        };
        return Err(step.failed(source));
    }
    on_event(Event::Executing {
        stack_id: stack_id(),
        kind,
    });
    let operation = Operation {
        stack_id: stack_id(),
        token: Some(proposal.token.as_str().to_owned()),
        since: ready.created,
        planned: ready.changes.iter().map(Change::full_path).collect(),
    };
    let followed = follow(client, &operation, pace, on_event).await;
    let followed = followed.map_err(|source| steps.cannot_follow(source))?;
    let end = ended(client, &operation, &followed, pace).await;
    if kind == ChangeSetKind::Create && matches!(end, End::Done { .. }) {
        steps.set(settings, &ready.stack_id, true, on_event).await?;
    }
    Ok((end, followed.events))
}

/// Returns the end of a followed operation. A failure that no resource reports gets the details of
/// the validations that refused the operation, where the service offers them.
pub(super) async fn ended(
    client: &Client,
    operation: &Operation,
    followed: &Followed,
    pace: &Pace,
) -> End {
    let mut end = End::of(followed);
    if let End::Failed {
        cause: Some(cause), ..
    } = &mut end
        && cause.event.is_stack()
    {
        // A reviewed change set may be older than other operations. The stack's first event and the
        // validations are not reported by one clock.
        let first = followed.events.iter().map(|event| event.at.0).min();
        let since = Timestamp(first.unwrap_or_default().saturating_sub(5_000));
        let details = validation::of_operation(client, &operation.stack_id, since);
        // Partitions and policies without `DescribeEvents` only cost the details.
        let details = within(pace.deadline, details).await.and_then(Result::ok);
        let lines = details.iter().flatten().map(ToString::to_string);
        let lines: Vec<String> = lines.chain([cause.reason.clone()]).collect();
        cause.reason = lines.join("\n");
    }
    end
}

/// Sends the request until the service has accepted it. The one token makes it run only once.
async fn send_execute(
    steps: &mut Steps<'_>,
    id: &str,
    how: &Execution,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<(), CallError> {
    loop {
        let answer = steps
            .client
            .execute_change_set()
            .change_set_name(id)
            .client_request_token(steps.token.as_str())
            .set_disable_rollback(how.disable_rollback)
            .set_retain_except_on_create(how.retain_except_on_create.then_some(true))
            .send()
            .await
            .call("cloudformation", "ExecuteChangeSet");
        let Err(error) = answer else { return Ok(()) };
        let may_run = error.kind.may_have_worked()
            || error.has_code("InvalidChangeSetStatus")
            || error.has_code("TokenAlreadyExistsException");
        if may_run
            && let Ok(found) = change_set::look(steps.client, "", id).await
            && found.is_executed()
        {
            return Ok(());
        }
        steps.pacer.retry(error, on_event).await?;
    }
}
