//! Events and outcomes of a packaging run.

use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};

use super::delta::NoDelta;
use super::key::ArtifactKey;
use super::plan::{Body, Plan, Rewritten, Upload};
use super::request::Destination;
use crate::s3::Prefix;
use crate::session::AccountId;

/// Progress of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The upload to a region begins.
    Started {
        /// The region and its bucket.
        destination: Destination,
        /// The account that must own the bucket. If `None`, the owner is not verified.
        account: Option<AccountId>,
        /// The prefix of every key.
        prefix: Prefix,
        /// The number of objects that the packaged template needs.
        objects: usize,
    },
    /// The object was already in the bucket.
    Present(Sent),
    /// S3 copied the object from the bucket of another region.
    Copied(Sent),
    /// The object was uploaded.
    Uploaded(Sent),
    /// The object is uploaded whole, without reusing a range of an earlier object.
    Whole {
        /// Its key.
        key: ArtifactKey,
        /// The file or folder that the object is made from.
        source: Utf8PathBuf,
        /// The reason.
        reason: NoDelta,
    },
    /// Part of the object is on its way or uploaded. The bytes of a failed attempt are subtracted,
    /// so the number may also fall.
    Progress {
        /// Its key.
        key: ArtifactKey,
        /// Bytes handed to the connections, and bytes that an earlier run had uploaded.
        sent_bytes: u64,
        /// Size of the object, without the ranges that S3 copies from an earlier object.
        total_bytes: u64,
    },
}

/// An object that the packaged template needs, now in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Its key.
    pub key: ArtifactKey,
    /// The file or folder that the object was made from.
    pub source: Utf8PathBuf,
    /// The properties that name it.
    pub needed_by: Vec<String>,
    /// Bytes of the object if it was uploaded; `None` if it was already in the bucket, was copied,
    /// or was not uploaded.
    pub uploaded_bytes: Option<u64>,
    /// True if S3 copied the object from the bucket of another region.
    pub is_copied: bool,
    /// Bytes of the object that an earlier, interrupted run had uploaded.
    pub resumed_bytes: u64,
    /// Bytes of the object that S3 copied from an earlier object in the bucket, instead of an
    /// upload.
    pub reused_bytes: u64,
    /// SHA-256 of the bytes; `None` for an archive that was already in the bucket or was copied.
    pub sha256: Option<[u8; 32]>,
}

impl Sent {
    /// Creates the entry of an object that is not uploaded yet.
    pub(super) fn not_sent(upload: &Upload) -> Self {
        Self {
            key: upload.key.clone(),
            source: upload.source.clone(),
            needed_by: upload.needed_by.clone(),
            uploaded_bytes: None,
            is_copied: false,
            resumed_bytes: 0,
            reused_bytes: 0,
            sha256: match &upload.body {
                Body::Text(text) => Some(Sha256::digest(text).into()),
                Body::File(file) => Some(file.digest),
                Body::Archive(_) => None,
            },
        }
    }
}

/// The result of packaging for one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The template's file, as the request names it.
    pub template: Utf8PathBuf,
    /// The region and its bucket.
    pub destination: Destination,
    /// The packaged template.
    pub packaged: String,
    /// The objects, in the order of the template.
    pub sent: Vec<Sent>,
    /// The literals that were rewritten for the target.
    pub rewrites: Vec<Rewritten>,
    /// Files that were deliberately not packaged.
    pub left_out: Vec<Utf8PathBuf>,
}

impl Outcome {
    /// Creates the outcome of a run that stops before it sends anything.
    pub fn unsent(plan: Plan) -> Self {
        Self {
            template: plan.template,
            destination: plan.destination,
            packaged: plan.packaged,
            sent: plan.uploads.iter().map(Sent::not_sent).collect(),
            rewrites: plan.rewrites,
            left_out: plan.left_out,
        }
    }
}
