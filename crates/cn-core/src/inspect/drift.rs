//! Drift: changes to a stack's resources outside CloudFormation.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{
    StackDriftDetectionStatus, StackResourceDrift, StackResourceDriftStatus,
};

use super::error::{InspectError, InspectStep};
use crate::advice::Advice;
use crate::call::{CallError, CallErrorKind, CallExt as _, Pages};
use crate::secret::Secrets;
use crate::stack::pace::Pacer;
use crate::stack::{DriftStatus, Pace, StackName};

/// The result of drift detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Resources that differ from the template, sorted by logical ID.
    pub resources: Vec<DriftedResource>,
    /// The reason why not all resources could be checked; `None` if all were checked.
    pub incomplete: Option<String>,
}

/// A resource that differs from the template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DriftedResource {
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID, if there is one.
    pub physical_id: Option<String>,
    /// The resource type, such as `AWS::SQS::Queue`.
    pub resource_type: String,
    /// The drift of the resource as a whole.
    pub status: DriftStatus,
    /// The paths of the differing properties, such as `/DelaySeconds`. Values are left out: they may
    /// be secrets.
    pub properties: Vec<String>,
}

/// The meaning of drift for the next deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftVerdict {
    /// Every resource matches the template.
    Clean,
    /// The deployment may proceed; drift, or an incomplete check, is reported.
    Reported,
    /// Resources drifted, and the deployment must not proceed.
    Denied,
    /// Not all resources could be checked, and the deployment must not proceed.
    Unknown,
}

impl Drift {
    /// Decides if a deployment may proceed.
    ///
    /// * `denies`: true if any drift, or an incomplete check, stops the deployment.
    pub fn verdict(&self, denies: bool) -> DriftVerdict {
        match (self.resources.is_empty(), self.incomplete.is_some()) {
            (true, false) => DriftVerdict::Clean,
            (_, true) if denies => DriftVerdict::Unknown,
            (false, _) if denies => DriftVerdict::Denied,
            _ => DriftVerdict::Reported,
        }
    }

    /// Returns the advice about resources that differ from the template.
    pub fn advice(&self) -> Option<Advice> {
        (!self.resources.is_empty()).then_some(Advice::RevertDrift)
    }

    fn redacted(mut self, secrets: &Secrets) -> Self {
        self.incomplete = secrets.option(self.incomplete);
        for resource in &mut self.resources {
            resource.physical_id = secrets.option(resource.physical_id.take());
            for path in &mut resource.properties {
                *path = secrets.text(path);
            }
        }
        self
    }
}

/// Detects drift and waits for the result.
///
/// `None` if the stack does not exist, or if the deadline is reached first.
///
/// Cost: the time that the service takes, usually under a minute. The service does not check nested
/// stacks.
///
/// * `secrets`: the values to redact.
///
/// # Errors
///
/// Fails if drift cannot be detected or read.
pub async fn drift(
    client: &Client,
    stack: &StackName,
    secrets: &Secrets,
    pace: &Pace,
) -> Result<Option<Drift>, InspectError> {
    match detect(client, stack, pace).await {
        Ok(found) => Ok(found.map(|found| found.redacted(secrets))),
        Err(source) => {
            let stack = stack.clone();
            Err(InspectStep::Drift(stack).failed(source).redacted(secrets))
        }
    }
}

async fn detect(
    client: &Client,
    stack: &StackName,
    pace: &Pace,
) -> Result<Option<Drift>, CallError> {
    let started = client
        .detect_stack_drift()
        .stack_name(stack.as_str())
        .send()
        .await
        .call("cloudformation", "DetectStackDrift");
    let id = match started {
        Ok(started) => started
            .stack_drift_detection_id()
            .unwrap_or_default()
            .to_owned(),
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut pacer = Pacer::new(pace);
    let incomplete = loop {
        let answer = client
            .describe_stack_drift_detection_status()
            .stack_drift_detection_id(&id)
            .send()
            .await
            .call("cloudformation", "DescribeStackDriftDetectionStatus");
        let goes_on = match answer {
            Ok(found) => match found.detection_status() {
                Some(StackDriftDetectionStatus::DetectionComplete) => break None,
                Some(StackDriftDetectionStatus::DetectionFailed) => {
                    let reason = found.detection_status_reason();
                    break Some(reason.unwrap_or("the service gives no reason").to_owned());
                }
                _ => pacer.pause(true).await,
            },
            Err(error) if error.kind.is_transient() => pacer.pause_after_failure().await,
            Err(error) => return Err(error),
        };
        if !goes_on {
            return Ok(None);
        }
    };
    let mut resources: Vec<DriftedResource> = Vec::new();
    let mut pages = Pages::of("cloudformation", "DescribeStackResourceDrifts");
    let mut next: Option<String> = None;
    loop {
        let answer = client
            .describe_stack_resource_drifts()
            .stack_name(stack.as_str())
            .stack_resource_drift_status_filters(StackResourceDriftStatus::Modified)
            .stack_resource_drift_status_filters(StackResourceDriftStatus::Deleted)
            .set_next_token(next.take())
            .send()
            .await
            .call("cloudformation", "DescribeStackResourceDrifts")?;
        resources.extend(answer.stack_resource_drifts().iter().map(resource));
        next = pages.next(answer.next_token)?;
        if next.is_none() {
            break;
        }
    }
    resources.sort();
    Ok(Some(Drift {
        resources,
        incomplete,
    }))
}

fn is_absent(error: &CallError) -> bool {
    let says_so = |message: &str| message.contains("does not exist");
    matches!(error.kind, CallErrorKind::Refused | CallErrorKind::NotFound)
        && error.message.as_deref().is_some_and(says_so)
}

fn resource(drift: &StackResourceDrift) -> DriftedResource {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    DriftedResource {
        logical_id: text(drift.logical_resource_id()),
        physical_id: drift.physical_resource_id().map(str::to_owned),
        resource_type: text(drift.resource_type()),
        status: DriftStatus::new(
            drift
                .stack_resource_drift_status()
                .map_or("", StackResourceDriftStatus::as_str),
        ),
        properties: drift
            .property_differences()
            .iter()
            .map(|difference| text(difference.property_path()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::word::assert_words;

    #[test]
    fn every_word_of_the_service_about_drift_is_known() {
        assert_words(DriftStatus::WORDS, StackResourceDriftStatus::values());
    }
}
