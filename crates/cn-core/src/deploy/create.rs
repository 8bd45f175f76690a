//! Creating change sets.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    self as wire, Capability, ChangeSetSummary, ChangeSetType, DeploymentConfig,
    DeploymentConfigMode, DeploymentMode, OnStackFailure, Parameter, RollbackConfiguration,
    RollbackTrigger, Tag,
};

use super::discard::removed;
use super::params::ParameterValue;
use super::plan::{ChangeSetSpec, FOR_REVIEW, TemplateRef};
use crate::call::{CallError, CallExt as _, Pages};
use crate::stack::change_set::{self, ChangeSetFacts, ChangeSetStatus, ExecutionStatus};
use crate::stack::name::CHANGE_SET_PREFIX;
use crate::stack::pace::Pacer;
use crate::stack::{ChangeSetKind, Event, StackName, Validation};
use crate::timestamp::Timestamp;

/// Sends the request that creates a change set. The change set is created at most once.
///
/// If no answer arrives, the change set may still exist: it is looked up by its name, which no
/// other run uses. Every attempt sends the same token, so that the service recognizes the request.
pub(crate) async fn create(
    client: &Client,
    stack: &StackName,
    spec: &ChangeSetSpec,
    pacer: &mut Pacer,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<ChangeSetFacts, CallError> {
    let mut has_made_room = false;
    loop {
        let error = match send_create(client, stack, spec).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if error.has_code("LimitExceededException") && !has_made_room {
            has_made_room = true;
            // Other quotas use the same code. The reported error is the original refusal.
            let removed = remove_stale(client, stack, on_event).await;
            if removed.is_ok_and(|removed| removed > 0) {
                continue;
            }
        }
        let may_exist = error.kind.may_have_worked() || error.has_code("AlreadyExistsException");
        if may_exist
            && let Ok(found) = change_set::look(client, stack.as_str(), spec.name.as_str()).await
        {
            return Ok(found);
        }
        pacer.retry(error, on_event).await?;
    }
}

/// Age in milliseconds from which an unexecuted change set counts as left by a dead run.
///
/// The age is relative to the stack's newest change set: a run executes its change set within
/// seconds, at most minutes.
const STALE_AFTER_MS: i64 = 60 * 60 * 1000;

/// Deletes change sets that dead runs of this library left behind; returns their number.
///
/// Called when the stack has reached the service's quota of change sets. Keeps change sets that
/// wait for a review, and those that this library did not create.
async fn remove_stale(
    client: &Client,
    stack: &StackName,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<usize, CallError> {
    let mut all: Vec<ChangeSetSummary> = Vec::new();
    let mut pages = Pages::of("cloudformation", "ListChangeSets");
    let mut next: Option<String> = None;
    loop {
        let page = client
            .list_change_sets()
            .stack_name(stack.as_str())
            .set_next_token(next.take())
            .send()
            .await
            .call("cloudformation", "ListChangeSets")?;
        all.extend(page.summaries.unwrap_or_default());
        next = pages.next(page.next_token)?;
        if next.is_none() {
            break;
        }
    }
    let made = |set: &ChangeSetSummary| Timestamp::of(set.creation_time()).0;
    let newest = all.iter().map(made).max().unwrap_or_default();
    let mut removed = 0;
    for set in all.iter().filter(|set| is_ours_and_unused(set)) {
        if newest - made(set) < STALE_AFTER_MS {
            continue;
        }
        let answer = client
            .delete_change_set()
            .set_change_set_name(set.change_set_id().map(str::to_owned))
            .send()
            .await
            .call("cloudformation", "DeleteChangeSet");
        removed += usize::from(answer.is_ok());
        let name = set.change_set_name().unwrap_or_default();
        self::removed(
            format!("change set `{name}` of an interrupted run"),
            answer.map(|_| ()),
            on_event,
        );
    }
    Ok(removed)
}

fn is_ours_and_unused(set: &ChangeSetSummary) -> bool {
    let name = set.change_set_name().unwrap_or_default();
    let description = set.description().unwrap_or_default();
    let execution = set
        .execution_status()
        .map_or("", wire::ExecutionStatus::as_str);
    name.starts_with(CHANGE_SET_PREFIX)
        && !description.ends_with(FOR_REVIEW)
        && !ExecutionStatus::new(execution).has_begun()
}

async fn send_create(
    client: &Client,
    stack: &StackName,
    spec: &ChangeSetSpec,
) -> Result<ChangeSetFacts, CallError> {
    let mut call = client
        .create_change_set()
        .stack_name(stack.as_str())
        .change_set_name(spec.name.as_str())
        .client_token(spec.name.as_str())
        .description(&spec.description)
        .change_set_type(match spec.kind {
            ChangeSetKind::Create => ChangeSetType::Create,
            ChangeSetKind::Update => ChangeSetType::Update,
        })
        .set_role_arn(spec.role_arn.clone())
        .set_notification_arns(spec.notification_arns.clone());
    call = match &spec.template {
        TemplateRef::Body(template) => call.template_body(template.text()),
        TemplateRef::Url(url) => call.template_url(url),
    };
    for (key, setting) in &spec.parameters {
        let parameter = Parameter::builder().parameter_key(key);
        call = call.parameters(match setting {
            ParameterValue::Value(value) => parameter.parameter_value(value).build(),
            ParameterValue::Previous => parameter.use_previous_value(true).build(),
        });
    }
    for capability in &spec.capabilities {
        call = call.capabilities(Capability::from(capability.as_str()));
    }
    if let Some(tags) = &spec.tags {
        let tags = tags
            .iter()
            .map(|tag| Tag::builder().key(&tag.key).value(&tag.value).build());
        call = call.set_tags(Some(tags.collect()));
    }
    if spec.rollback_triggers.is_some() || spec.monitoring_minutes.is_some() {
        call = call.rollback_configuration(rollback_configuration(spec));
    }
    if spec.delete_on_failure {
        call = call.on_stack_failure(OnStackFailure::Delete);
    }
    if let Some(express) = spec.express {
        let config = DeploymentConfig::builder()
            .mode(DeploymentConfigMode::Express)
            // Always explicit: in Express mode, rollback is off by default.
            .disable_rollback(express.disable_rollback);
        call = call.deployment_config(config.build());
    }
    if spec.include_nested_stacks {
        call = call.include_nested_stacks(true);
    }
    if spec.revert_drift {
        call = call.deployment_mode(DeploymentMode::RevertDrift);
    }
    if spec.disable_validation {
        call = call.disable_validation(true);
    }
    if spec.import_existing_resources {
        call = call.import_existing_resources(true);
    }
    let answer = call
        .send()
        .await
        .call("cloudformation", "CreateChangeSet")?;
    let (Some(id), Some(stack_id)) = (answer.id, answer.stack_id) else {
        return Err(CallError::without_answer(
            "cloudformation",
            "CreateChangeSet",
        ));
    };
    Ok(ChangeSetFacts {
        id,
        stack_id,
        status: ChangeSetStatus::CreatePending,
        execution: ExecutionStatus::Unavailable,
        reason: None,
        created: Timestamp::default(),
        changes: Vec::new(),
        validation: Validation::default(),
        decides_on_failure: spec.delete_on_failure,
        express: spec.express,
        masked_keys: BTreeSet::new(),
    })
}

fn rollback_configuration(spec: &ChangeSetSpec) -> RollbackConfiguration {
    let triggers = spec.rollback_triggers.as_ref().map(|triggers| {
        let trigger = triggers.iter().map(|trigger| {
            let kind = if trigger.is_composite {
                "AWS::CloudWatch::CompositeAlarm"
            } else {
                "AWS::CloudWatch::Alarm"
            };
            RollbackTrigger::builder()
                .arn(&trigger.arn)
                .r#type(kind)
                .build()
        });
        trigger.collect()
    });
    RollbackConfiguration::builder()
        .set_rollback_triggers(triggers)
        .set_monitoring_time_in_minutes(spec.monitoring_minutes.map(i32::from))
        .build()
}
