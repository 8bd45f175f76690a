//! Creating or updating a StackSet, and creating its missing instances.

use aws_sdk_cloudformation::types::PermissionModels;
use tokio::time::Instant;

use super::error::{StackSetError, StackSetStep};

use super::calls::{ID_EXISTS, IN_PROGRESS, NO_SET, call_as};
use super::follow::{Set, begun};
use super::outcome::{End, Event, Operation, Outcome};
use super::plan::{Creation, Plan, SetStep};
use super::request::AutoDeployment;
use super::status::{OperationAction, OperationStatus, PermissionModel};
use super::wire::{
    accounts, auto_deployment, capabilities, deployment_targets, parameters, preferences, tags,
};
use crate::call::{CallError, CallExt as _};
use crate::deploy::plan::Step;
use crate::deploy::{Clients, TemplateRef, upload};
use crate::stack::Pace;
use crate::stack::pace::Pacer;

/// Takes the steps of a plan, and follows each operation to its end.
///
/// Stops after a failed operation.
///
/// # Errors
///
/// Fails if a request is refused or gets no answer. An operation that started and then failed is an
/// [`Outcome`].
pub async fn apply(
    clients: &Clients,
    plan: &Plan,
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Outcome, StackSetError> {
    let mut tell = |event: Event| on_event(event.redacted(&plan.secrets));
    let mut run = Run {
        clients,
        plan,
        set: Set {
            client: &clients.cloudformation,
            name: &plan.name,
            is_delegated: plan.permissions.is_delegated,
            pace,
        },
        operations: Vec::new(),
    };
    let started = Instant::now();
    let end = run.take_steps(&mut tell).await;
    let end = end.map_err(|error| error.redacted(&plan.secrets))?;
    let planned = plan.creations.len() + usize::from(plan.set == SetStep::Update);
    let operations = run.operations.into_iter();
    Ok(Outcome {
        name: plan.name.clone(),
        end,
        not_started: planned.saturating_sub(operations.len()),
        operations: operations.map(|it| it.redacted(&plan.secrets)).collect(),
        elapsed: started.elapsed(),
    })
}

struct Run<'a> {
    clients: &'a Clients,
    plan: &'a Plan,
    set: Set<'a>,
    operations: Vec<Operation>,
}

/// The end of the run; `None` if another step follows.
type Ended = Option<End>;

impl Run<'_> {
    async fn take_steps(
        &mut self,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<End, StackSetError> {
        let plan = self.plan;
        if plan.is_empty() {
            return Ok(End::NoChanges);
        }
        for step in &plan.prepare {
            if !self.upload(step, on_event).await? {
                return Ok(End::Running { operation: None });
            }
        }
        match plan.set {
            SetStep::Create => {
                on_event(Event::CreatingSet);
                let created = self.create_set(on_event).await;
                let step = || StackSetStep::Create(plan.name.clone());
                if !created.map_err(|error| step().failed(error))? {
                    return Ok(End::Running { operation: None });
                }
                on_event(Event::SetCreated);
            }
            SetStep::Update => {
                let step = StackSetStep::Update(plan.name.clone());
                let expected = plan.existing.len();
                let update = async |id: String| self.send_update(&id).await;
                let started = self.start(step, update, on_event).await?;
                let followed = self
                    .follow(started, OperationAction::Update, expected, on_event)
                    .await?;
                if let Some(end) = followed {
                    return Ok(end);
                }
            }
            SetStep::Keep => {}
        }
        for creation in &plan.creations {
            let step = StackSetStep::CreateInstances(plan.name.clone());
            let create = async |id: String| self.send_create(creation, &id).await;
            let started = self.start(step, create, on_event).await?;
            let expected = creation.places().map_or(0, |places| places.len());
            let followed = self
                .follow(started, OperationAction::Create, expected, on_event)
                .await?;
            if let Some(end) = followed {
                return Ok(end);
            }
        }
        let is_new = plan.set == SetStep::Create;
        Ok(End::Done { is_new })
    }

    /// Uploads the template if the step requires it; false if the deadline is reached first.
    async fn upload(
        &self,
        step: &Step,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<bool, StackSetError> {
        let Step::UploadTemplate {
            bucket,
            key,
            url,
            template,
        } = step
        else {
            return Ok(true);
        };
        let upload = upload::template(&self.clients.s3, bucket, key, template);
        let Some(uploaded) = self.set.pace.limit(upload).await else {
            return Ok(false);
        };
        let was_there = uploaded.map_err(|source| {
            let step = StackSetStep::Upload {
                template: template.path().to_string(),
                bucket: bucket.name.clone(),
            };
            step.failed(source)
        })?;
        let url = url.clone();
        on_event(Event::TemplateUploaded { url, was_there });
        Ok(true)
    }

    /// Creates the StackSet, exactly once; returns false if the deadline is reached first.
    ///
    /// The request contains a token, so that the service recognizes a retry.
    async fn create_set(
        &self,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<bool, CallError> {
        let mut pacer = Pacer::new(self.set.pace);
        loop {
            let error = match self.set.pace.limit(self.send_create_set()).await {
                None => return Ok(false),
                Some(Ok(())) => return Ok(true),
                Some(Err(error)) => error,
            };
            pacer.retry(error, on_event).await?;
        }
    }

    async fn send_create_set(&self) -> Result<(), CallError> {
        let plan = self.plan;
        let permissions = &plan.permissions;
        let is_service = plan.model == PermissionModel::ServiceManaged;
        let mut call = self.set.client.create_stack_set();
        call = call
            .stack_set_name(plan.name.as_str())
            .client_request_token(plan.token.as_str())
            .permission_model(PermissionModels::from(plan.model.as_str()))
            .set_parameters(parameters(&plan.parameters))
            .set_capabilities(capabilities(&plan.capabilities))
            .set_tags(tags(plan.tags.as_deref()))
            .set_administration_role_arn(permissions.administration_role.clone())
            .set_execution_role_name(permissions.execution_role.clone())
            .set_call_as(call_as(permissions.is_delegated));
        // The service requires an explicit setting.
        if is_service {
            let chosen = permissions.auto_deployment;
            let chosen = chosen.unwrap_or(AutoDeployment::Off);
            call = call.set_auto_deployment(Some(auto_deployment(chosen)));
        }
        call = match &plan.template {
            TemplateRef::Body(template) => call.template_body(template.text()),
            TemplateRef::Url(url) => call.template_url(url),
        };
        let answer = call.send().await;
        answer.call("cloudformation", "CreateStackSet").map(|_| ())
    }

    /// Sends the request for an operation until the service accepts it.
    ///
    /// Returns the operation's ID, and true, or false if the deadline is reached first.
    ///
    /// The service accepts each ID only once. If an answer is lost, or reports that the ID or
    /// another operation exists, the operation is looked up by its ID.
    async fn start<F: Future<Output = Result<Option<String>, CallError>> + Send>(
        &self,
        step: StackSetStep,
        send: impl Fn(String) -> F,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(String, bool), StackSetError> {
        let id = format!("{}-{}", self.plan.token, self.operations.len() + 1);
        on_event(Event::AboutToStart {
            operation: id.clone(),
        });
        let mut pacer = Pacer::new(self.set.pace);
        let mut is_told = false;
        loop {
            let Some(answer) = self.set.pace.limit(send(id.clone())).await else {
                return Ok((id, false));
            };
            let error = match answer {
                Ok(given) => return Ok((given.unwrap_or(id), true)),
                Err(error) => error,
            };
            let is_busy = error.has_code(IN_PROGRESS);
            let may_run = is_busy || error.has_code(ID_EXISTS) || error.kind.may_have_worked();
            if may_run && let Ok(Some(_)) = self.set.operation(&id).await {
                return Ok((id, true));
            }
            let is_new_set = self.plan.set == SetStep::Create;
            let is_missing = is_new_set && error.has_code(NO_SET);
            let waits = error.kind.is_transient() || is_missing || (is_busy && self.plan.waits);
            if !waits {
                return Err(step.failed(error));
            }
            if !is_told {
                is_told = true;
                on_event(Event::Retrying {
                    what: error.in_one_line(),
                });
            }
            if !pacer.pause_after_failure().await {
                return Err(step.failed(error));
            }
        }
    }

    /// Follows an operation; returns the end of the run unless it succeeded.
    async fn follow(
        &mut self,
        (id, is_taken): (String, bool),
        action: OperationAction,
        expected: usize,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Ended, StackSetError> {
        if !is_taken {
            let operation = Some(id);
            return Ok(Some(End::Running { operation }));
        }
        on_event(Event::Started {
            operation: id.clone(),
            action: action.clone(),
        });
        let followed = self.set.follow(begun(&id, action), expected, on_event);
        let operation = followed.await.map_err(|source| {
            let step = StackSetStep::Follow {
                name: self.plan.name.clone(),
                operation: id,
            };
            step.failed(source)
        })?;
        let end = end_of(&operation);
        self.operations.push(operation);
        Ok(end)
    }

    async fn send_update(&self, id: &str) -> Result<Option<String>, CallError> {
        let plan = self.plan;
        let permissions = &plan.permissions;
        let mut call = self.set.client.update_stack_set();
        call = call
            .stack_set_name(plan.name.as_str())
            .operation_id(id)
            .set_parameters(parameters(&plan.parameters))
            .set_capabilities(capabilities(&plan.capabilities))
            .set_tags(tags(plan.tags.as_deref()))
            .set_administration_role_arn(permissions.administration_role.clone())
            .set_execution_role_name(permissions.execution_role.clone())
            .set_auto_deployment(permissions.auto_deployment.map(auto_deployment))
            .set_operation_preferences(preferences(&plan.preferences))
            .set_call_as(call_as(permissions.is_delegated));
        call = match &plan.template {
            TemplateRef::Body(template) => call.template_body(template.text()),
            TemplateRef::Url(url) => call.template_url(url),
        };
        let answer = call.send().await.call("cloudformation", "UpdateStackSet");
        answer.map(|answer| answer.operation_id)
    }

    async fn send_create(
        &self,
        creation: &Creation,
        id: &str,
    ) -> Result<Option<String>, CallError> {
        let plan = self.plan;
        let call = self.set.client.create_stack_instances();
        let call = call
            .stack_set_name(plan.name.as_str())
            .operation_id(id)
            .set_accounts(accounts(&creation.scope))
            .set_deployment_targets(deployment_targets(&creation.scope))
            .set_regions(Some(creation.regions.clone()))
            .set_operation_preferences(preferences(&plan.preferences))
            .set_call_as(call_as(plan.permissions.is_delegated));
        let answer = call.send().await;
        let answer = answer.call("cloudformation", "CreateStackInstances");
        answer.map(|answer| answer.operation_id)
    }
}

/// Returns the end of a run whose last operation is `operation`; `None` if it succeeded.
pub(super) fn end_of(operation: &Operation) -> Ended {
    match operation.status {
        OperationStatus::Succeeded => None,
        OperationStatus::Failed | OperationStatus::Stopped => Some(End::Failed),
        _ => Some(End::Running {
            operation: Some(operation.id.clone()),
        }),
    }
}
