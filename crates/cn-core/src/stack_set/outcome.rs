//! Progress and end of a deployment.

use std::time::Duration;

use cn_template::Region;

use super::request::{Place, StackSetName};
use super::status::{OperationAction, OperationStatus, ResultStatus};
use crate::advice::Advice;
use crate::failure::advice;
use crate::secret::Secrets;
use crate::stack::Progress;
use crate::stack::pace::FromTrouble;

/// Something that happened, in the order it happened. Events inform; they never steer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Another operation runs on the StackSet; its end is awaited.
    Busy {
        /// Its ID.
        operation: String,
        /// True if another run of this library started it.
        is_ours: bool,
    },
    /// The template is in the bucket.
    TemplateUploaded {
        /// The address that CloudFormation is given.
        url: String,
        /// True if an object of that name was there already.
        was_there: bool,
    },
    /// The request to create the StackSet goes out.
    CreatingSet,
    /// The StackSet was created, and has no instances yet.
    SetCreated,
    /// The request for an operation goes out. Until [`Started`](Self::Started) nobody knows
    /// whether the service has taken it.
    AboutToStart {
        /// Its ID.
        operation: String,
    },
    /// The service has taken the operation.
    Started {
        /// Its ID.
        operation: String,
        /// Its kind.
        action: OperationAction,
    },
    /// The operation came into a status in an account and region.
    Instance {
        /// The result so far.
        result: InstanceResult,
        /// The progress of the operation.
        progress: Progress,
    },
    /// Nothing was reported for a while, but the operation goes on.
    Heartbeat {
        /// Since the operation was first looked at.
        elapsed: Duration,
        /// The places of work.
        in_progress: Vec<Place>,
        /// The progress.
        progress: Progress,
    },
    /// A question could not be answered; it is asked again.
    Trouble {
        /// The failed request and its answer.
        what: String,
    },
}

impl FromTrouble for Event {
    fn from_trouble(what: String) -> Self {
        Self::Trouble { what }
    }
}

impl Event {
    /// Redacts every text that a service wrote.
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
            Self::Trouble { what } => Self::Trouble {
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
    /// The reason of the status, in the service's words.
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
    /// Its ID.
    pub id: String,
    /// Its kind.
    pub action: OperationAction,
    /// Its last known status.
    pub status: OperationStatus,
    /// The reason of the status, in the service's words.
    pub reason: Option<String>,
    /// The last known result in each account and region: failed, cancelled, unfinished,
    /// then succeeded ones.
    pub results: Vec<InstanceResult>,
}

impl Operation {
    /// Returns the results of a status.
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
    /// The end.
    pub end: End,
    /// The operations, in the order they were started.
    pub operations: Vec<Operation>,
    /// The number of planned operations that were not started.
    pub not_started: usize,
    /// From the first step to the last.
    pub elapsed: Duration,
}

/// The end of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every operation succeeded; results within the failure tolerance may have failed.
    Done {
        /// True if the StackSet was created.
        is_new: bool,
    },
    /// There was nothing to change.
    NoChanges,
    /// The last operation failed, or somebody stopped it.
    Failed,
    /// The deadline came first.
    Running {
        /// The operation that goes on, or may have been started; absent when only the
        /// StackSet itself may have been created.
        operation: Option<String>,
    },
}

impl Outcome {
    /// Returns the results that failed, of every operation.
    pub fn failed(&self) -> impl Iterator<Item = &InstanceResult> {
        self.operations
            .iter()
            .flat_map(|operation| operation.with(&ResultStatus::Failed))
    }
}

/// The state that the end of a run would leave in AWS. Nothing has to be cleaned up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Remains {
    /// Nothing was changed.
    #[default]
    Nothing,
    /// The StackSet may have been created, without instances.
    MayBeCreated,
    /// The StackSet was created, without instances.
    Created,
    /// An operation of this ID may have been started.
    MayRun(String),
    /// The operation of this ID goes on.
    Runs(String),
}

impl Remains {
    /// Takes in an event.
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
