//! The service's findings about a change set before its execution.
//!
//! # Source
//!
//! CloudFormation user guide, "Validate stack deployments", seen 2026-11-26: validation that
//! fails in mode FAIL fails the change set; in mode WARN the change set can be executed.

use std::fmt;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_events::builders::DescribeEventsFluentBuilder;
use aws_sdk_cloudformation::types::{self as wire, EventFilter, OperationEvent, ValidationStatus};

use super::resource_status::{HookStatus, ResourceStatus};
use super::word::words;
use crate::call::{CallError, CallExt as _, Pages};
use crate::timestamp::Timestamp;

words! {
    /// The effect of a failed validation, or of a hook's refusal.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `HookFailureMode`.
    pub enum FailureMode {
        /// The change set failed.
        Fail = "FAIL",
        /// The change set can be executed.
        Warn = "WARN",
    }
}

/// A finding of the service before any change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Logical ID of the resource, with its path in a nested stack; empty without a resource.
    pub logical_id: String,
    /// Type of the resource; empty without a resource.
    pub resource_type: String,
    /// The validation or hook that reported the finding.
    pub found_by: String,
    /// The effect of the finding, if the service returns it.
    pub mode: Option<FailureMode>,
    /// The reason, in the service's words.
    pub reason: String,
    /// The place in the template, if the service returns it.
    pub place: Option<String>,
}

/// The findings of the service's validation of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// All findings; empty if there are none.
    Known(Vec<Detail>),
    /// The findings could not be read; contains the reason.
    Unknown(String),
}

impl Default for Validation {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

impl Validation {
    /// Returns the known findings.
    pub fn details(&self) -> &[Detail] {
        match self {
            Self::Known(details) => details,
            Self::Unknown(_) => &[],
        }
    }
}

/// Reads every page of findings about a change set, without duplicates.
///
/// * `above`: the prefix of logical IDs.
pub(crate) async fn describe(
    client: &Client,
    id: &str,
    above: &str,
) -> Result<Vec<Detail>, CallError> {
    let request = client.describe_events().change_set_name(id);
    let mut details = read(request, |_| true).await?;
    for detail in details.iter_mut().filter(|it| !it.logical_id.is_empty()) {
        detail.logical_id.insert_str(0, above);
    }
    Ok(details)
}

/// Reads the validations that failed in an operation on a stack, without duplicates.
///
/// * `since`: the start of the operation.
///
/// # Errors
///
/// [`CallError`] if the events cannot be read.
pub(crate) async fn of_operation(
    client: &Client,
    stack_id: &str,
    since: Timestamp,
) -> Result<Vec<Detail>, CallError> {
    let failed = EventFilter::builder().failed_events(true).build();
    let request = client.describe_events().stack_name(stack_id);
    let is_meant = |event: &OperationEvent| {
        let is_validation = event.validation_status() == Some(&ValidationStatus::Failed);
        is_validation && Timestamp::of(event.timestamp()) >= since
    };
    read(request.filters(failed), is_meant).await
}

async fn read(
    request: DescribeEventsFluentBuilder,
    is_meant: impl Fn(&OperationEvent) -> bool,
) -> Result<Vec<Detail>, CallError> {
    let mut details: Vec<Detail> = Vec::new();
    let mut pages = Pages::of("cloudformation", "DescribeEvents");
    let mut next = None;
    loop {
        let page = request
            .clone()
            .set_next_token(next)
            .send()
            .await
            .call("cloudformation", "DescribeEvents")?;
        let events = page.operation_events().iter();
        for found in events.filter(|event| is_meant(event)).filter_map(detail) {
            if !details.contains(&found) {
                details.push(found);
            }
        }
        next = pages.next(page.next_token)?;
        if next.is_none() {
            return Ok(details);
        }
    }
}

impl fmt::Display for Detail {
    /// Writes the resource, the place in the template and the reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.as_ref().map(|place| format!(" at {place}"));
        let place = place.unwrap_or_default();
        match self.logical_id.as_str() {
            "" => write!(f, "{}{place}", self.reason),
            id => write!(f, "`{id}` ({}){place}: {}", self.resource_type, self.reason),
        }
    }
}

/// Returns the failure that an event reports; `None` if it reports none.
fn detail(event: &OperationEvent) -> Option<Detail> {
    let hook = event.hook_status().map(wire::HookStatus::as_str);
    let resource = event.resource_status().map(wire::ResourceStatus::as_str);
    let reason = if event.validation_status() == Some(&ValidationStatus::Failed) {
        event.validation_status_reason()
    } else if hook.is_some_and(|status| HookStatus::new(status).is_failed()) {
        event.hook_status_reason()
    } else if resource.is_some_and(|status| ResourceStatus::new(status).is_failed()) {
        event.resource_status_reason()
    } else {
        None
    };
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let mode = event
        .validation_failure_mode()
        .or(event.hook_failure_mode());
    Some(Detail {
        logical_id: text(event.logical_resource_id()),
        resource_type: text(event.resource_type()),
        found_by: text(event.validation_name().or(event.hook_type())),
        mode: mode.map(|mode| FailureMode::new(mode.as_str())),
        reason: reason?.to_owned(),
        place: event.validation_path().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::word::assert_words;

    #[test]
    fn every_mode_is_known() {
        assert_words(FailureMode::WORDS, wire::HookFailureMode::values());
    }

    #[test]
    fn only_failures_with_a_reason_are_told() {
        let event = || OperationEvent::builder().logical_resource_id("Queue");
        let failed = event()
            .validation_status(ValidationStatus::Failed)
            .validation_failure_mode(wire::HookFailureMode::Warn)
            .validation_status_reason("is full");
        let found = detail(&failed.build()).unwrap();
        assert_eq!(found.mode, Some(FailureMode::Warn));
        assert_eq!(
            (found.logical_id.as_str(), found.reason.as_str()),
            ("Queue", "is full")
        );
        for silent in [
            event().validation_status(ValidationStatus::Failed),
            event()
                .validation_status(ValidationStatus::Skipped)
                .validation_status_reason("no permission"),
            event()
                .hook_status(wire::HookStatus::HookCompleteSucceeded)
                .hook_status_reason("fine"),
            event()
                .resource_status(wire::ResourceStatus::CreateInProgress)
                .resource_status_reason("User Initiated"),
        ] {
            assert_eq!(detail(&silent.build()), None);
        }
    }
}
