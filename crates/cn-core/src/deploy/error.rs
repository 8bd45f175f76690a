//! Failed steps of a deployment.

use std::fmt;

use crate::advice::Advice;
use crate::call::CallError;
use crate::failure::advice_on_call;
use crate::s3::Bucket;
use crate::secret::Secrets;
use crate::stack::{ChangeSetName, Setting, StackName};

/// A step that failed because the service refused a request or gave no answer.
///
/// An operation that started and then failed is an [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}")]
#[non_exhaustive]
pub struct DeployError {
    /// The step.
    pub step: DeployStep,
    /// The failed request.
    pub source: CallError,
}

/// A step of a deployment that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeployStep {
    /// Reads the stack, or its newest operation.
    Read(StackName),
    /// Uploads the template.
    Upload {
        /// The template's path.
        template: String,
        /// The bucket.
        bucket: Bucket,
    },
    /// Deletes a stack whose creation was rolled back.
    Replace(StackName),
    /// Continues the rollback of an update.
    ContinueRollback(StackName),
    /// Creates the change set, and reads it until it is complete.
    Propose(StackName),
    /// Reads an existing change set, by its name or ARN.
    ReadChangeSet(String),
    /// Sets a stack policy or the termination protection.
    Set {
        /// The setting.
        setting: Setting,
        /// The stack.
        stack: StackName,
        /// True if this run created the stack.
        is_created: bool,
    },
    /// Executes the change set.
    Execute {
        /// The change set.
        change_set: ChangeSetName,
        /// The stack.
        stack: StackName,
    },
    /// Follows a running operation, by its events and its stack.
    Follow(StackName),
}

impl fmt::Display for DeployStep {
    /// Writes the step as the end of a sentence that begins with "cannot".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(stack) => write!(f, "read stack `{stack}`"),
            Self::Upload { template, bucket } => {
                write!(f, "upload `{template}` to bucket `{bucket}`")
            }
            Self::Replace(stack) => write!(f, "delete the rolled back stack `{stack}`"),
            Self::ContinueRollback(stack) => {
                write!(f, "continue the rollback of stack `{stack}`")
            }
            Self::Propose(stack) => write!(f, "create a change set for stack `{stack}`"),
            Self::ReadChangeSet(change_set) => write!(f, "read change set `{change_set}`"),
            Self::Set { setting, stack, .. } => {
                let set = match setting {
                    Setting::StackPolicy => "set the stack policy",
                    Setting::TerminationProtection { is_on: true } => {
                        "turn on the termination protection"
                    }
                    Setting::TerminationProtection { is_on: false } => {
                        "turn off the termination protection"
                    }
                };
                write!(f, "{set} of stack `{stack}`")
            }
            Self::Execute { change_set, stack } => {
                write!(f, "execute change set `{change_set}` of stack `{stack}`")
            }
            Self::Follow(stack) => write!(f, "follow stack `{stack}`"),
        }
    }
}

impl DeployStep {
    /// Turns a failed request into the error of this step.
    pub(super) fn failed(self, source: CallError) -> DeployError {
        DeployError { step: self, source }
    }
}

impl DeployError {
    /// Returns the next step that the error suggests, if any.
    pub fn advice(&self) -> Option<Advice> {
        advice_on_call(&self.source, "")
    }

    /// Redacts every text of the error.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.source.redact(secrets);
        self
    }
}
