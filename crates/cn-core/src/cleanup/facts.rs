//! The facts that a clean-up decides on.

use std::collections::{BTreeMap, BTreeSet};

use super::access::AccessFacts;
use super::inventory::{Object, Upload};
use super::needs::Needs;
use crate::parameter::ParameterName;
use crate::s3::Bucket;
use crate::stack::{StackName, StackStatus, Timestamp};

/// Everything a clean-up is decided on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time at which the facts were read.
    pub now: Timestamp,
    /// The stack to delete; absent when there is none.
    pub stack: Option<StackTree>,
    /// The artifacts.
    pub(crate) artifacts: Option<ArtifactFacts>,
    /// The parameters to delete that exist.
    pub parameters: Vec<ParameterName>,
    /// The access to delete, as far as it exists.
    pub access: Option<AccessFacts>,
    /// The parts that could not be looked at because an earlier run deleted what leads there.
    pub unseen: Vec<Unseen>,
}

/// A part that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// The target: no access key is left that signs.
    Target,
    /// The artifacts: the parameter that named their bucket does not exist.
    Bucket(ParameterName),
}

/// A stack with everything nested in it.
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
    /// The names of the stacks nested in it, however deep.
    pub nested: Vec<StackName>,
    /// All resources, those of nested stacks too, sorted by path.
    pub resources: Vec<Resource>,
    /// The values it exports.
    pub exports: Vec<Export>,
    /// The processed templates, those of nested stacks too.
    pub templates: Vec<String>,
}

impl StackTree {
    /// Returns whether a stack of that name is the root or nested in it.
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
    /// Its physical ID, once there is one.
    pub physical_id: Option<String>,
    /// True if it, or a snapshot of it, outlives its stack and may cost money.
    pub is_kept: bool,
    /// True if only a snapshot is kept.
    pub is_snapshot: bool,
    /// Of a bucket that its stack deletes: its content.
    pub(crate) bucket: Option<BucketInStack>,
}

/// The content of a bucket that a stack deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BucketInStack {
    /// Nothing is in it: neither objects nor old versions nor delete markers.
    Empty,
    /// Something is in it, and nobody asked for emptying it.
    Full,
    /// It is to be emptied of these objects, all versions.
    ToEmpty(BTreeMap<String, Object>),
}

/// A value that other stacks can import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// The stacks that import it.
    pub importers: Vec<String>,
}

/// Artifacts and who needs them.
#[derive(Clone, Debug)]
pub(crate) struct ArtifactFacts {
    /// The buckets.
    pub buckets: Vec<BucketFacts>,
    /// Names that stand for the stack to be cleaned up: what only they need goes.
    pub own: BTreeSet<String>,
}

/// One bucket of artifacts.
#[derive(Clone, Debug)]
pub(crate) struct BucketFacts {
    /// The bucket.
    pub bucket: Bucket,
    /// The objects that may be deleted, with all versions.
    pub objects: BTreeMap<String, Object>,
    /// The unfinished uploads that may be aborted.
    pub uploads: Vec<Upload>,
    /// The users of each object.
    pub needs: Needs,
}
