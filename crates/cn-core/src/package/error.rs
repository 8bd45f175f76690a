//! Errors of sending objects.

use camino::Utf8PathBuf;
use cn_template::Region;

use super::archive::ArchiveError;
use super::key::ArtifactKey;
use crate::call::CallError;
use crate::s3::Bucket;

/// Sending stopped. What was sent before stays: the next run finds it there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The bucket cannot take artifacts for this target.
    #[error("cannot use bucket `{bucket}`")]
    Bucket {
        /// The bucket.
        bucket: Bucket,
        /// Why.
        #[source]
        kind: BucketError,
    },
    /// An archive cannot be built.
    #[error("cannot build the archive of `{origin}`")]
    Archive {
        /// The folder or file.
        origin: Utf8PathBuf,
        /// Why.
        #[source]
        error: ArchiveError,
    },
    /// A file cannot be read for sending.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// A file is no longer what its key says.
    #[error("`{path}` changed while it was packaged")]
    Changed {
        /// The file.
        path: Utf8PathBuf,
    },
    /// An object cannot be looked up or sent.
    #[error("cannot upload `{origin}` to `s3://{bucket}/{key}`")]
    Object {
        /// The folder or file.
        origin: Utf8PathBuf,
        /// The bucket.
        bucket: Bucket,
        /// The object's key.
        key: ArtifactKey,
        /// Why.
        #[source]
        error: CallError,
    },
}

/// A bucket that cannot take artifacts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// There is no bucket of that name in the partition.
    #[error("it does not exist in partition `{}`", region.partition())]
    Missing {
        /// The target region.
        region: Region,
    },
    /// CloudFormation reads code only from buckets of the stack's own region.
    #[error("it lies in region `{actual}`, the target is `{expected}`")]
    OtherRegion {
        /// The bucket's region.
        actual: String,
        /// The target region.
        expected: Region,
    },
    /// It cannot be asked.
    #[error(transparent)]
    Call(#[from] CallError),
}
