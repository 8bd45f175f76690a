//! The plan: what to delete, what to keep, and what blocks the cleanup.

use std::collections::BTreeMap;

use super::access::{AccessFacts, KeyFacts};
use super::facts::{ArtifactFacts, BucketFacts, BucketInStack, Facts, Resource, StackTree, Unseen};
use super::inventory::{Upload, Version};
use super::request::{Artifacts, Request};
use crate::parameter::ParameterName;
use crate::s3::Bucket;
use crate::stack::{StackName, StackStatus};
use crate::timestamp::Timestamp;
use crate::web_identity::RoleArn;

/// Everything that a cleanup deletes, in this order, and everything that it keeps.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Objects in the stack's own buckets, which CloudFormation deletes only if they are empty.
    pub emptied: Vec<Deletion>,
    /// The stack.
    pub stack: Option<StackTree>,
    /// Artifacts.
    pub objects: Vec<Deletion>,
    /// Unfinished uploads.
    pub uploads: Vec<(Bucket, Upload)>,
    /// Parameters of the home account.
    pub parameters: Vec<ParameterName>,
    /// The access key, or the role.
    pub access: Option<AccessFacts>,
    /// Artifacts that stay, by bucket.
    pub kept: Vec<Kept>,
    /// The parts that could not be read.
    pub unseen: Vec<Unseen>,
    /// The blockers of the plan. A plan with blockers cannot be applied.
    pub blockers: Vec<Blocker>,
}

/// An object to delete, with all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its bucket.
    pub bucket: Bucket,
    /// Its key.
    pub key: String,
    /// Its versions and delete markers, newest first.
    pub versions: Vec<Version>,
    /// The reason.
    pub reason: Reason,
}

impl Deletion {
    /// Returns the bytes of all versions.
    pub fn bytes(&self) -> u64 {
        self.versions.iter().map(|version| version.bytes).sum()
    }
}

/// The reason for deleting an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is in a bucket of the stack that must be emptied.
    InBucketOfStack,
    /// Only the stack to clean up needs it.
    OfStack,
    /// No live stack needs it, and it is old enough.
    Old,
}

/// Artifacts of one bucket that stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The bucket.
    pub bucket: Bucket,
    /// The number and bytes of the objects that each stack needs. An object that several stacks
    /// need counts for each of them.
    pub needed: BTreeMap<String, (usize, u64)>,
    /// The number and bytes of the objects that no stack needs and that are not old enough, or for
    /// which the request gives no age.
    pub unneeded: (usize, u64),
}

/// A condition that must be resolved before the plan can be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// The stack has termination protection.
    Protected(StackName),
    /// Another operation is running on the stack.
    Busy(StackName, StackStatus),
    /// The stack is nested in another stack, which must be deleted instead.
    Nested(StackName, String),
    /// Other stacks import a value that the stack exports.
    Imported {
        /// The export.
        export: String,
        /// The stacks that import it.
        by: Vec<String>,
    },
    /// A bucket of the stack is not empty, and the request does not ask to empty it.
    BucketNotEmpty {
        /// Logical IDs from the root to the bucket.
        path: String,
        /// Its name.
        name: String,
    },
    /// A bucket to empty is not a bucket that the stack deletes.
    NoSuchBucket(String),
    /// The role signs this run and cannot delete itself.
    OwnRole(RoleArn),
    /// A stack created the role, and must be deleted instead.
    RoleOfStack(RoleArn, String),
}

/// A plan without blockers, the only input that [`apply`](super::apply) accepts.
#[derive(Clone, Debug)]
pub struct Approved(pub(super) Plan);

impl Approved {
    /// Returns the approved plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}

/// A plan that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing was deleted: the cleanup is blocked")]
pub struct Blocked(pub Vec<Blocker>);

impl Plan {
    /// Returns true if there is nothing to delete.
    pub fn is_empty(&self) -> bool {
        self.stack.is_none()
            && self.emptied.is_empty()
            && self.objects.is_empty()
            && self.uploads.is_empty()
            && self.parameters.is_empty()
            && self.access.is_none()
    }

    /// Returns the resources that remain when the stack is deleted, and may cost money.
    pub fn retained(&self) -> impl Iterator<Item = &Resource> {
        let resources = self.stack.iter().flat_map(|stack| &stack.resources);
        resources.filter(|resource| resource.is_kept)
    }

    /// Returns the plan for [`apply`](super::apply).
    ///
    /// # Errors
    ///
    /// [`Blocked`] if the plan has blockers.
    pub fn approve(self) -> Result<Approved, Blocked> {
        if self.blockers.is_empty() {
            Ok(Approved(self))
        } else {
            Err(Blocked(self.blockers))
        }
    }
}

/// Decides what to delete and what to keep. Uses no I/O and no clock.
pub fn plan(request: &Request, facts: Facts) -> Plan {
    let mut plan = Plan {
        unseen: facts.unseen,
        parameters: facts.parameters,
        ..Plan::default()
    };
    if let Some(tree) = facts.stack {
        stack(request, tree, &mut plan);
    } else {
        let named = request.empty_buckets.iter().cloned();
        if request.stack.is_some() && plan.unseen.is_empty() {
            plan.blockers.extend(named.map(Blocker::NoSuchBucket));
        }
    }
    if let (Some(artifacts), Some(found)) = (&request.artifacts, facts.artifacts) {
        collect(artifacts, found, facts.now, &mut plan);
    }
    match facts.access {
        Some(AccessFacts::Role(role)) if role.is_signer => {
            plan.blockers.push(Blocker::OwnRole(role.arn));
        }
        Some(AccessFacts::Role(role)) if role.of_stack.is_some() => {
            let stack = role.of_stack.unwrap_or_default();
            plan.blockers.push(Blocker::RoleOfStack(role.arn, stack));
        }
        Some(AccessFacts::Key(KeyFacts {
            parameters,
            key: None,
            ..
        })) if parameters.is_empty() => {}
        access => plan.access = access,
    }
    plan
}

/// Plans the deletion of the stack.
fn stack(request: &Request, mut tree: StackTree, plan: &mut Plan) {
    if let Some(parent) = &tree.parent {
        let parent = parent
            .parse::<StackName>()
            .map_or_else(|_| parent.clone(), |it| it.to_string());
        plan.blockers
            .push(Blocker::Nested(tree.name.clone(), parent));
    }
    if tree.is_protected {
        plan.blockers.push(Blocker::Protected(tree.name.clone()));
    }
    let is_busy = tree.status.is_in_progress() && tree.status != StackStatus::DeleteInProgress;
    if is_busy {
        let (name, status) = (tree.name.clone(), tree.status.clone());
        plan.blockers.push(Blocker::Busy(name, status));
    }
    for export in &tree.exports {
        let by = export.importers.iter().filter(|name| !tree.holds(name));
        let by: Vec<String> = by.cloned().collect();
        if !by.is_empty() {
            let export = export.name.clone();
            plan.blockers.push(Blocker::Imported { export, by });
        }
    }
    for resource in &mut tree.resources {
        let name = resource.physical_id.clone().unwrap_or_default();
        match resource.bucket.take() {
            Some(BucketInStack::Full) => plan.blockers.push(Blocker::BucketNotEmpty {
                path: resource.path.clone(),
                name,
            }),
            Some(BucketInStack::ToEmpty(objects)) => {
                let Ok(bucket) = name.parse::<Bucket>() else {
                    continue;
                };
                plan.emptied
                    .extend(objects.into_iter().map(|(key, versions)| Deletion {
                        bucket: bucket.clone(),
                        key,
                        versions,
                        reason: Reason::InBucketOfStack,
                    }));
            }
            Some(BucketInStack::Empty) | None => {}
        }
    }
    let is_bucket = |named: &&String| {
        !tree
            .resources
            .iter()
            .any(|resource| resource.is_deleted_bucket(named))
    };
    let unknown = request.empty_buckets.iter().filter(is_bucket).cloned();
    plan.blockers.extend(unknown.map(Blocker::NoSuchBucket));
    plan.stack = Some(tree);
}

impl Resource {
    /// Returns true for a bucket with that name or path that is deleted with its stack.
    pub(super) fn is_deleted_bucket(&self, named: &str) -> bool {
        let is_named = self.path == named || self.physical_id.as_deref() == Some(named);
        self.kind == "AWS::S3::Bucket" && !self.is_kept && is_named
    }
}

/// Decides which artifacts to delete.
fn collect(request: &Artifacts, facts: ArtifactFacts, now: Timestamp, plan: &mut Plan) {
    for found in facts.buckets {
        let BucketFacts {
            bucket,
            objects,
            uploads,
            needs,
        } = found;
        let mut kept = Kept {
            bucket: bucket.clone(),
            needed: BTreeMap::new(),
            unneeded: (0, 0),
        };
        for (key, versions) in &objects {
            let bytes = versions.iter().map(|version| version.bytes).sum();
            let (own, others): (Vec<&str>, Vec<&str>) =
                needs.users(key).partition(|user| facts.own.contains(*user));
            for user in &others {
                count(kept.needed.entry((*user).to_owned()).or_default(), bytes);
            }
            if !others.is_empty() {
                continue;
            }
            let deciding = objects.get(needs.subject(key)).unwrap_or(versions);
            let newest = deciding.iter().map(|version| version.modified).max();
            let is_old = request
                .older_than
                .is_some_and(|age| newest.is_some_and(|newest| is_older(newest, age, now)));
            let reason = match (own.is_empty(), is_old) {
                (false, _) => Reason::OfStack,
                (true, true) => Reason::Old,
                (true, false) => {
                    count(&mut kept.unneeded, bytes);
                    continue;
                }
            };
            plan.objects.push(Deletion {
                bucket: bucket.clone(),
                key: key.clone(),
                versions: versions.clone(),
                reason,
            });
        }
        let given_up = uploads
            .into_iter()
            .filter(|upload| is_older(upload.begun, request.unfinished_after, now));
        plan.uploads
            .extend(given_up.map(|upload| (bucket.clone(), upload)));
        plan.kept.push(kept);
    }
}

fn count(counted: &mut (usize, u64), bytes: u64) {
    counted.0 += 1;
    counted.1 += bytes;
}

/// Returns true if a time is at least as long ago as the age.
fn is_older(moment: Timestamp, age: std::time::Duration, now: Timestamp) -> bool {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    moment.0.saturating_add(age) <= now.0
}
