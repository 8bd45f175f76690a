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
    /// Sending to a region begins.
    Started {
        /// The region and its bucket.
        destination: Destination,
        /// The account that must own the bucket; absent is not verified.
        account: Option<AccountId>,
        /// The beginning of every key.
        prefix: Prefix,
        /// The number of objects that its packaged template needs.
        objects: usize,
    },
    /// It is already in the bucket.
    Present(Sent),
    /// It was copied from the bucket of another region.
    Copied(Sent),
    /// It was sent.
    Uploaded(Sent),
    /// It travels whole, without a range of an earlier object.
    Whole {
        /// Its key.
        key: ArtifactKey,
        /// The file or folder it is made from.
        source: Utf8PathBuf,
        /// Why.
        reason: NoDelta,
    },
    /// Some of it is under way or there. An attempt that failed is taken back,
    /// so the number may also fall.
    Progress {
        /// Its key.
        key: ArtifactKey,
        /// Bytes handed to the connections, and bytes an earlier run had sent.
        sent_bytes: u64,
        /// Its size, without what S3 copies from an earlier object.
        total_bytes: u64,
    },
}

/// An object the packaged template needs, now in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Its key.
    pub key: ArtifactKey,
    /// The file or folder it was made from.
    pub source: Utf8PathBuf,
    /// The properties that name it.
    pub needed_by: Vec<String>,
    /// Its size when it was uploaded; absent when it was there already, copied, or not sent.
    pub uploaded_bytes: Option<u64>,
    /// It was copied from the bucket of another region.
    pub is_copied: bool,
    /// Bytes of it that an earlier, interrupted run had sent.
    pub resumed_bytes: u64,
    /// Bytes of it that S3 copied from an earlier object of the bucket instead of taking them.
    pub reused_bytes: u64,
    /// SHA-256 of its bytes; absent for an archive that was there already or copied.
    pub sha256: Option<[u8; 32]>,
}

impl Sent {
    /// An object before anything is done for it.
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
