//! Facts about a running stack that could not be read.

use crate::call::CallError;
use crate::s3::S3Location;
use crate::secret::Secrets;
use crate::stack::StackName;

/// A fact about a running stack that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The template that the stack has.
    #[error("cannot read the template of stack `{stack}`")]
    Template {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// The processed template and the resources of the stack, or of one nested in it.
    #[error("cannot read what stack `{stack}` consists of")]
    Resources {
        /// The stack's name or ARN.
        stack: String,
        /// The failed request.
        source: CallError,
    },
    /// The digest of an object with code.
    #[error("cannot read the digest of `{object}`")]
    Object {
        /// The object.
        object: S3Location,
        /// The failed request.
        source: CallError,
    },
    /// The digest of the code that a function runs.
    #[error("cannot read the digest of function `{function}`")]
    Function {
        /// The function's name.
        function: String,
        /// The failed request.
        source: CallError,
    },
    /// The drift of the stack.
    #[error("cannot detect the drift of stack `{stack}`")]
    Drift {
        /// The stack.
        stack: StackName,
        /// The failed request.
        source: CallError,
    },
    /// The stack in one of the regions that are compared.
    #[error("cannot read stack `{stack}` in `{region}`")]
    Compare {
        /// The stack.
        stack: StackName,
        /// The region.
        region: cn_template::Region,
        /// The failed request.
        source: CallError,
    },
}

impl InspectError {
    /// Returns the failed request.
    pub const fn call(&self) -> &CallError {
        match self {
            Self::Template { source, .. }
            | Self::Resources { source, .. }
            | Self::Object { source, .. }
            | Self::Function { source, .. }
            | Self::Drift { source, .. }
            | Self::Compare { source, .. } => source,
        }
    }

    /// Redacts the answer to the failed request, and the name of a function.
    pub(super) fn redacted(mut self, secrets: &Secrets) -> Self {
        if let Self::Function { function, .. } = &mut self {
            *function = secrets.text(function);
        }
        let (Self::Template { source, .. }
        | Self::Resources { source, .. }
        | Self::Object { source, .. }
        | Self::Function { source, .. }
        | Self::Drift { source, .. }
        | Self::Compare { source, .. }) = &mut self;
        source.redact(secrets);
        self
    }
}
