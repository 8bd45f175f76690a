//! Options for sending objects.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use super::key::ArtifactKey;
use crate::s3::{Bucket, Sse};
use crate::session::AccountId;

/// Options for [`apply`](super::apply).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The account that must own the bucket; any when absent.
    pub owner: Option<AccountId>,
    /// Encryption and metadata of every object.
    pub objects: ObjectSettings,
    /// Send also what is there already.
    pub force: bool,
    /// Have S3 copy the ranges of a large object that an earlier one in the bucket has.
    pub delta: bool,
    /// The number of requests under way at once, across objects and parts of
    /// objects; at least 1. A long, lossy link wants many.
    pub concurrency: usize,
    /// The most bytes per second, all requests together; no limit when absent.
    pub max_bandwidth: Option<NonZeroU64>,
    /// The bucket that objects may be copied from instead of being sent.
    pub(super) origin: Option<Origin>,
}

/// Objects that the bucket has are not sent, nor what earlier ones have of large ones; 16 requests at once, no other limit.
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

/// A bucket of the same partition that has objects of an earlier run, so that
/// they need not travel again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The bucket.
    pub(super) bucket: Bucket,
    /// The objects it has.
    pub(super) keys: BTreeSet<ArtifactKey>,
}

/// Encryption, metadata and tags of objects.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectSettings {
    /// Encrypt with this KMS key.
    pub kms_key_id: Option<String>,
    /// Encrypt so without a key; the bucket's own default when absent.
    pub sse: Option<Sse>,
    /// User metadata of every object.
    pub metadata: BTreeMap<String, String>,
    /// Tags of every object.
    pub tags: BTreeMap<String, String>,
}
