//! The request of a clean-up.

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
    /// The access to delete, which signs all other requests and so goes last.
    pub access: Option<Access>,
}

/// The artifacts to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// The buckets.
    pub buckets: BucketNames,
    /// The stack whose artifacts go, unless another live stack needs them: those that its
    /// templates and its events mention.
    pub of_stack: Option<StackName>,
    /// Age from which an artifact goes that no live stack needs; absent: none goes for
    /// its age.
    pub older_than: Option<Duration>,
    /// Age from which an unfinished upload is aborted.
    pub unfinished_after: Duration,
    /// Prefixes to look under; empty: the whole bucket. Only keys that packaging makes
    /// are looked at.
    pub prefixes: Vec<Prefix>,
    /// Prefixes under which every object may go, whoever wrote it.
    pub whole_prefixes: Vec<Prefix>,
}

/// The way in which the deployment signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// An access key and the parameters that hold it.
    Key(KeyStore),
    /// The role of a web identity.
    Role(RoleArn),
}
