//! Errors of the upload.

use camino::Utf8PathBuf;
use cn_template::Region;

use super::archive::ArchiveError;
use super::key::ArtifactKey;
use crate::call::CallError;
use crate::s3::Bucket;

/// An error that stopped the upload.
///
/// Objects uploaded so far stay in the bucket, and the next run finds them there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The bucket cannot receive artifacts for this target.
    #[error("cannot use bucket `{bucket}`")]
    Bucket {
        /// The bucket.
        bucket: Bucket,
        /// The cause.
        #[source]
        kind: BucketError,
    },
    /// An archive cannot be built.
    #[error("cannot build the archive of `{origin}`")]
    Archive {
        /// The folder or file.
        origin: Utf8PathBuf,
        /// The cause.
        #[source]
        error: ArchiveError,
    },
    /// A file cannot be read for the upload.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        #[source]
        error: std::io::Error,
    },
    /// A file no longer matches the digest in its key.
    #[error("`{path}` changed while it was packaged")]
    Changed {
        /// The file.
        path: Utf8PathBuf,
    },
    /// An object cannot be looked up or uploaded.
    #[error("cannot upload `{origin}` to `s3://{bucket}/{key}`")]
    Object {
        /// The folder or file.
        origin: Utf8PathBuf,
        /// The bucket.
        bucket: Bucket,
        /// The object's key.
        key: ArtifactKey,
        /// The cause.
        #[source]
        error: CallError,
    },
}

/// An error in using a bucket for artifacts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// No bucket of that name exists in the partition.
    #[error("it does not exist in partition `{}`", region.partition())]
    Missing {
        /// The target region.
        region: Region,
    },
    /// The bucket is in another region: CloudFormation reads code only from buckets of the stack's
    /// own region.
    #[error("it lies in region `{actual}`, the target is `{expected}`")]
    OtherRegion {
        /// The bucket's region.
        actual: String,
        /// The target region.
        expected: Region,
    },
    /// A request to the bucket failed.
    #[error(transparent)]
    Call(#[from] CallError),
}
