//! Options for uploading objects.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use super::key::ArtifactKey;
use crate::s3::{Bucket, Sse};
use crate::session::AccountId;

/// Options for [`apply`](super::apply).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The account that must own the bucket; any account if `None`.
    pub owner: Option<AccountId>,
    /// Encryption and metadata of every object.
    pub objects: ObjectSettings,
    /// True to upload objects even if they are already in the bucket.
    pub force: bool,
    /// True to let S3 copy the ranges of a large object that an earlier object in the bucket
    /// contains.
    pub delta: bool,
    /// Number of concurrent requests, across objects and parts of objects; at least 1. A link with
    /// high latency and packet loss needs many.
    pub concurrency: usize,
    /// Maximum bytes per second of all requests together; no limit if `None`.
    pub max_bandwidth: Option<NonZeroU64>,
    /// The bucket that objects may be copied from instead of being uploaded.
    pub(super) origin: Option<Origin>,
}

/// Enables delta uploads, with 16 concurrent requests and no bandwidth limit.
///
/// Objects that are already in the bucket are skipped.
impl Default for Options {
    fn default() -> Self {
        Self {
            owner: None,
            objects: ObjectSettings::default(),
            force: false,
            delta: true,
            concurrency: 16,
            max_bandwidth: None,
            origin: None,
        }
    }
}

/// A bucket of the same partition that this run filled for another region.
///
/// Its objects need not be uploaded again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The bucket.
    pub(super) bucket: Bucket,
    /// The keys of the objects in the bucket.
    pub(super) keys: BTreeSet<ArtifactKey>,
}

/// Encryption, metadata and tags of objects.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectSettings {
    /// The KMS key to encrypt objects with.
    pub kms_key_id: Option<String>,
    /// The server-side encryption without a KMS key; if `None`, the bucket's default applies.
    pub sse: Option<Sse>,
    /// User metadata of every object.
    pub metadata: BTreeMap<String, String>,
    /// Tags of every object.
    pub tags: BTreeMap<String, String>,
}
