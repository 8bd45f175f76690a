//! The facts that a cleanup is planned from.

use std::collections::{BTreeMap, BTreeSet};

use super::access::AccessFacts;
use super::inventory::{Upload, Version};
use super::needs::Needs;
use crate::parameter::ParameterName;
use crate::s3::Bucket;
use crate::stack::{StackName, StackStatus};
use crate::timestamp::Timestamp;

/// All facts that a cleanup is planned from.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time at which the facts were read.
    pub now: Timestamp,
    /// The stack to delete; `None` if none was requested or it does not exist.
    pub stack: Option<StackTree>,
    /// The artifacts.
    pub(crate) artifacts: Option<ArtifactFacts>,
    /// The parameters to delete that exist.
    pub parameters: Vec<ParameterName>,
    /// The access to delete, if it exists.
    pub access: Option<AccessFacts>,
    /// The parts that could not be read because an earlier run deleted the parameters that lead to
    /// them.
    pub unseen: Vec<Unseen>,
}

/// A part that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// The target: no access key is left to sign requests.
    Target,
    /// The artifacts: the parameter with the name of their bucket does not exist.
    Bucket(ParameterName),
}

/// A stack with all its nested stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackTree {
    /// Its name.
    pub name: StackName,
    /// Its ARN.
    pub id: String,
    /// Its status.
    pub status: StackStatus,
    /// True if CloudFormation refuses to delete it.
    pub is_protected: bool,
    /// The ARN of the stack it is nested in.
    pub parent: Option<String>,
    /// The names of its nested stacks, at any depth.
    pub nested: Vec<StackName>,
    /// All resources, including those of nested stacks, sorted by path.
    pub resources: Vec<Resource>,
    /// The exported values.
    pub(super) exports: Vec<Export>,
    /// The processed templates, including those of nested stacks.
    pub templates: Vec<String>,
}

impl StackTree {
    /// Returns true if a stack of that name is the root or nested in it.
    pub fn holds(&self, name: &str) -> bool {
        self.name.as_str() == name || self.nested.iter().any(|nested| nested.as_str() == name)
    }
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Logical IDs from the root to the resource, joined by slashes.
    pub path: String,
    /// Its type.
    pub kind: String,
    /// Its physical ID, if it has been created.
    pub physical_id: Option<String>,
    /// True if the resource, or a snapshot of it, outlives its stack and may cost money.
    pub is_kept: bool,
    /// True if only a snapshot is kept.
    pub is_snapshot: bool,
    /// The content, for a bucket that its stack deletes.
    pub(crate) bucket: Option<BucketInStack>,
}

/// The content of a bucket that a stack deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BucketInStack {
    /// The bucket is empty: it has no objects, old versions or delete markers.
    Empty,
    /// The bucket is not empty, and the request does not ask to empty it.
    Full,
    /// The bucket must be emptied of these objects, with all versions.
    ToEmpty(BTreeMap<String, Vec<Version>>),
}

/// A value that other stacks can import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Export {
    /// Its name.
    pub name: String,
    /// The stacks that import it.
    pub importers: Vec<String>,
}

/// Artifacts and their users.
#[derive(Clone, Debug)]
pub(crate) struct ArtifactFacts {
    /// The buckets.
    pub buckets: Vec<BucketFacts>,
    /// Names of the stack to clean up and its nested stacks. Artifacts that only these need are
    /// deleted.
    pub own: BTreeSet<String>,
}

/// A bucket with artifacts.
#[derive(Clone, Debug)]
pub(crate) struct BucketFacts {
    /// The bucket.
    pub bucket: Bucket,
    /// The objects that may be deleted, with all versions.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// The unfinished uploads that may be aborted.
    pub uploads: Vec<Upload>,
    /// The users of each object.
    pub needs: Needs,
}
