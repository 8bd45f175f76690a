//! The request for a cleanup.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::parameter::ParameterName;
use crate::s3::{BucketNames, Prefix};
use crate::session::KeyStore;
use crate::stack::StackName;
use crate::web_identity::RoleArn;

/// The parts to clean up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The stack to delete, with the stacks nested in it.
    pub stack: Option<StackName>,
    /// Buckets of the stack to empty before it is deleted: names or logical IDs.
    pub empty_buckets: BTreeSet<String>,
    /// The artifacts to delete.
    pub artifacts: Option<Artifacts>,
    /// SSM parameters of the home account to delete.
    pub parameters: Vec<ParameterName>,
    /// The access to delete. It is deleted last, because it signs all other requests.
    pub access: Option<Access>,
}

/// The artifacts to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// The buckets.
    pub buckets: BucketNames,
    /// The stack whose artifacts are deleted unless another live stack needs them: the artifacts
    /// that its templates and events mention.
    pub of_stack: Option<StackName>,
    /// Age from which an artifact that no live stack needs is deleted. If `None`, no artifact is
    /// deleted because of its age.
    pub older_than: Option<Duration>,
    /// Age from which an unfinished upload is aborted.
    pub unfinished_after: Duration,
    /// Prefixes to list; the whole bucket if empty. Only keys that packaging makes are considered.
    pub prefixes: Vec<Prefix>,
    /// Prefixes under which any object may be deleted, whatever wrote it.
    pub whole_prefixes: Vec<Prefix>,
}

/// The credentials that the deployment signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// An access key and the parameters that contain it.
    Key(KeyStore),
    /// The role of a web identity.
    Role(RoleArn),
}
