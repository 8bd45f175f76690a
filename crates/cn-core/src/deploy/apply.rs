//! Taking the steps of a plan.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use tokio::time::{Instant, timeout};

use super::create;
use super::discard;
use super::error::DeployError;
use super::gate;
use super::outcome::{End, Outcome};
use super::plan::{ChangeSetSpec, Plan, StackSettings, Step, Then};
use super::reviewed::ReviewedPlan;
use super::upload;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::stack::change_set::{self, ChangeSetFacts};
use crate::stack::follow::{Operation, follow};
use crate::stack::pace::{Pacer, within};
use crate::stack::{
    Change, ChangeSetKind, ChangeSetName, Event, ResourceEvent, StackName, StackStatus, Waits,
    facts, newest,
};

/// For so long a removal is tried: it must not hold up the end of a run.
const REMOVAL_LIMIT: Duration = Duration::from_secs(30);

/// The clients of the identity that owns the stack.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Of the stack's region.
    pub cloudformation: Client,
    /// Of the bucket's region, which is the stack's.
    pub s3: aws_sdk_s3::Client,
}

/// Takes the steps of a plan, telling what happens on the way.
///
/// Change sets that fail or turn out empty are removed again, and so is a
/// stack that holds nothing because of them.
///
/// # Errors
///
/// When a step is refused or gets no answer. An operation that was started
/// and then failed is an [`Outcome`], not an error.
pub async fn apply(
    clients: &Clients,
    plan: Plan,
    on_event: &mut dyn FnMut(Event),
) -> Result<Outcome, DeployError> {
    let mut run = Run {
        client: &clients.cloudformation,
        stack: plan.stack,
        waits: plan.waits,
        pacer: Pacer::new(&plan.waits),
        started: Instant::now(),
        name: plan.change_set.name.clone(),
        kind: plan.change_set.kind,
        owns: true,
        settings: match plan.then {
            Then::Execute { .. } => plan.settings,
            Then::Keep | Then::Remove => StackSettings::default(),
        },
    };
    for step in plan.prepare {
        match step {
            Step::UploadTemplate {
                bucket,
                key,
                url,
                template,
            } => {
                let answer = upload::template(&clients.s3, &bucket, &key, &template).await;
                let was_there = answer.map_err(|source| {
                    let path = template.path();
                    DeployError::new(
                        format!("upload `{path}` to bucket `{}`", bucket.name),
                        source,
                    )
                })?;
                on_event(Event::TemplateUploaded { url, was_there });
            }
            Step::DeleteStack { stack_id } => {
                if let Some(end) = run.delete_stack(stack_id, on_event).await? {
                    return Ok(run.outcome(end, None, Vec::new()));
                }
            }
            Step::ContinueRollback { stack_id, role_arn } => {
                let (end, events) = run.continue_rollback(&stack_id, role_arn, on_event).await?;
                if !is_rolled_back(&end) {
                    let mut outcome = run.outcome(end, None, events);
                    outcome.stack_id = Some(stack_id);
                    return Ok(outcome);
                }
            }
        }
    }
    let Some(made) = run.create_change_set(&plan.change_set, on_event).await? else {
        let end = End::Running {
            status: None,
            is_executing: false,
        };
        return Ok(run.outcome(end, None, Vec::new()));
    };
    let ready = match run.wait_change_set(made, on_event).await? {
        Waited::Ready(ready) => ready,
        Waited::Not(facts, mut end) => {
            if let End::NoChanges { outputs } = &mut end {
                *outputs = plan.outputs;
                run.set(&facts.stack_id, on_event).await?;
            }
            return Ok(run.outcome(end, Some(facts), Vec::new()));
        }
    };
    let refusals = gate::refusals(&plan.gates, &ready.changes);
    if !refusals.is_empty() {
        run.remove(&ready, on_event).await;
        return Ok(run.outcome(End::Gated { refusals }, Some(ready), Vec::new()));
    }
    let (end, events) = match plan.then {
        Then::Execute {
            disable_rollback,
            retain_except_on_create,
        } => {
            let how = Execution {
                disable_rollback,
                retain_except_on_create,
            };
            run.execute(&ready, how, on_event).await?
        }
        Then::Keep => {
            let end = End::Reviewable {
                change_set_id: ready.id.clone(),
            };
            (end, Vec::new())
        }
        Then::Remove => {
            run.remove(&ready, on_event).await;
            (End::Previewed, Vec::new())
        }
    };
    Ok(run.outcome(end, Some(ready), events))
}

/// Executes a reviewed change set and follows it to its end.
///
/// A change set that a gate refuses is left as it is: it is not this run's.
///
/// # Errors
///
/// As of [`apply`].
pub async fn apply_reviewed(
    client: &Client,
    plan: ReviewedPlan,
    on_event: &mut dyn FnMut(Event),
) -> Result<Outcome, DeployError> {
    let mut run = Run {
        client,
        stack: plan.stack,
        waits: plan.waits,
        pacer: Pacer::new(&plan.waits),
        started: Instant::now(),
        name: plan.token,
        kind: plan.kind,
        owns: false,
        settings: plan.settings,
    };
    on_event(Event::ChangeSetReady {
        changes: plan.change_set.changes.clone(),
    });
    let refusals = gate::refusals(&plan.gates, &plan.change_set.changes);
    if !refusals.is_empty() {
        let end = End::Gated { refusals };
        return Ok(run.outcome(end, Some(plan.change_set), Vec::new()));
    }
    let how = Execution {
        disable_rollback: plan.disable_rollback,
        retain_except_on_create: plan.retain_except_on_create,
    };
    let (end, events) = run.execute(&plan.change_set, how, on_event).await?;
    Ok(run.outcome(end, Some(plan.change_set), events))
}

/// What the steps of one run share.
struct Run<'a> {
    client: &'a Client,
    stack: StackName,
    waits: Waits,
    pacer: Pacer,
    started: Instant,
    name: ChangeSetName,
    kind: ChangeSetKind,
    /// Whether the change set is this run's, to remove when it is not used.
    owns: bool,
    /// What is set besides.
    settings: StackSettings,
}

/// How a change set is executed.
#[derive(Clone, Copy)]
struct Execution {
    disable_rollback: Option<bool>,
    retain_except_on_create: bool,
}

/// Whether an operation ended as a continued rollback should.
fn is_rolled_back(end: &End) -> bool {
    matches!(end, End::Failed { status: Some(status), .. } if status.as_str() == "UPDATE_ROLLBACK_COMPLETE")
}

enum Waited {
    Ready(ChangeSetFacts),
    Not(ChangeSetFacts, End),
}

impl Run<'_> {
    fn outcome(
        self,
        end: End,
        change_set: Option<ChangeSetFacts>,
        events: Vec<ResourceEvent>,
    ) -> Outcome {
        let has_stack = self.kind == ChangeSetKind::Update
            || !matches!(
                end,
                End::NoChanges { .. } | End::Previewed | End::Gated { .. } | End::Refused { .. }
            );
        let (stack_id, changes) = match change_set {
            Some(facts) => (Some(facts.stack_id), facts.changes),
            None => (None, Vec::new()),
        };
        Outcome {
            stack: self.stack,
            stack_id: stack_id.filter(|_| has_stack),
            kind: self.kind,
            change_set: Some(self.name),
            end,
            changes,
            events,
            elapsed: self.started.elapsed(),
        }
    }

    /// Deletes a stack by its ARN and waits until it is gone; ends the run if it will not go.
    async fn delete_stack(
        &mut self,
        stack_id: String,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Option<End>, DeployError> {
        let what = format!("delete the rolled back stack `{}`", self.stack);
        on_event(Event::Replacing {
            stack_id: stack_id.clone(),
        });
        self.client
            .delete_stack()
            .stack_name(&stack_id)
            .send()
            .await
            .call("cloudformation", "DeleteStack")
            .map_err(|source| DeployError::new(what.clone(), source))?;
        let mut last = Some(StackStatus::new("DELETE_IN_PROGRESS"));
        loop {
            let goes_on = match facts::describe(self.client, &stack_id).await {
                Ok(None) => return Ok(None),
                Ok(Some(stack)) if stack.status.as_str() == "DELETE_COMPLETE" => return Ok(None),
                Ok(Some(stack)) if stack.status.as_str() == "DELETE_FAILED" => {
                    return Ok(Some(End::Failed {
                        status: Some(stack.status),
                        cause: None,
                        reason: stack.reason,
                    }));
                }
                Ok(Some(stack)) => {
                    last = Some(stack.status);
                    self.pacer.pause(true).await
                }
                Err(error) if error.kind.is_transient() => self.pacer.pause_in_trouble().await,
                Err(error) => return Err(DeployError::new(what, error)),
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
        role_arn: Option<String>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(End, Vec<ResourceEvent>), DeployError> {
        let what = format!("continue the rollback of stack `{}`", self.stack);
        let since = newest::after_newest(self.client, stack_id).await;
        loop {
            let answer = self
                .client
                .continue_update_rollback()
                .stack_name(stack_id)
                .set_role_arn(role_arn.clone())
                .client_request_token(self.name.as_str())
                .send()
                .await
                .call("cloudformation", "ContinueUpdateRollback");
            match answer {
                Ok(_) => break,
                Err(error) if error.has_code("TokenAlreadyExistsException") => break,
                Err(error) if error.kind.is_transient() => {
                    on_event(Event::Trouble {
                        what: error.in_one_line(),
                    });
                    if !self.pacer.pause_in_trouble().await {
                        return Err(DeployError::new(what, error));
                    }
                }
                Err(error) => return Err(DeployError::new(what, error)),
            }
        }
        on_event(Event::ContinuingRollback {
            stack_id: stack_id.to_owned(),
        });
        let operation = Operation {
            stack_id: stack_id.to_owned(),
            token: Some(self.name.as_str().to_owned()),
            since,
            planned: Vec::new(),
        };
        follow(self.client, &operation, &self.waits, on_event)
            .await
            .map_err(|source| self.cannot_follow(source))
    }

    fn cannot_follow(&self, source: CallError) -> DeployError {
        DeployError::new(format!("follow stack `{}`", self.stack), source)
            .goes_on(format!("the operation on stack `{}` goes on", self.stack))
    }

    /// Sets what no change set carries.
    async fn set(
        &mut self,
        stack_id: &str,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(), DeployError> {
        if let Some(policy) = self.settings.stack_policy.take() {
            let call = self.client.set_stack_policy().stack_name(stack_id);
            let call = call.stack_policy_body(policy.as_str());
            let what = "the stack policy".to_owned();
            let send = async || {
                let answer = call.clone().send().await;
                answer.call("cloudformation", "SetStackPolicy").map(|_| ())
            };
            self.insist(what, send, on_event).await?;
        }
        if let Some(is_wanted) = self.settings.termination_protection.take() {
            let call = self.client.update_termination_protection();
            let call = call
                .stack_name(stack_id)
                .enable_termination_protection(is_wanted);
            let state = if is_wanted { "on" } else { "off" };
            let what = format!("the termination protection {state}");
            let send = async || {
                let answer = call.clone().send().await;
                answer
                    .call("cloudformation", "UpdateTerminationProtection")
                    .map(|_| ())
            };
            self.insist(what, send, on_event).await?;
        }
        Ok(())
    }

    /// Sends a request that does no harm twice, until it is answered.
    async fn insist(
        &mut self,
        what: String,
        send: impl AsyncFn() -> Result<(), CallError>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(), DeployError> {
        loop {
            let answer = within(self.waits.deadline, send()).await;
            let answer = answer.unwrap_or_else(|| Err(CallError::out_of_time("cloudformation")));
            let Err(error) = answer else {
                on_event(Event::Set { what });
                return Ok(());
            };
            if error.kind.is_transient() {
                on_event(Event::Trouble {
                    what: error.in_one_line(),
                });
                if self.pacer.pause_in_trouble().await {
                    continue;
                }
            }
            let what = format!("set {what} of stack `{}`", self.stack);
            return Err(DeployError::new(what, error));
        }
    }

    /// Makes the change set; none when the deadline comes first.
    async fn create_change_set(
        &mut self,
        spec: &ChangeSetSpec,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Option<ChangeSetFacts>, DeployError> {
        let deadline = self.waits.deadline;
        let create = create::create(self.client, &self.stack, spec, &mut self.pacer, on_event);
        let Some(made) = within(deadline, create).await else {
            // The request may have been taken all the same.
            let discard = discard::discard(self.client, &self.stack, &self.name, self.kind);
            drop(timeout(REMOVAL_LIMIT, Box::pin(discard)).await);
            return Ok(None);
        };
        let made = made.map_err(|source| self.cannot_create(source))?;
        on_event(Event::ChangeSetCreated {
            name: spec.name.clone(),
            id: made.id.clone(),
            stack_id: made.stack_id.clone(),
            kind: spec.kind,
        });
        Ok(Some(made))
    }

    fn cannot_create(&self, source: CallError) -> DeployError {
        DeployError::new(
            format!("create a change set for stack `{}`", self.stack),
            source,
        )
    }

    /// Waits until the changes are known; a change set that will not be executed is removed.
    async fn wait_change_set(
        &mut self,
        made: ChangeSetFacts,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Waited, DeployError> {
        let answer = change_set::wait(self.client, &made.id, &mut self.pacer, on_event).await;
        let (facts, end) = match answer {
            Ok(Some(found)) if found.is_ready() => {
                on_event(Event::ChangeSetReady {
                    changes: found.changes.clone(),
                });
                return Ok(Waited::Ready(found));
            }
            Ok(Some(found)) => {
                let end = self.judge(&found).await;
                (found, end)
            }
            Ok(None) => {
                let end = End::Running {
                    status: None,
                    is_executing: false,
                };
                (made, end)
            }
            Err(source) => {
                self.remove(&made, on_event).await;
                return Err(self.cannot_create(source));
            }
        };
        self.remove(&facts, on_event).await;
        Ok(Waited::Not(facts, end))
    }

    /// What a change set that is not ready means.
    async fn judge(&self, found: &ChangeSetFacts) -> End {
        if found.is_empty() {
            return End::NoChanges {
                outputs: Vec::new(),
            };
        }
        let mut details = change_set::failure_details(self.client, &found.id).await;
        if let Some(said) = found.reason.as_deref().filter(|_| details.is_empty()) {
            details.extend(change_set::nested_failure(self.client, said).await);
        }
        let reason = match &found.reason {
            Some(reason) => reason.clone(),
            None if found.status.starts_with("DELETE_") => {
                "somebody deleted the change set before it was executed".to_owned()
            }
            None => format!(
                "CloudFormation ended it in {} without a reason",
                found.status
            ),
        };
        End::Refused { reason, details }
    }

    /// Executes the change set and follows the operation to its end.
    async fn execute(
        &mut self,
        ready: &ChangeSetFacts,
        how: Execution,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(End, Vec<ResourceEvent>), DeployError> {
        let deadline = self.waits.deadline;
        // A policy shall hold for this update already: a stricter one keeps
        // it from harm, a looser one lets it through.
        if self.kind == ChangeSetKind::Update
            && let Err(error) = self.set(&ready.stack_id, on_event).await
        {
            if self.owns {
                self.remove(ready, on_event).await;
            }
            return Err(error);
        }
        on_event(Event::AboutToExecute {
            stack_id: ready.stack_id.clone(),
            kind: self.kind,
        });
        let execute = self.send_execute(&ready.id, how, on_event);
        let Some(sent) = within(deadline, execute).await else {
            // Whether it was taken nobody knows: the change set must stay.
            let end = End::Running {
                status: None,
                is_executing: true,
            };
            return Ok((end, Vec::new()));
        };
        if let Err(source) = sent {
            if self.owns {
                self.remove(ready, on_event).await;
            }
            let what = format!(
                "execute change set `{}` of stack `{}`",
                self.name, self.stack
            );
            return Err(DeployError::new(what, source));
        }
        on_event(Event::Executing {
            stack_id: ready.stack_id.clone(),
            kind: self.kind,
        });
        let operation = Operation {
            stack_id: ready.stack_id.clone(),
            token: Some(self.name.as_str().to_owned()),
            since: ready.created,
            planned: ready.changes.iter().map(Change::full_path).collect(),
        };
        let (end, events) = follow(self.client, &operation, &self.waits, on_event)
            .await
            .map_err(|source| self.cannot_follow(source))?;
        if matches!(end, End::Done { .. }) {
            let done = format!("stack `{}` was created", self.stack);
            let outcome = self.set(&ready.stack_id, on_event).await;
            outcome.map_err(|error| error.goes_on(done))?;
        }
        Ok((end, events))
    }

    /// Sends the request until it is known to have been taken, with one token: it runs once.
    async fn send_execute(
        &mut self,
        id: &str,
        how: Execution,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(), CallError> {
        loop {
            let answer = self
                .client
                .execute_change_set()
                .change_set_name(id)
                .client_request_token(self.name.as_str())
                .set_disable_rollback(how.disable_rollback)
                .set_retain_except_on_create(how.retain_except_on_create.then_some(true))
                .send()
                .await
                .call("cloudformation", "ExecuteChangeSet");
            let Err(error) = answer else { return Ok(()) };
            let may_run = error.kind == CallErrorKind::Unavailable
                || error.has_code("InvalidChangeSetStatus")
                || error.has_code("TokenAlreadyExistsException");
            if may_run
                && let Ok(found) = change_set::look(self.client, "", id).await
                && found.execution.starts_with("EXECUTE_")
            {
                return Ok(());
            }
            if !error.kind.is_transient() {
                return Err(error);
            }
            on_event(Event::Trouble {
                what: error.in_one_line(),
            });
            if !self.pacer.pause_in_trouble().await {
                return Err(error);
            }
        }
    }

    /// Removes what this run made and nobody will use.
    async fn remove(&self, made: &ChangeSetFacts, on_event: &mut dyn FnMut(Event)) {
        let remove = discard::remove(self.client, &self.name, made, self.kind, on_event);
        if timeout(REMOVAL_LIMIT, Box::pin(remove)).await.is_err() {
            on_event(Event::NotRemoved {
                what: format!("change set `{}`", self.name),
                why: "no answer came in time".to_owned(),
            });
        }
    }
}
