//! The progress and outcome of a deployment.

use std::time::Duration;

use cn_template::Region;

use super::request::{Place, StackSetName};
use super::status::{OperationAction, OperationStatus, ResultStatus};
use crate::advice::Advice;
use crate::failure::advice;
use crate::secret::Secrets;
use crate::stack::Progress;
use crate::stack::pace::FromFailure;

/// An event of a deployment, reported in order. Events inform; they never control the run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another operation runs on the StackSet; the run waits for its end.
    Busy {
        /// The operation's ID.
        operation: String,
        /// True if another run of this library started the operation.
        is_ours: bool,
    },
    /// The template is in the bucket.
    TemplateUploaded {
        /// The address that CloudFormation gets.
        url: String,
        /// True if the object was already in the bucket.
        was_there: bool,
    },
    /// The request to create the StackSet is about to be sent.
    CreatingSet,
    /// The StackSet was created, and has no instances yet.
    SetCreated,
    /// The request for an operation is about to be sent. Until [`Started`](Self::Started) it is
    /// unknown if the service has accepted it.
    AboutToStart {
        /// The operation's ID.
        operation: String,
    },
    /// The service has accepted the operation.
    Started {
        /// The operation's ID.
        operation: String,
        /// The operation's kind.
        action: OperationAction,
    },
    /// The operation changed its status in an account and region.
    Instance {
        /// The result so far.
        result: InstanceResult,
        /// The progress of the operation.
        progress: Progress,
    },
    /// No event was reported for a while, but the operation is still running.
    Heartbeat {
        /// Time since the first poll of the operation.
        elapsed: Duration,
        /// The accounts and regions in progress.
        in_progress: Vec<Place>,
        /// The progress of the operation.
        progress: Progress,
    },
    /// A request failed; it is retried.
    Retrying {
        /// The failed request and its answer.
        what: String,
    },
}

impl FromFailure for Event {
    fn from_failure(what: String) -> Self {
        Self::Retrying { what }
    }
}

impl Event {
    /// Redacts every text that a service returned.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        match self {
            Self::TemplateUploaded { url, was_there } => Self::TemplateUploaded {
                url: secrets.text(&url),
                was_there,
            },
            Self::Instance { result, progress } => Self::Instance {
                result: result.redacted(secrets),
                progress,
            },
            Self::Retrying { what } => Self::Retrying {
                what: secrets.text(&what),
            },
            other => other,
        }
    }
}

/// The result of an operation in one account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceResult {
    /// The account and region.
    pub place: Place,
    /// The organizational unit, with service-managed permissions.
    pub unit: Option<String>,
    /// The status.
    pub status: ResultStatus,
    /// The reason for the status, in the service's words.
    pub reason: Option<String>,
}

impl InstanceResult {
    /// Returns the next step, when the reason is a known one.
    ///
    /// # Source
    ///
    /// The reason of a failed resource names its type, as CloudFormation answers:
    /// `ResourceType:AWS::SQS::Queue, ...`.
    pub fn advice(&self) -> Option<Advice> {
        let reason = self.reason.as_deref()?;
        let kind = reason.split("ResourceType:").nth(1).unwrap_or_default();
        let kind = kind.split(',').next().unwrap_or_default().trim();
        let region: Region = self.place.region.parse().ok()?;
        advice(region.partition(), kind, reason)
    }

    fn redacted(self, secrets: &Secrets) -> Self {
        Self {
            reason: secrets.option(self.reason),
            ..self
        }
    }
}

/// An operation that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation's ID.
    pub id: String,
    /// The operation's kind.
    pub action: OperationAction,
    /// The last known status.
    pub status: OperationStatus,
    /// The reason for the status, in the service's words.
    pub reason: Option<String>,
    /// The last known result in each account and region.
    ///
    /// Sorted by status: failed, canceled, unfinished, succeeded.
    pub results: Vec<InstanceResult>,
}

impl Operation {
    /// Returns the results with the given status.
    pub fn with(&self, status: &ResultStatus) -> impl Iterator<Item = &InstanceResult> {
        self.results
            .iter()
            .filter(move |result| result.status == *status)
    }

    pub(super) fn redacted(self, secrets: &Secrets) -> Self {
        let results = self.results.into_iter();
        Self {
            reason: secrets.option(self.reason),
            results: results.map(|result| result.redacted(secrets)).collect(),
            ..self
        }
    }
}

/// The result of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The StackSet.
    pub name: StackSetName,
    /// The result of the deployment.
    pub end: End,
    /// The operations, in the order they were started.
    pub operations: Vec<Operation>,
    /// The number of planned operations that were not started.
    pub not_started: usize,
    /// The time from the first step to the last.
    pub elapsed: Duration,
}

/// The ways in which a deployment ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every operation succeeded; failed results may be within the failure tolerance.
    Done {
        /// True if the StackSet was created.
        is_new: bool,
    },
    /// There were no changes.
    NoChanges,
    /// The last operation failed, or somebody stopped it.
    Failed,
    /// The deadline was reached first.
    Running {
        /// The operation that is running, or may have started.
        ///
        /// `None` if only the StackSet itself may have been created.
        operation: Option<String>,
    },
}

impl Outcome {
    /// Returns the failed results of all operations.
    pub fn failed(&self) -> impl Iterator<Item = &InstanceResult> {
        self.operations
            .iter()
            .flat_map(|operation| operation.with(&ResultStatus::Failed))
    }
}

/// The state that an interrupted run leaves in AWS. Nothing has to be cleaned up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Leftovers {
    /// Nothing was changed.
    #[default]
    Nothing,
    /// The StackSet may have been created, without instances.
    MayBeCreated,
    /// The StackSet was created, without instances.
    Created,
    /// An operation with this ID may have started.
    MayRun(String),
    /// The operation with this ID is still running.
    Runs(String),
}

impl Leftovers {
    /// Updates the state with an event of the run.
    pub fn event(&mut self, event: &Event) {
        *self = match event {
            Event::CreatingSet => Self::MayBeCreated,
            Event::SetCreated => Self::Created,
            Event::AboutToStart { operation } => Self::MayRun(operation.clone()),
            Event::Started { operation, .. } => Self::Runs(operation.clone()),
            _ => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(region: &str, reason: &str) -> Option<Advice> {
        let result = InstanceResult {
            place: Place {
                account: "111122223333".to_owned(),
                region: region.to_owned(),
            },
            unit: None,
            status: ResultStatus::Failed,
            reason: Some(reason.to_owned()),
        };
        result.advice()
    }

    #[test]
    fn the_advice_on_an_instance_is_that_on_the_resource_in_its_reason() {
        let role = "Account 111122223333 should have 'AWSCloudFormationStackSetExecutionRole' role with trust relationship to Role 'AWSCloudFormationStackSetAdministrationRole'.";
        let step = failed("cn-north-1", role);
        assert!(matches!(step, Some(Advice::Do(step)) if step.contains("execution role")));
        let reason = "ResourceLogicalId:B, ResourceType:AWS::S3::Bucket, ResourceStatusReason:logs already exists.";
        assert_eq!(failed("cn-north-1", reason), Some(Advice::FreeOrImportName));
        let custom = reason.replace("AWS::S3::Bucket", "Custom::Table");
        assert_eq!(failed("cn-north-1", &custom), None);
        let tracing =
            "ResourceType:AWS::Lambda::Function, ResourceStatusReason:tracing is not supported";
        assert!(failed("cn-north-1", tracing).is_some());
        assert_eq!(failed("us-east-1", tracing), None);
    }
}
