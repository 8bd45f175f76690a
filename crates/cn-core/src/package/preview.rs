//! The bytes that a run would send, without sending any.

use aws_sdk_s3::Client;
use tokio::sync::mpsc;

use super::delta::NoDelta;
use super::error::ApplyError;
use super::key::ArtifactKey;
use super::options::Options;
use super::plan::{Plan, Upload};
use super::upload::Uploader;

/// The bytes of a large object that a run would send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Travel {
    /// The object's key.
    pub key: ArtifactKey,
    /// Bytes that would travel; 0 for an object that the bucket has.
    pub sent_bytes: u64,
    /// Bytes that S3 would copy from another object.
    pub copied_bytes: u64,
    /// The reason why all bytes would travel.
    pub whole: Option<NoDelta>,
}

impl Travel {
    /// The same object in the bucket of another region: S3 copies all of it.
    pub(super) fn within_s3(&self) -> Self {
        Self {
            key: self.key.clone(),
            sent_bytes: 0,
            copied_bytes: self.sent_bytes + self.copied_bytes,
            whole: None,
        }
    }
}

/// Returns whether the bytes of an object can be fewer than its size.
pub(super) fn is_large(upload: &Upload, options: &Options) -> bool {
    options.delta && upload.is_large()
}

/// Computes the bytes that the large objects of a plan would send, in the order of the plan.
///
/// Small objects are left out, and all when [`Options::delta`] is off.
///
/// Cost: builds the large archives; for each, a look-up, a listing and the newest indexes.
///
/// # Errors
///
/// [`ApplyError`] when an archive cannot be built. A request that fails is a reason why
/// the object would travel whole.
pub(super) async fn preview(
    client: &Client,
    plan: &Plan,
    options: &Options,
) -> Result<Vec<Travel>, ApplyError> {
    let (events, _) = mpsc::unbounded_channel();
    let bucket = &plan.destination.bucket;
    let uploader = Uploader::new(client, bucket, &plan.prefix, options, &plan.uploads, events);
    let large = plan.uploads.iter().filter(|it| is_large(it, options));
    let mut travels = Vec::new();
    for upload in large {
        travels.push(uploader.travel(upload).await.map_err(|error| *error)?);
    }
    Ok(travels)
}
