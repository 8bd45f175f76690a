//! The events and the outcome of a cleanup.

use std::time::Duration;

use crate::keys::KeyId;
use crate::parameter::ParameterName;
use crate::s3::Bucket;
use crate::stack::{self, StackName};
use crate::web_identity::RoleArn;

/// An event of a cleanup, for information only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// An event of the stack that is being deleted, or a failed attempt at any request.
    Stack(stack::Event),
    /// CloudFormation has started to delete the stack, in this run or an earlier one.
    Deleting(StackName),
    /// The stack is deleted.
    StackDeleted(StackName),
    /// Versions of objects were deleted from a bucket.
    ObjectsDeleted {
        /// The bucket.
        bucket: Bucket,
        /// Versions and delete markers deleted so far.
        versions: usize,
        /// Versions and delete markers in the plan.
        of: usize,
    },
    /// An object stays after all: a stack has started to need it since the plan was made.
    Kept {
        /// The bucket.
        bucket: Bucket,
        /// The key.
        key: String,
        /// The stack.
        by: String,
    },
    /// An unfinished upload was aborted.
    UploadAborted {
        /// The bucket.
        bucket: Bucket,
        /// The key of the object that it would have become.
        key: String,
    },
    /// A parameter was deleted.
    ParameterDeleted(ParameterName),
    /// An access key was deleted.
    KeyDeleted(KeyId),
    /// A role was deleted.
    RoleDeleted(RoleArn),
}

/// The counts and names of the things that a cleanup deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The stack.
    pub stack: Option<StackName>,
    /// Objects.
    pub objects: usize,
    /// Versions of objects, and delete markers.
    pub versions: usize,
    /// Bytes freed.
    pub bytes: u64,
    /// Unfinished uploads.
    pub uploads: usize,
    /// Objects of the plan that stay because they came into use.
    pub kept: usize,
    /// Parameters.
    pub parameters: usize,
    /// The access key.
    pub key: Option<KeyId>,
    /// The role.
    pub role: Option<RoleArn>,
    /// The duration.
    pub elapsed: Duration,
}
