//! Failures to read facts about a running stack.

use std::fmt;

use cn_template::Region;

use crate::call::CallError;
use crate::s3::S3Location;
use crate::secret::Secrets;
use crate::stack::StackName;

/// A fact about a running stack that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}")]
#[non_exhaustive]
pub struct InspectError {
    /// The step that failed.
    pub(super) step: InspectStep,
    /// The failed request.
    pub source: CallError,
}

/// A step of an inspection that can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InspectStep {
    /// Reads the stack's template.
    Template(StackName),
    /// Reads the processed template and the resources of a stack, given by its name or ARN.
    Resources(String),
    /// Reads the digest of an object that contains code.
    Object(S3Location),
    /// Reads the digest of a function's running code.
    Function(String),
    /// Detects the drift of the stack.
    Drift(StackName),
    /// Reads the stack in a compared region.
    Compare(StackName, Region),
}

impl fmt::Display for InspectStep {
    /// Writes the step as the end of a sentence that begins with "cannot".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(stack) => write!(f, "read the template of stack `{stack}`"),
            Self::Resources(stack) => write!(f, "read the resources of stack `{stack}`"),
            Self::Object(object) => write!(f, "read the digest of `{object}`"),
            Self::Function(function) => write!(f, "read the digest of function `{function}`"),
            Self::Drift(stack) => write!(f, "detect the drift of stack `{stack}`"),
            Self::Compare(stack, region) => write!(f, "read stack `{stack}` in `{region}`"),
        }
    }
}

impl InspectStep {
    /// Turns a failed request into the error of this step.
    pub(super) fn failed(self, source: CallError) -> InspectError {
        InspectError { step: self, source }
    }
}

impl InspectError {
    /// Redacts the answer to the failed request, and a function's name.
    pub(super) fn redacted(mut self, secrets: &Secrets) -> Self {
        if let InspectStep::Function(function) = &mut self.step {
            *function = secrets.text(function);
        }
        self.source.redact(secrets);
        self
    }
}
