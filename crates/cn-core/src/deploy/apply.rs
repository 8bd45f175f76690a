//! Taking the steps of a plan.

use aws_sdk_cloudformation::Client;
use tokio::time::Instant;

use super::changeset::{self, ChangeSetFacts, error_text, is_passing};
use super::error::DeployError;
use super::event::Event;
use super::facts::{self, Output};
use super::follow::{Followed, follow};
use super::outcome::{End, Outcome};
use super::plan::{ChangeSetKind, ChangeSetSpec, Plan, Step};
use super::request::{ChangeSetName, StackName, Waits};
use super::upload;
use super::wait::Pacer;
use crate::call::{CallError, CallErrorKind, CallExt as _};

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
    let started = Instant::now();
    let spec = plan.change_set().expect("every plan makes a change set");
    let (name, kind) = (spec.name.clone(), spec.kind);
    let mut run = Run {
        client: &clients.cloudformation,
        stack: plan.stack,
        outputs: plan.outputs,
        waits: plan.waits,
        pacer: Pacer::new(&plan.waits),
        change_set: None,
    };
    let mut end = None;
    let mut events = Vec::new();
    for step in plan.steps {
        let ended = match step {
            Step::UploadTemplate {
                bucket,
                key,
                url,
                template,
            } => {
                let was_there = upload::template(&clients.s3, &bucket, &key, &template)
                    .await
                    .map_err(|source| {
                        DeployError::new(
                            format!("upload `{}` to bucket `{}`", template.path(), bucket.name),
                            source,
                        )
                    })?;
                on_event(Event::TemplateUploaded { url, was_there });
                None
            }
            Step::DeleteStack { stack_id } => run.delete_stack(stack_id, on_event).await?,
            Step::CreateChangeSet(spec) => run.create_change_set(spec, on_event).await?,
            Step::ExecuteChangeSet { disable_rollback } => {
                let followed = run.execute(disable_rollback, on_event).await?;
                events = followed.events;
                Some(followed.end)
            }
            Step::DeleteChangeSet => {
                run.remove(on_event).await;
                Some(End::Previewed)
            }
        };
        if ended.is_some() {
            end = ended;
            break;
        }
    }
    let made = run.change_set.map(|made| made.facts);
    let end = end.unwrap_or_else(|| End::Reviewable {
        change_set_id: made
            .as_ref()
            .map(|made| made.id.clone())
            .unwrap_or_default(),
    });
    let has_stack = kind == ChangeSetKind::Update
        || matches!(
            end,
            End::Done { .. } | End::Reviewable { .. } | End::Failed { .. } | End::Running { .. }
        );
    let (stack_id, changes) = made.map_or((None, Vec::new()), |made| {
        (Some(made.stack_id), made.changes)
    });
    Ok(Outcome {
        stack: run.stack,
        stack_id: stack_id.filter(|_| has_stack),
        kind,
        change_set: name,
        end,
        changes,
        events,
        elapsed: started.elapsed(),
    })
}

/// What the steps of one run share.
struct Run<'a> {
    client: &'a Client,
    stack: StackName,
    outputs: Vec<Output>,
    waits: Waits,
    pacer: Pacer,
    change_set: Option<MadeChangeSet>,
}

struct MadeChangeSet {
    name: ChangeSetName,
    kind: ChangeSetKind,
    facts: ChangeSetFacts,
}

impl Run<'_> {
    /// Deletes a stack by its ARN and waits until it is gone.
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
        let mut last = None;
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
                Err(error) if is_passing(error.kind) => self.pacer.pause_in_trouble().await,
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

    /// Makes the change set and waits for it; ends the run unless it is ready.
    async fn create_change_set(
        &mut self,
        spec: ChangeSetSpec,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Option<End>, DeployError> {
        let what = format!("create a change set for stack `{}`", self.stack);
        let made = changeset::create(self.client, &self.stack, &spec, &mut self.pacer, on_event)
            .await
            .map_err(|source| DeployError::new(what.clone(), source))?;
        on_event(Event::ChangeSetCreated {
            name: spec.name.clone(),
            id: made.id.clone(),
            stack_id: made.stack_id.clone(),
            kind: spec.kind,
        });
        let id = made.id.clone();
        self.change_set = Some(MadeChangeSet {
            name: spec.name,
            kind: spec.kind,
            facts: made,
        });
        let answer = changeset::wait(self.client, &id, &mut self.pacer, on_event).await;
        let found = match answer {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.remove(on_event).await;
                return Ok(Some(End::Running {
                    status: None,
                    is_executing: false,
                }));
            }
            Err(source) => {
                self.remove(on_event).await;
                return Err(DeployError::new(what, source));
            }
        };
        if let Some(made) = &mut self.change_set {
            made.facts = found.clone();
        }
        if found.is_ready() {
            on_event(Event::ChangeSetReady {
                changes: found.changes,
            });
            return Ok(None);
        }
        let end = self.judge(found).await;
        self.remove(on_event).await;
        Ok(Some(end))
    }

    /// What a change set that is not ready means.
    async fn judge(&self, found: ChangeSetFacts) -> End {
        if found.is_empty() {
            return End::NoChanges {
                outputs: self.outputs.clone(),
            };
        }
        let details = changeset::failure_details(self.client, &found.id).await;
        let reason = match found.reason {
            Some(reason) => reason,
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
        disable_rollback: Option<bool>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Followed, DeployError> {
        let made = self
            .change_set
            .as_ref()
            .expect("a plan creates the change set that it executes");
        let (id, stack_id) = (made.facts.id.clone(), made.facts.stack_id.clone());
        let what = format!(
            "execute change set `{}` of stack `{}`",
            made.name, self.stack
        );
        if let Err(source) = self.send_execute(&id, disable_rollback, on_event).await {
            self.remove(on_event).await;
            return Err(DeployError::new(what, source));
        }
        on_event(Event::Executing {
            stack_id: stack_id.clone(),
        });
        let made = self
            .change_set
            .as_ref()
            .expect("it was there before the request");
        follow(
            self.client,
            &made.facts,
            made.name.as_str(),
            &self.waits,
            on_event,
        )
        .await
        .map_err(|source| {
            DeployError::new(format!("follow stack `{}`", self.stack), source)
                .goes_on(format!("the operation on stack `{}` goes on", self.stack))
        })
    }

    /// Sends the request until it is known to have been taken, with one token: it runs once.
    async fn send_execute(
        &mut self,
        id: &str,
        disable_rollback: Option<bool>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<(), CallError> {
        let token = self
            .change_set
            .as_ref()
            .map(|made| made.name.as_str().to_owned());
        loop {
            let answer = self
                .client
                .execute_change_set()
                .change_set_name(id)
                .set_client_request_token(token.clone())
                .set_disable_rollback(disable_rollback)
                .send()
                .await
                .call("cloudformation", "ExecuteChangeSet");
            let Err(error) = answer else { return Ok(()) };
            let may_run = error.kind == CallErrorKind::Unavailable
                || error.has_code("InvalidChangeSetStatus")
                || error.has_code("TokenAlreadyExistsException");
            if may_run
                && let Ok(found) = changeset::describe(self.client, id).await
                && found.execution.starts_with("EXECUTE_")
            {
                return Ok(());
            }
            if !is_passing(error.kind) {
                return Err(error);
            }
            on_event(Event::Trouble {
                what: error_text(&error),
            });
            if !self.pacer.pause_in_trouble().await {
                return Err(error);
            }
        }
    }

    /// Removes what this run made and nobody will use.
    async fn remove(&self, on_event: &mut dyn FnMut(Event)) {
        if let Some(made) = &self.change_set {
            changeset::remove(
                self.client,
                &made.name,
                &made.facts.id,
                &made.facts.stack_id,
                made.kind,
                on_event,
            )
            .await;
        }
    }
}
