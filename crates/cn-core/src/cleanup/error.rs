//! Errors of a cleanup.

use crate::advice::Advice;
use crate::call::{CallError, CallErrorKind, kind_of};
use crate::failure::Cause;
use crate::parameter::{ParameterError, ParameterName};
use crate::s3::{Bucket, BucketNamesError};
use crate::session::SessionError;
use crate::stack::{StackName, StackStatus};

/// An error that prevented or stopped a cleanup.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// An identity cannot be used.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A parameter cannot be read.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The name of a bucket cannot be read.
    #[error(transparent)]
    Bucket(#[from] BucketNamesError),
    /// The stack cannot be read.
    #[error("cannot read stack `{stack}`")]
    ReadStack {
        /// The stack.
        stack: StackName,
        /// The cause.
        source: CallError,
    },
    /// It is not known which artifacts live stacks need.
    #[error("cannot determine which artifacts the stacks of the region need; nothing was deleted")]
    ReadNeeds(#[source] CallError),
    /// A bucket cannot be read.
    #[error("cannot list bucket `{bucket}`")]
    ReadBucket {
        /// The bucket.
        bucket: Bucket,
        /// The cause.
        source: CallError,
    },
    /// The access key or the role cannot be read.
    #[error("cannot read {what}")]
    ReadAccess {
        /// The key or role, such as "access key `AKIA…`".
        what: String,
        /// The cause.
        source: CallError,
    },
    /// A deletion failed.
    #[error("cannot delete {what}")]
    Delete {
        /// The thing to delete, such as "stack `orders`".
        what: String,
        /// The cause.
        source: CallError,
    },
    /// The deletion of the stack failed.
    #[error("stack `{}` could not be deleted", .0.stack)]
    Stack(Box<StackFailure>),
    /// The stack was still being deleted when the time limit was reached.
    #[error("the time limit was reached; stack `{0}` is still being deleted")]
    Running(StackName),
    /// Another operation on the stack started after the plan was made.
    #[error("stack `{0}` is in {1} now; it was not deleted")]
    Busy(StackName, StackStatus),
    /// S3 did not delete some objects.
    #[error("{} of {of} versions in bucket `{bucket}` were not deleted", failures.len())]
    Objects {
        /// The bucket.
        bucket: Bucket,
        /// The response of S3 for each object that was not deleted.
        failures: Vec<ObjectFailure>,
        /// The number of versions to delete.
        of: usize,
    },
    /// A parameter cannot be deleted.
    #[error("cannot delete the SSM parameter `{name}`")]
    DeleteParameter {
        /// The parameter.
        name: ParameterName,
        /// The cause.
        source: CallError,
    },
}

/// A stack that CloudFormation could not delete.
#[derive(Clone, Debug)]
pub struct StackFailure {
    /// The stack.
    pub stack: StackName,
    /// Its ARN.
    pub id: String,
    /// Its current status.
    pub status: StackStatus,
    /// The root cause, if the events show it.
    pub cause: Option<Cause>,
    /// The service's reason for the state of the stack.
    pub reason: Option<String>,
}

/// A version of an object that S3 did not delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFailure {
    /// The key.
    pub key: String,
    /// The version.
    pub version: String,
    /// S3's code, such as `AccessDenied`.
    pub code: String,
    /// S3's message.
    pub message: String,
}

impl ObjectFailure {
    /// Returns true if S3 refused to delete the version.
    pub fn is_denied(&self) -> bool {
        kind_of(Some(&self.code), None) == CallErrorKind::Denied
    }
}

impl CleanupError {
    /// Returns the next step, if S3 refused to delete a version of an object.
    pub fn advice(&self) -> Option<Advice> {
        match self {
            Self::Objects { failures, .. } if failures.iter().any(ObjectFailure::is_denied) => {
                Some(Advice::Do(
                    "allow `s3:DeleteObject` and `s3:DeleteObjectVersion`, and check that neither Object Lock nor the bucket policy forbids the deletion",
                ))
            }
            _ => None,
        }
    }

    /// Returns the failed request, if a request is the reason.
    pub fn call(&self) -> Option<&CallError> {
        match self {
            Self::ReadStack { source, .. }
            | Self::ReadNeeds(source)
            | Self::ReadBucket { source, .. }
            | Self::ReadAccess { source, .. }
            | Self::Delete { source, .. }
            | Self::DeleteParameter { source, .. } => Some(source),
            _ => None,
        }
    }
}
