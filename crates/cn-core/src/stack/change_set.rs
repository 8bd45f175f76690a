//! Reading change sets.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types as wire;
use aws_sdk_cloudformation::types::{
    AttributeChangeType, ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
};

use super::change::{
    Change, ChangeAction, ChangeAttribute, ChangeDetail, ChangeSource, DriftKept, DriftStatus,
    LiveDrift, NESTED_STACK, PolicyAction, PropertyValue, Recreation, Replacement,
};
use super::event::Event;
use super::express::Express;
use super::facts::masked_keys;
use super::pace::{Pacer, within};
use super::validation::{self, Detail, Validation};
use super::word::words;
use crate::call::{CallError, CallErrorKind, CallExt as _, Pages};
use crate::timestamp::Timestamp;
use tokio::time::Instant;

words! {
    /// The status of a change set.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `ChangeSetStatus`.
    pub(crate) enum ChangeSetStatus {
        CreateComplete = "CREATE_COMPLETE",
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreatePending = "CREATE_PENDING",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeletePending = "DELETE_PENDING",
        Failed = "FAILED",
    }
}

impl ChangeSetStatus {
    /// Returns true if the change set is being deleted, or was.
    pub(crate) fn is_deletion(&self) -> bool {
        self.as_str().starts_with("DELETE_")
    }
}

words! {
    /// The execution status of a change set.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `ExecutionStatus`.
    pub(crate) enum ExecutionStatus {
        Available = "AVAILABLE",
        ExecuteComplete = "EXECUTE_COMPLETE",
        ExecuteFailed = "EXECUTE_FAILED",
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        Obsolete = "OBSOLETE",
        Unavailable = "UNAVAILABLE",
    }
}

impl ExecutionStatus {
    /// Returns true if the execution is running, or has ended.
    pub(crate) fn has_begun(&self) -> bool {
        self.as_str().starts_with("EXECUTE_")
    }
}

/// The state of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangeSetFacts {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    pub(crate) status: ChangeSetStatus,
    pub(crate) execution: ExecutionStatus,
    pub(crate) reason: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) changes: Vec<Change>,
    /// The findings of the service's validation; empty until [`validation`] reads them.
    pub(crate) validation: Validation,
    /// True if the change set contains an `OnStackFailure`, which excludes `DisableRollback`.
    pub(crate) decides_on_failure: bool,
    /// The settings of Express mode, if the change set uses it.
    pub(crate) express: Option<Express>,
    /// The parameters whose values the service masks.
    pub(crate) masked_keys: BTreeSet<String>,
}

impl ChangeSetFacts {
    pub(crate) fn is_pending(&self) -> bool {
        !matches!(
            self.status,
            ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed
        ) && !self.status.is_deletion()
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.status == ChangeSetStatus::CreateComplete
    }

    /// Returns true if the change set is being executed, or was.
    pub(crate) fn is_executed(&self) -> bool {
        self.execution.has_begun()
    }

    /// Returns true if the change set failed only because nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        let says_so = |reason: &str| EMPTY_REASONS.iter().any(|known| reason.contains(known));
        self.status == ChangeSetStatus::Failed
            && self.changes.is_empty()
            && self.reason.as_deref().is_some_and(says_so)
    }
}

/// The service's messages for a change set without changes.
///
/// # Source
///
/// The AWS CLI, SAM and CFNgin check for both messages.
const EMPTY_REASONS: &[&str] = &["didn't contain changes", "No updates are to be performed"];

/// Waits until the changes are known or the change set has failed.
///
/// `None` if the deadline is reached first.
pub(crate) async fn wait(
    client: &Client,
    id: &str,
    pacer: &mut Pacer,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Option<ChangeSetFacts>, CallError> {
    loop {
        let Some(answer) = pacer.within(describe(client, id)).await else {
            return Ok(None);
        };
        let goes_on = match answer {
            Ok(found) if !found.is_pending() => return Ok(Some(found)),
            Ok(_) => pacer.pause(true).await,
            Err(error) => pacer.wait_after_failure(error, on_event).await?,
        };
        if !goes_on {
            return Ok(None);
        }
    }
}

/// Reads a change set by its ARN, with all pages of its changes and those of nested stacks.
pub(crate) async fn describe(client: &Client, id: &str) -> Result<ChangeSetFacts, CallError> {
    describe_in(client, "", id).await
}

/// Reads a change set without its changes.
///
/// Finds it by its name in a stack, or by its ARN if `stack` is empty.
pub(crate) async fn look(
    client: &Client,
    stack: &str,
    name: &str,
) -> Result<ChangeSetFacts, CallError> {
    let page = describe_page(client, stack, name, None).await?;
    Ok(facts(&page, Vec::new()))
}

/// Reads a change set by its name in a stack, or by its ARN if `stack` is empty.
pub(crate) async fn describe_in(
    client: &Client,
    stack: &str,
    name: &str,
) -> Result<ChangeSetFacts, CallError> {
    let (page, changes) = describe_pages(client, stack, name, &[]).await?;
    let changes = with_nested(client, changes).await?;
    Ok(facts(&page, changes))
}

/// Reads every page of a change set; returns the last page, and the changes of all pages.
///
/// * `path`: path of the stack that the change set belongs to.
async fn describe_pages(
    client: &Client,
    stack: &str,
    name: &str,
    path: &[String],
) -> Result<(DescribeChangeSetOutput, Vec<Change>), CallError> {
    let mut page = describe_page(client, stack, name, None).await?;
    let mut changes: Vec<Change> = Vec::new();
    let mut pages = Pages::of("cloudformation", "DescribeChangeSet");
    loop {
        let resources = page
            .changes()
            .iter()
            .filter_map(|item| item.resource_change());
        changes.extend(resources.map(|resource| change(resource, path)));
        match pages.next(page.next_token.clone())? {
            Some(next) => page = describe_page(client, stack, name, Some(next)).await?,
            None => return Ok((page, changes)),
        }
    }
}

/// Inserts after each nested stack the changes of its own change set, at any depth.
async fn with_nested(client: &Client, changes: Vec<Change>) -> Result<Vec<Change>, CallError> {
    let mut all = Vec::with_capacity(changes.len());
    // The changes still to be moved into `all`, the next one last.
    let mut rest: Vec<Change> = changes.into_iter().rev().collect();
    while let Some(mut change) = rest.pop() {
        if let Some(id) = change.nested_change_set_id.clone() {
            let mut path = change.path.clone();
            path.push(change.logical_id.clone());
            match describe_pages(client, "", &id, &path).await {
                Ok((_, nested)) => rest.extend(nested.into_iter().rev()),
                // A nested stack that cannot be read must not count as unchanged.
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

/// * `stack`: empty if `name` is an ARN.
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

/// Reads the validation findings of a change set and of its nested change sets.
///
/// Never fails: `DescribeEvents` is a recent API. A partition or policy without it only loses the
/// details.
pub(crate) async fn validation(
    client: &Client,
    change_set: &ChangeSetFacts,
    deadline: Option<Instant>,
) -> Validation {
    let read = async {
        let mut details = validation::describe(client, &change_set.id, "").await?;
        for change in &change_set.changes {
            if let Some(id) = &change.nested_change_set_id {
                let above = format!("{}/", change.full_path());
                details.extend(validation::describe(client, id, &above).await?);
            }
        }
        Ok(details)
    };
    match within(deadline, read).await {
        Some(Ok(details)) => Validation::Known(details),
        Some(Err(error)) => Validation::Unknown(CallError::in_one_line(&error)),
        None => Validation::Unknown("the time limit came first".to_owned()),
    }
}

fn facts(page: &DescribeChangeSetOutput, changes: Vec<Change>) -> ChangeSetFacts {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    ChangeSetFacts {
        id: text(page.change_set_id()),
        stack_id: text(page.stack_id()),
        status: ChangeSetStatus::new(page.status().map_or("", wire::ChangeSetStatus::as_str)),
        execution: ExecutionStatus::new(
            page.execution_status()
                .map_or("", wire::ExecutionStatus::as_str),
        ),
        reason: page
            .status_reason()
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
        created: Timestamp::of(page.creation_time()),
        changes,
        validation: Validation::default(),
        decides_on_failure: page.on_stack_failure().is_some(),
        express: page.deployment_config().and_then(Express::of),
        masked_keys: masked_keys(page.parameters()),
    }
}

fn change(resource: &ResourceChange, path: &[String]) -> Change {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Change {
        action: ChangeAction::new(resource.action().map_or("", wire::ChangeAction::as_str)),
        path: path.to_vec(),
        logical_id: text(resource.logical_resource_id()),
        physical_id: resource
            .physical_resource_id()
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        resource_type: text(resource.resource_type()),
        replacement: resource
            .replacement()
            .map(|value| Replacement::new(value.as_str())),
        policy: resource
            .policy_action()
            .map(|value| PolicyAction::new(value.as_str())),
        details: resource.details().iter().map(change_detail).collect(),
        drift: resource
            .resource_drift_status()
            .map(|status| DriftStatus::new(status.as_str())),
        kept_drift: resource
            .resource_drift_ignored_attributes()
            .iter()
            .map(|it| {
                let reason = it.reason().map_or("", wire::DriftIgnoredReason::as_str);
                (text(it.path()), DriftKept::new(reason))
            })
            .collect(),
        nested_change_set_id: resource.change_set_id().map(str::to_owned),
    }
}

fn change_detail(detail: &ResourceChangeDetail) -> ChangeDetail {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let target = detail.target();
    ChangeDetail {
        attribute: ChangeAttribute::new(
            target
                .and_then(ResourceTargetDefinition::attribute)
                .map_or("", wire::ResourceAttribute::as_str),
        ),
        name: text(target.and_then(|target| target.path().or(target.name()))),
        recreation: Recreation::new(
            target
                .and_then(ResourceTargetDefinition::requires_recreation)
                .map_or("", wire::RequiresRecreation::as_str),
        ),
        source: ChangeSource::new(
            detail
                .change_source()
                .map_or("", wire::ChangeSource::as_str),
        ),
        caused_by: detail.causing_entity().map(str::to_owned),
        before: target
            .and_then(|target| target.before_value())
            .map(PropertyValue::new),
        after: target
            .and_then(|target| target.after_value())
            .map(PropertyValue::new),
        drift: target
            .and_then(ResourceTargetDefinition::drift)
            .map(|drift| LiveDrift {
                deployed: drift.previous_value().map(PropertyValue::new),
                actual: drift.actual_value().map(PropertyValue::new),
            }),
        is_synced: target.and_then(ResourceTargetDefinition::attribute_change_type)
            == Some(&AttributeChangeType::SyncWithActual),
    }
}

/// Returns the reason why a nested stack's change set failed.
///
/// `None` unless the outer reason refers to a nested change set.
///
/// * `reason`: contains the ARN of the nested change set.
pub(crate) async fn nested_failure(client: &Client, reason: &str) -> Option<Detail> {
    let mut reason = reason.to_owned();
    let mut found = None;
    // The limit is deeper than stacks can be nested, and ends a cycle.
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
            resource_type: NESTED_STACK.to_owned(),
            found_by: id,
            mode: None,
            reason: why.clone(),
            place: None,
        });
        reason = why;
    }
    found
}

/// Returns the first change set ARN in a text.
fn nested_arn(text: &str) -> Option<&str> {
    text.split(|character: char| character.is_whitespace() || "[](),'\"".contains(character))
        .map(|word| word.trim_end_matches(['.', ':']))
        .find(|word| word.starts_with("arn:") && word.contains(":changeSet/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::word::assert_words;

    #[test]
    fn every_status_of_a_change_set_is_known() {
        assert_words(ChangeSetStatus::WORDS, wire::ChangeSetStatus::values());
        assert_words(ExecutionStatus::WORDS, wire::ExecutionStatus::values());
    }
}
