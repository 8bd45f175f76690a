//! Making, reading and removing change sets.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeAction, ChangeSetStatus, ChangeSetSummary, ChangeSetType, ChangeSource,
    EvaluationType, ExecutionStatus, OnStackFailure, Parameter, RequiresRecreation,
    ResourceAttribute, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
    RollbackConfiguration, RollbackTrigger, Tag,
};

use super::event::{Event, Timestamp};
use super::outcome::Detail;
use super::params::Setting;
use super::plan::{ChangeSetKind, ChangeSetSpec, FOR_REVIEW, TemplateRef};
use super::request::{CHANGE_SET_PREFIX, ChangeSetName, RollbackAlarms, StackName};
use super::wait::Pacer;
use crate::call::{CallError, CallErrorKind, CallExt as _};

/// One resource that a change set adds, changes or removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Such as `Add`, `Modify`, `Remove`, `Import`.
    pub action: String,
    /// Logical IDs of the nested stacks on the way from the root; empty in the root.
    pub path: Vec<String>,
    /// Logical ID.
    pub logical_id: String,
    /// Physical ID, of a resource that exists.
    pub physical_id: Option<String>,
    /// Such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// `True`, `False` or `Conditional`, of a resource that is modified.
    pub replacement: Option<String>,
    /// Such as `Delete`, `Retain`, `Snapshot`: what becomes of what is replaced or removed.
    pub policy: Option<String>,
    /// What changes in it, and because of what.
    pub details: Vec<ChangeDetail>,
    /// The change set of the stack nested here.
    pub nested_change_set_id: Option<String>,
}

impl Change {
    /// Logical IDs from the root to this resource, joined by slashes.
    pub fn full_path(&self) -> String {
        let mut ids: Vec<&str> = self.path.iter().map(String::as_str).collect();
        ids.push(&self.logical_id);
        ids.join("/")
    }

    /// Whether it is a nested stack of which the change set does not show the inside.
    pub fn is_opaque(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack" && self.nested_change_set_id.is_none()
    }
}

/// One property that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDetail {
    /// Such as `Properties`, `Tags`, `Metadata`.
    pub attribute: String,
    /// The property, or its path where the service gives one.
    pub name: String,
    /// `Never`, `Conditionally` or `Always`.
    pub recreation: String,
    /// `Static`, or `Dynamic` when the value is known only during the execution.
    pub evaluation: String,
    /// Such as `DirectModification`, `ParameterReference`, `ResourceReference`.
    pub source: String,
    /// The parameter or resource that causes it.
    pub caused_by: Option<String>,
    /// The value before, where the service gives one.
    pub before: Option<String>,
    /// The value after, where the service gives one.
    pub after: Option<String>,
}

/// A change set as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChangeSetFacts {
    pub(super) id: String,
    pub(super) stack_id: String,
    pub(super) status: String,
    pub(super) execution: String,
    pub(super) reason: Option<String>,
    pub(super) created: Timestamp,
    pub(super) changes: Vec<Change>,
    /// Whether it was made with an `OnStackFailure`, which excludes `DisableRollback`.
    pub(super) decides_on_failure: bool,
}

impl ChangeSetFacts {
    pub(super) fn is_pending(&self) -> bool {
        !matches!(self.status.as_str(), "CREATE_COMPLETE" | "FAILED")
            && !self.status.starts_with("DELETE_")
    }

    pub(super) fn is_ready(&self) -> bool {
        self.status == "CREATE_COMPLETE"
    }

    /// Whether it failed only because there is nothing to change.
    pub(super) fn is_empty(&self) -> bool {
        let says_so = |reason: &str| EMPTY_REASONS.iter().any(|known| reason.contains(known));
        self.status == "FAILED"
            && self.changes.is_empty()
            && self.reason.as_deref().is_some_and(says_so)
    }
}

/// How the service says that nothing would change.
///
/// # Source
///
/// Both wordings are tested for by the AWS CLI, SAM and CFNgin.
const EMPTY_REASONS: &[&str] = &["didn't contain changes", "No updates are to be performed"];

/// Sends the request that makes a change set, once and only once.
///
/// When no answer comes, the change set may exist all the same: it is looked
/// for by its name, which no other run has. Sending again carries the same
/// token, so that the service knows it for the same request.
pub(super) async fn create(
    client: &Client,
    stack: &StackName,
    spec: &ChangeSetSpec,
    pacer: &mut Pacer,
    on_event: &mut dyn FnMut(Event),
) -> Result<ChangeSetFacts, CallError> {
    let mut has_made_room = false;
    loop {
        let error = match send_create(client, stack, spec).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if error.has_code("LimitExceededException") && !has_made_room {
            has_made_room = true;
            // Other quotas have the same code, and what is told is what was refused.
            let removed = remove_stale(client, stack, on_event).await;
            if removed.is_ok_and(|removed| removed > 0) {
                continue;
            }
        }
        let may_exist =
            error.kind == CallErrorKind::Unavailable || error.has_code("AlreadyExistsException");
        if may_exist
            && let Ok(found) = describe_page(client, stack.as_str(), spec.name.as_str(), None).await
        {
            return Ok(facts(&found, Vec::new()));
        }
        if !is_passing(error.kind) {
            return Err(error);
        }
        on_event(Event::Trouble {
            what: error_text(&error),
        });
        if !pacer.pause_in_trouble().await {
            return Err(error);
        }
    }
}

/// A change set of ours that is so much older than the newest one of the stack
/// is a dead run's: between making and executing it lie seconds, minutes at most.
const STALE_AFTER_MS: i64 = 60 * 60 * 1000;

/// Removes change sets that dead runs of ours have left; gives how many.
///
/// Called when the stack can take no more of them (a quota of the service).
/// What waits for a person's review stays, and so does what is not ours.
async fn remove_stale(
    client: &Client,
    stack: &StackName,
    on_event: &mut dyn FnMut(Event),
) -> Result<usize, CallError> {
    let mut all: Vec<ChangeSetSummary> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let page = client
            .list_change_sets()
            .stack_name(stack.as_str())
            .set_next_token(next.take())
            .send()
            .await
            .call("cloudformation", "ListChangeSets")?;
        all.extend(page.summaries().iter().cloned());
        next = page.next_token().map(str::to_owned);
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
        tell(
            format!("change set `{name}` of a run that has died"),
            answer.map(|_| ()),
            on_event,
        );
    }
    Ok(removed)
}

fn is_ours_and_unused(set: &ChangeSetSummary) -> bool {
    let name = set.change_set_name().unwrap_or_default();
    let description = set.description().unwrap_or_default();
    let execution = set.execution_status().map_or("", ExecutionStatus::as_str);
    name.starts_with(CHANGE_SET_PREFIX)
        && !description.ends_with(FOR_REVIEW)
        && !execution.starts_with("EXECUTE_")
}

/// Whether a later try may succeed without anybody doing anything.
pub(super) fn is_passing(kind: CallErrorKind) -> bool {
    matches!(kind, CallErrorKind::Throttled | CallErrorKind::Unavailable)
}

/// The error and its causes in one line.
pub(super) fn error_text(error: &CallError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
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
            Setting::Value(value) => parameter.parameter_value(value).build(),
            Setting::Previous => parameter.use_previous_value(true).build(),
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
    if let Some(rollback) = &spec.rollback {
        call = call.rollback_configuration(rollback_configuration(rollback));
    }
    if spec.delete_on_failure {
        call = call.on_stack_failure(OnStackFailure::Delete);
    }
    if spec.include_nested_stacks {
        call = call.include_nested_stacks(true);
    }
    if spec.import_existing_resources {
        call = call.import_existing_resources(true);
    }
    let answer = call
        .send()
        .await
        .call("cloudformation", "CreateChangeSet")?;
    Ok(ChangeSetFacts {
        id: answer.id().unwrap_or_default().to_owned(),
        stack_id: answer.stack_id().unwrap_or_default().to_owned(),
        status: "CREATE_PENDING".to_owned(),
        execution: "UNAVAILABLE".to_owned(),
        reason: None,
        created: Timestamp::default(),
        changes: Vec::new(),
        decides_on_failure: spec.delete_on_failure,
    })
}

fn rollback_configuration(alarms: &RollbackAlarms) -> RollbackConfiguration {
    let triggers = alarms.triggers.as_ref().map(|triggers| {
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
        .set_monitoring_time_in_minutes(alarms.monitoring_minutes.map(i32::from))
        .build()
}

/// Waits until the changes are known or the change set has failed; none when
/// the deadline comes first.
pub(super) async fn wait(
    client: &Client,
    id: &str,
    pacer: &mut Pacer,
    on_event: &mut dyn FnMut(Event),
) -> Result<Option<ChangeSetFacts>, CallError> {
    loop {
        let Some(answer) = pacer.within(describe(client, id)).await else {
            return Ok(None);
        };
        let goes_on = match answer {
            Ok(found) if !found.is_pending() => return Ok(Some(found)),
            Ok(_) => pacer.pause(true).await,
            Err(error) => pacer.bear(error, on_event).await?,
        };
        if !goes_on {
            return Ok(None);
        }
    }
}

/// Reads a change set by its ARN, with every page of its changes and those of nested stacks.
pub(super) async fn describe(client: &Client, id: &str) -> Result<ChangeSetFacts, CallError> {
    describe_in(client, "", id).await
}

/// Reads how far the execution of a change set is, and nothing of its changes.
pub(super) async fn execution(client: &Client, id: &str) -> Result<String, CallError> {
    let page = describe_page(client, "", id, None).await?;
    Ok(facts(&page, Vec::new()).execution)
}

/// Reads a change set by name within a stack, or by its ARN with `stack` empty.
pub(super) async fn describe_in(
    client: &Client,
    stack: &str,
    name: &str,
) -> Result<ChangeSetFacts, CallError> {
    let (page, changes) = describe_pages(client, stack, name, &[]).await?;
    let changes = with_nested(client, changes).await?;
    Ok(facts(&page, changes))
}

/// Reads every page of a change set; gives the last one, and the changes of all.
///
/// * `path`: of the stack it belongs to.
async fn describe_pages(
    client: &Client,
    stack: &str,
    name: &str,
    path: &[String],
) -> Result<(DescribeChangeSetOutput, Vec<Change>), CallError> {
    let mut page = describe_page(client, stack, name, None).await?;
    let mut changes: Vec<Change> = Vec::new();
    loop {
        let resources = page
            .changes()
            .iter()
            .filter_map(|item| item.resource_change());
        changes.extend(resources.map(|resource| change(resource, path)));
        match page.next_token().map(str::to_owned) {
            Some(next) => page = describe_page(client, stack, name, Some(next)).await?,
            None => return Ok((page, changes)),
        }
    }
}

/// Puts behind each nested stack what its own change set changes, however deep.
async fn with_nested(client: &Client, changes: Vec<Change>) -> Result<Vec<Change>, CallError> {
    let mut all = Vec::with_capacity(changes.len());
    // What is yet to be put into `all`, the next one last.
    let mut rest: Vec<Change> = changes.into_iter().rev().collect();
    while let Some(mut change) = rest.pop() {
        if let Some(id) = change.nested_change_set_id.clone() {
            let mut path = change.path.clone();
            path.push(change.logical_id.clone());
            match describe_pages(client, "", &id, &path).await {
                Ok((_, nested)) => rest.extend(nested.into_iter().rev()),
                // What cannot be seen must not be taken for unchanged.
                Err(error) if error.kind == CallErrorKind::NotFound => {
                    change.nested_change_set_id = None;
                }
                Err(error) => return Err(error),
            }
        }
        all.push(change);
    }
    Ok(all)
}

/// * `stack`: empty when `name` is an ARN.
async fn describe_page(
    client: &Client,
    stack: &str,
    name: &str,
    next: Option<String>,
) -> Result<DescribeChangeSetOutput, CallError> {
    client
        .describe_change_set()
        .set_stack_name((!stack.is_empty()).then(|| stack.to_owned()))
        .change_set_name(name)
        .set_next_token(next)
        .include_property_values(true)
        .send()
        .await
        .call("cloudformation", "DescribeChangeSet")
}

fn facts(page: &DescribeChangeSetOutput, changes: Vec<Change>) -> ChangeSetFacts {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    ChangeSetFacts {
        id: text(page.change_set_id()),
        stack_id: text(page.stack_id()),
        status: text(page.status().map(ChangeSetStatus::as_str)),
        execution: text(page.execution_status().map(ExecutionStatus::as_str)),
        reason: page
            .status_reason()
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        created: Timestamp::of(page.creation_time()),
        changes,
        decides_on_failure: page.on_stack_failure().is_some(),
    }
}

fn change(resource: &ResourceChange, path: &[String]) -> Change {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Change {
        action: text(resource.action().map(ChangeAction::as_str)),
        path: path.to_vec(),
        logical_id: text(resource.logical_resource_id()),
        physical_id: resource
            .physical_resource_id()
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        resource_type: text(resource.resource_type()),
        replacement: resource
            .replacement()
            .map(|value| value.as_str().to_owned()),
        policy: resource
            .policy_action()
            .map(|value| value.as_str().to_owned()),
        details: resource.details().iter().map(change_detail).collect(),
        nested_change_set_id: resource.change_set_id().map(str::to_owned),
    }
}

fn change_detail(detail: &ResourceChangeDetail) -> ChangeDetail {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let target = detail.target();
    ChangeDetail {
        attribute: text(
            target
                .and_then(ResourceTargetDefinition::attribute)
                .map(ResourceAttribute::as_str),
        ),
        name: text(target.and_then(|target| target.path().or(target.name()))),
        recreation: text(
            target
                .and_then(ResourceTargetDefinition::requires_recreation)
                .map(RequiresRecreation::as_str),
        ),
        evaluation: text(detail.evaluation().map(EvaluationType::as_str)),
        source: text(detail.change_source().map(ChangeSource::as_str)),
        caused_by: detail.causing_entity().map(str::to_owned),
        before: target
            .and_then(|target| target.before_value())
            .map(str::to_owned),
        after: target
            .and_then(|target| target.after_value())
            .map(str::to_owned),
    }
}

/// Why the change set of a nested stack failed, when the reason of the one
/// around it only says that it did.
///
/// * `reason`: names the nested change set by its ARN.
pub(super) async fn nested_failure(client: &Client, reason: &str) -> Option<Detail> {
    let mut reason = reason.to_owned();
    let mut found = None;
    // Deeper than stacks can be nested, and no loop.
    for _ in 0..10 {
        let Some(id) = nested_arn(&reason).map(str::to_owned) else {
            break;
        };
        let Ok(page) = describe_page(client, "", &id, None).await else {
            break;
        };
        let why = facts(&page, Vec::new()).reason?;
        found = Some(Detail {
            logical_id: page.stack_name().unwrap_or_default().to_owned(),
            resource_type: "AWS::CloudFormation::Stack".to_owned(),
            found_by: id,
            reason: why.clone(),
            place: None,
        });
        reason = why;
    }
    found
}

/// The ARN of a change set within a text.
fn nested_arn(text: &str) -> Option<&str> {
    text.split(|character: char| character.is_whitespace() || "[](),'\"".contains(character))
        .map(|word| word.trim_end_matches(['.', ':']))
        .find(|word| word.starts_with("arn:") && word.contains(":changeSet/"))
}

/// What the service found wrong in detail; empty where it does not offer that.
///
/// `DescribeEvents` is young: partitions and policies that lack it only cost the detail.
pub(super) async fn failure_details(client: &Client, change_set_id: &str) -> Vec<Detail> {
    let filter = aws_sdk_cloudformation::types::EventFilter::builder()
        .failed_events(true)
        .build();
    let answer = client
        .describe_events()
        .change_set_name(change_set_id)
        .filters(filter)
        .send()
        .await;
    let Ok(answer) = answer else {
        return Vec::new();
    };
    answer
        .operation_events()
        .iter()
        .filter_map(|event| {
            let reason = event
                .validation_status_reason()
                .or(event.hook_status_reason())
                .or(event.resource_status_reason())?;
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            Some(Detail {
                logical_id: text(event.logical_resource_id()),
                resource_type: text(event.resource_type()),
                found_by: text(event.validation_name().or(event.hook_type())),
                reason: reason.to_owned(),
                place: event.validation_path().map(str::to_owned),
            })
        })
        .collect()
}

/// Removes a change set by its name, as when a signal ends the run that makes it.
///
/// It may not exist yet, or not any more, and it stays when it is being executed.
pub async fn discard(
    client: &Client,
    stack: &StackName,
    name: &ChangeSetName,
    kind: ChangeSetKind,
) -> Discarded {
    let found = match describe_page(client, stack.as_str(), name.as_str(), None).await {
        Ok(found) => found,
        Err(error) if error.kind == CallErrorKind::NotFound => return Discarded::Gone,
        Err(_) => return Discarded::Left,
    };
    let made = facts(&found, Vec::new());
    if made.execution.starts_with("EXECUTE_") {
        return Discarded::Executed;
    }
    let mut became = Discarded::Gone;
    let mut on_event = |event| {
        if matches!(event, Event::NotRemoved { .. }) {
            became = Discarded::Left;
        }
    };
    remove(client, name, &made, kind, &mut on_event).await;
    became
}

/// What became of a change set that nobody will use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discarded {
    /// There is none any more, or never was.
    Gone,
    /// It may still be there: the service refused, or gave no answer.
    Left,
    /// It is being executed, or was.
    Executed,
}

/// Stops an update that runs, so that it is rolled back; a creation cannot be stopped.
///
/// # Errors
///
/// When the service refuses, for one because the update is over.
pub async fn cancel(client: &Client, stack_id: &str) -> Result<(), CallError> {
    let answer = client
        .cancel_update_stack()
        .stack_name(stack_id)
        .send()
        .await;
    answer
        .call("cloudformation", "CancelUpdateStack")
        .map(|_| ())
}

/// Removes a change set of ours, and the stack it made when nothing else is in it.
///
/// Never fails: what could not be removed is told, and does no harm.
///
/// * `kind`: of the change set; only CREATE ones make a stack.
pub(super) async fn remove(
    client: &Client,
    name: &ChangeSetName,
    made: &ChangeSetFacts,
    kind: ChangeSetKind,
    on_event: &mut dyn FnMut(Event),
) {
    let answer = client
        .delete_change_set()
        .change_set_name(&made.id)
        .send()
        .await
        .call("cloudformation", "DeleteChangeSet");
    tell(format!("change set `{name}`"), answer.map(|_| ()), on_event);
    if kind == ChangeSetKind::Create {
        match is_bare(client, &made.stack_id).await {
            Ok(true) => remove_stack(client, &made.stack_id, on_event).await,
            Ok(false) => {}
            Err(error) => tell("its empty stack".to_owned(), Err(error), on_event),
        }
    }
}

/// Whether a stack is nothing but a name: in review, without a change set.
async fn is_bare(client: &Client, stack_id: &str) -> Result<bool, CallError> {
    let Some(stack) = super::facts::describe(client, stack_id).await? else {
        return Ok(false);
    };
    if stack.status.as_str() != "REVIEW_IN_PROGRESS" {
        return Ok(false);
    }
    let answer = client
        .list_change_sets()
        .stack_name(stack_id)
        .send()
        .await
        .call("cloudformation", "ListChangeSets")?;
    Ok(answer.summaries().is_empty() && answer.next_token().is_none())
}

async fn remove_stack(client: &Client, stack_id: &str, on_event: &mut dyn FnMut(Event)) {
    let answer = client
        .delete_stack()
        .stack_name(stack_id)
        .send()
        .await
        .call("cloudformation", "DeleteStack");
    tell(
        "the empty stack it had made".to_owned(),
        answer.map(|_| ()),
        on_event,
    );
}

fn tell(what: String, answer: Result<(), CallError>, on_event: &mut dyn FnMut(Event)) {
    on_event(match answer {
        Ok(()) => Event::Removed { what },
        Err(error) => Event::NotRemoved {
            what,
            why: error_text(&error),
        },
    });
}
