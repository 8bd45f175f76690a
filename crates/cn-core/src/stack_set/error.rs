//! Failed steps of a StackSet deployment.

use std::fmt;

use super::request::StackSetName;
use crate::advice::Advice;
use crate::call::CallError;
use crate::failure::advice_on_call;
use crate::s3::Bucket;
use crate::secret::Secrets;

/// A step that failed because the service refused a request or gave no answer.
///
/// An operation that started and then failed is an [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}")]
#[non_exhaustive]
pub struct StackSetError {
    /// The step.
    pub step: StackSetStep,
    /// The failed request.
    pub source: CallError,
}

/// A step that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StackSetStep {
    /// Reads the StackSet, its instances and operations.
    Read(StackSetName),
    /// Uploads the template.
    Upload {
        /// The template's path.
        template: String,
        /// The bucket.
        bucket: Bucket,
    },
    /// Creates the StackSet.
    Create(StackSetName),
    /// Updates the StackSet and its instances.
    Update(StackSetName),
    /// Creates instances.
    CreateInstances(StackSetName),
    /// Follows an operation.
    Follow {
        /// The StackSet.
        name: StackSetName,
        /// The operation.
        operation: String,
    },
}

impl fmt::Display for StackSetStep {
    /// Writes the step as the end of a sentence that begins with "cannot".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(name) => write!(f, "read StackSet `{name}`"),
            Self::Upload { template, bucket } => {
                write!(f, "upload `{template}` to bucket `{bucket}`")
            }
            Self::Create(name) => write!(f, "create StackSet `{name}`"),
            Self::Update(name) => write!(f, "update StackSet `{name}`"),
            Self::CreateInstances(name) => write!(f, "create instances of StackSet `{name}`"),
            Self::Follow { name, operation } => {
                write!(f, "follow operation `{operation}` of StackSet `{name}`")
            }
        }
    }
}

impl StackSetStep {
    pub(super) fn failed(self, source: CallError) -> StackSetError {
        StackSetError { step: self, source }
    }
}

impl StackSetError {
    /// Returns true if another operation runs on the StackSet, which accepts one at a time.
    pub fn is_busy(&self) -> bool {
        self.source.has_code(super::calls::IN_PROGRESS)
    }

    /// Returns the next step that the error suggests, if any.
    pub fn advice(&self) -> Option<Advice> {
        if self.is_busy() {
            return Some(Advice::WaitWhileBusy);
        }
        if self.source.has_code("NameAlreadyExistsException") {
            return Some(Advice::Do(
                "run again to update it: another run has created it meanwhile",
            ));
        }
        advice_on_call(&self.source, "AWS::CloudFormation::StackSet")
    }

    /// Redacts every text in the error.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.source.redact(secrets);
        self
    }
}
