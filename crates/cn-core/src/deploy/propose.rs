//! Creating a change set and reading its changes.

use aws_sdk_cloudformation::Client;
use tokio::time::{Instant, timeout};

use super::create;
use super::discard::{self, Discarded, REMOVAL_LIMIT};
use super::error::{DeployError, DeployStep};
use super::gate::Gate;
use super::judge::Proposal;
use super::outcome::{End, Outcome};
use super::plan::{ChangeSetSpec, Plan, Step};
use super::steps::Steps;
use super::upload;
use crate::call::CallExt as _;
use crate::session::Target;
use crate::stack::change_set::{self, ChangeSetFacts};
use crate::stack::follow::{Operation, follow};
use crate::stack::pace::within;
use crate::stack::{Event, Pace, ResourceEvent, StackStatus};
use crate::stack::{facts, newest};

/// The clients of the target identity.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The CloudFormation client, in the stack's region.
    pub cloudformation: Client,
    /// The S3 client, in the same region as the stack.
    pub s3: aws_sdk_s3::Client,
}

impl From<&Target> for Clients {
    fn from(target: &Target) -> Self {
        Self {
            cloudformation: target.cloudformation().clone(),
            s3: target.s3().clone(),
        }
    }
}

/// The result of [`propose`].
#[derive(Clone, Debug)]
pub enum Proposed {
    /// The change set is ready; [`Proposal::judge`] decides about it.
    Ready(Box<Proposal>),
    /// The run ends here.
    ///
    /// There are no changes, CloudFormation refused the change set, a preparing step failed, or the
    /// deadline was reached.
    Ended(Box<Outcome>),
}

impl Proposed {
    /// Judges a change set that is ready, and ends the run according to its mode.
    ///
    /// * `gates`: the changes to refuse.
    ///
    /// # Errors
    ///
    /// Fails like [`Verdict::conclude`](super::Verdict::conclude).
    pub async fn conclude(
        self,
        client: &Client,
        gates: &[Gate],
        pace: &Pace,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Outcome, DeployError> {
        match self {
            Self::Ended(outcome) => Ok(*outcome),
            Self::Ready(proposal) => proposal.judge(gates).conclude(client, pace, on_event).await,
        }
    }
}

/// Prepares the stack, creates the change set and waits until its changes are known.
///
/// Deletes change sets that fail or turn out to be empty, and a stack left empty by them.
///
/// # Errors
///
/// Fails if a request is refused or gets no answer. An operation that started and then failed is an
/// [`Outcome`].
pub async fn propose(
    clients: &Clients,
    plan: Plan,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Proposed, DeployError> {
    let secrets = plan.secrets.clone();
    let mut tell = |event: Event| on_event(event.redacted(&secrets));
    match take_steps(clients, plan, pace, &mut tell).await {
        Ok(Proposed::Ended(outcome)) => Ok(Proposed::Ended(Box::new(outcome.redacted(&secrets)))),
        Ok(ready) => Ok(ready),
        Err(error) => Err(error.redacted(&secrets)),
    }
}

async fn take_steps(
    clients: &Clients,
    plan: Plan,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Proposed, DeployError> {
    let client = &clients.cloudformation;
    let spec = &plan.change_set;
    let mut run = Run {
        steps: Steps::new(client, &plan.stack, &spec.name, spec.kind, pace),
        is_tidy: true,
        started: Instant::now(),
    };
    for step in &plan.prepare {
        if let Some(ended) = run.prepare(&clients.s3, step, on_event).await? {
            return Ok(ended);
        }
    }
    let Some(made) = run.create_change_set(spec, on_event).await? else {
        return Ok(run.ended(NOT_EXECUTED, None, Vec::new()));
    };
    let (facts, end) = match run.wait_change_set(made, on_event).await? {
        Waited::Ready(mut change_set) => {
            // Some versions of the service do not repeat this setting.
            change_set.express = spec.express;
            return Ok(Proposed::Ready(Box::new(Proposal {
                stack: plan.stack,
                kind: spec.kind,
                token: spec.name.clone(),
                change_set,
                is_ours: true,
                mode: plan.mode,
                execution: plan.execution,
                secrets: plan.secrets,
                started: run.started,
            })));
        }
        Waited::Empty(facts) => {
            let settings = plan.execution.settings;
            run.steps
                .set(settings, &facts.stack_id, false, on_event)
                .await?;
            let outputs = plan.outputs;
            (facts, End::NoChanges { outputs })
        }
        Waited::Not(facts, end) => (facts, end),
    };
    Ok(run.ended(end, Some(facts), Vec::new()))
}

/// The end of a run that reached its deadline before the change set was executed.
const NOT_EXECUTED: End = End::Running {
    status: None,
    is_executing: false,
};

/// Returns true if a continued rollback ended successfully.
fn is_rolled_back(end: &End) -> bool {
    matches!(end, End::Failed { status: Some(status), .. } if *status == StackStatus::UpdateRollbackComplete)
}

enum Waited {
    Ready(ChangeSetFacts),
    Empty(ChangeSetFacts),
    Not(ChangeSetFacts, End),
}

struct Run<'a> {
    steps: Steps<'a>,
    is_tidy: bool,
    started: Instant,
}

impl Run<'_> {
    fn ended(
        &self,
        end: End,
        change_set: Option<ChangeSetFacts>,
        events: Vec<ResourceEvent>,
    ) -> Proposed {
        let (stack, token) = (self.steps.stack.clone(), self.steps.token.clone());
        let outcome = Outcome::new(
            stack,
            self.steps.kind,
            token,
            end,
            change_set,
            events,
            self.started,
        );
        Proposed::Ended(Box::new(Outcome {
            is_tidy: self.is_tidy,
            ..outcome
        }))
    }

    /// Takes a step before the change set; returns the outcome if the run ends with it.
    async fn prepare(
        &mut self,
        s3: &aws_sdk_s3::Client,
        step: &Step,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<Proposed>, DeployError> {
        match step {
            Step::UploadTemplate {
                bucket,
                key,
                url,
                template,
            } => {
                let answer = upload::template(s3, bucket, key, template).await;
                let step = || DeployStep::Upload {
                    template: template.path().to_string(),
                    bucket: bucket.name.clone(),
                };
                let was_there = answer.map_err(|source| step().failed(source))?;
                let url = url.clone();
                on_event(Event::TemplateUploaded { url, was_there });
                Ok(None)
            }
            Step::DeleteStack { stack_id } => {
                let end = self.delete_stack(stack_id, on_event).await?;
                Ok(end.map(|end| self.ended(end, None, Vec::new())))
            }
            Step::ContinueRollback { stack_id, role_arn } => {
                let (end, events) = self
                    .continue_rollback(stack_id, role_arn.as_deref(), on_event)
                    .await?;
                if is_rolled_back(&end) {
                    return Ok(None);
                }
                let Proposed::Ended(mut outcome) = self.ended(end, None, events) else {
                    return Ok(None);
                };
                outcome.stack_id = Some(stack_id.clone());
                Ok(Some(Proposed::Ended(outcome)))
            }
        }
    }

    /// Deletes a stack by its ARN and waits until it is gone; ends the run if the deletion fails.
    async fn delete_stack(
        &mut self,
        stack_id: &str,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<End>, DeployError> {
        let steps = &mut self.steps;
        let step = DeployStep::Replace(steps.stack.clone());
        let cannot = |source| step.clone().failed(source);
        on_event(Event::Replacing {
            stack_id: stack_id.to_owned(),
        });
        // The ARN limits repeated requests to this one stack.
        loop {
            let answer = steps.client.delete_stack().stack_name(stack_id).send();
            let Err(error) = answer.await.call("cloudformation", "DeleteStack") else {
                break;
            };
            if !error.kind.is_transient() {
                return Err(cannot(error));
            }
            if !steps
                .pacer
                .wait_after_failure(error, on_event)
                .await
                .map_err(cannot)?
            {
                return Ok(Some(NOT_EXECUTED));
            }
        }
        let mut last = Some(StackStatus::DeleteInProgress);
        loop {
            let goes_on = match facts::describe(steps.client, stack_id).await {
                Ok(None) => return Ok(None),
                Ok(Some(stack)) if stack.status == StackStatus::DeleteComplete => return Ok(None),
                Ok(Some(stack)) if stack.status == StackStatus::DeleteFailed => {
                    return Ok(Some(End::Failed {
                        status: Some(stack.status),
                        cause: None,
                        reason: stack.reason,
                    }));
                }
                Ok(Some(stack)) => {
                    last = Some(stack.status);
                    steps.pacer.pause(true).await
                }
                Err(error) if error.kind.is_transient() => steps.pacer.pause_after_failure().await,
                Err(error) => return Err(cannot(error)),
            };
            if !goes_on {
                return Ok(Some(End::Running {
                    status: last,
                    is_executing: false,
                }));
            }
        }
    }

    /// Continues the rollback of an update and follows it to its end.
    async fn continue_rollback(
        &mut self,
        stack_id: &str,
        role_arn: Option<&str>,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(End, Vec<ResourceEvent>), DeployError> {
        let steps = &mut self.steps;
        let since = newest::after_newest(steps.client, stack_id).await;
        loop {
            let answer = steps
                .client
                .continue_update_rollback()
                .stack_name(stack_id)
                .set_role_arn(role_arn.map(str::to_owned))
                .client_request_token(steps.token.as_str())
                .send()
                .await
                .call("cloudformation", "ContinueUpdateRollback");
            let source = match answer {
                Ok(_) => break,
                Err(error) if error.has_code("TokenAlreadyExistsException") => break,
                Err(error) => error,
            };
            // The answer to an earlier attempt may have been lost.
            if newest::has_begun(steps.client, stack_id, steps.token.as_str()).await {
                break;
            }
            let retried = steps.pacer.retry(source, on_event).await;
            retried.map_err(|source| {
                DeployStep::ContinueRollback(steps.stack.clone()).failed(source)
            })?;
        }
        on_event(Event::ContinuingRollback {
            stack_id: stack_id.to_owned(),
        });
        let operation = Operation {
            stack_id: stack_id.to_owned(),
            token: Some(steps.token.as_str().to_owned()),
            since,
            planned: Vec::new(),
        };
        let followed = follow(steps.client, &operation, &steps.pace, on_event).await;
        let followed = followed.map_err(|source| steps.cannot_follow(source))?;
        Ok((End::of(&followed), followed.events))
    }

    /// Creates the change set; `None` if the deadline is reached first.
    async fn create_change_set(
        &mut self,
        spec: &ChangeSetSpec,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<ChangeSetFacts>, DeployError> {
        let steps = &mut self.steps;
        let deadline = steps.pace.deadline;
        let create = create::create(steps.client, &steps.stack, spec, &mut steps.pacer, on_event);
        let Some(made) = within(deadline, create).await else {
            // The service may have accepted the request.
            let discard = discard::discard(steps.client, &steps.stack, &steps.token, steps.kind);
            let discarded = timeout(REMOVAL_LIMIT, Box::pin(discard)).await;
            self.is_tidy = discarded.is_ok_and(|discarded| discarded == Discarded::Gone);
            return Ok(None);
        };
        let made = made.map_err(|source| steps.cannot_propose(source))?;
        on_event(Event::ChangeSetCreated {
            name: spec.name.clone(),
            id: made.id.clone(),
            stack_id: made.stack_id.clone(),
            kind: spec.kind,
        });
        Ok(Some(made))
    }

    /// Waits until the changes are known; deletes a change set that will not be executed.
    async fn wait_change_set(
        &mut self,
        made: ChangeSetFacts,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Waited, DeployError> {
        let steps = &mut self.steps;
        let answer = change_set::wait(steps.client, &made.id, &mut steps.pacer, on_event).await;
        let waited = match answer {
            Ok(Some(mut found)) if found.is_ready() => {
                found.validation =
                    change_set::validation(steps.client, &found, steps.pace.deadline).await;
                on_event(Event::ChangeSetReady {
                    changes: found.changes.clone(),
                    validation: found.validation.clone(),
                });
                return Ok(Waited::Ready(found));
            }
            Ok(Some(found)) if found.is_empty() => Waited::Empty(found),
            Ok(Some(found)) => {
                let end = refusal(steps.client, &found, steps.pace.deadline).await;
                Waited::Not(found, end)
            }
            Ok(None) => Waited::Not(made, NOT_EXECUTED),
            Err(source) => {
                steps.remove(&made, on_event).await;
                return Err(steps.cannot_propose(source));
            }
        };
        let (Waited::Ready(facts) | Waited::Empty(facts) | Waited::Not(facts, _)) = &waited;
        self.is_tidy = steps.remove(facts, on_event).await;
        Ok(waited)
    }
}

/// Returns CloudFormation's reason for refusing a change set.
async fn refusal(client: &Client, found: &ChangeSetFacts, deadline: Option<Instant>) -> End {
    let mut details = change_set::validation(client, found, deadline)
        .await
        .details()
        .to_vec();
    if let Some(said) = found.reason.as_deref().filter(|_| details.is_empty()) {
        details.extend(change_set::nested_failure(client, said).await);
    }
    let reason = match &found.reason {
        Some(reason) => reason.clone(),
        None if found.status.is_deletion() => {
            "somebody deleted the change set before it was executed".to_owned()
        }
        None => format!(
            "it ended in {}, and CloudFormation gives no reason",
            found.status
        ),
    };
    End::Refused { reason, details }
}
