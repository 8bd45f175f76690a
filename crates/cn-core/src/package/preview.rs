//! Bytes that a run would upload, computed without an upload.

use aws_sdk_s3::Client;
use tokio::sync::mpsc;

use super::delta::NoDelta;
use super::error::ApplyError;
use super::key::ArtifactKey;
use super::options::Options;
use super::plan::{Plan, Upload};
use super::upload::Uploader;

/// The bytes of a large object that a run would upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Travel {
    /// The object's key.
    pub key: ArtifactKey,
    /// Bytes to upload; 0 for an object that is already in the bucket.
    pub sent_bytes: u64,
    /// Bytes that S3 would copy from another object.
    pub copied_bytes: u64,
    /// The reason why all bytes would be uploaded.
    pub whole: Option<NoDelta>,
}

impl Travel {
    /// Returns the entry of the same object in another region's bucket, where S3 copies all of it.
    pub(super) fn within_s3(&self) -> Self {
        Self {
            key: self.key.clone(),
            sent_bytes: 0,
            copied_bytes: self.sent_bytes + self.copied_bytes,
            whole: None,
        }
    }
}

/// Returns true if an upload of the object may need fewer bytes than its size.
pub(super) fn is_large(upload: &Upload, options: &Options) -> bool {
    options.delta && upload.is_large()
}

/// Computes the bytes to upload for the large objects of a plan, in the order of the plan.
///
/// Skips small objects, and all objects if [`Options::delta`] is off.
///
/// Cost: builds the large archives; for each, makes a lookup and a listing and reads the newest
/// indexes.
///
/// # Errors
///
/// [`ApplyError`] if an archive cannot be built. A failed request is not an error: it is a reason
/// to upload the object whole.
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
