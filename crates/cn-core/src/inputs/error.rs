//! Inputs that cannot be read.

use camino::Utf8PathBuf;
use cn_template::Region;

use super::location::FetchError;
use super::word::Misread;
use crate::call::CallError;
use crate::manifest::RecordError;
use crate::s3::{BucketNamesError, LocationError};
use crate::session::SessionError;

/// Failure to read the inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// A word for a parameter cannot be read.
    #[error(transparent)]
    Parameter(Misread),
    /// A word for a tag cannot be read.
    #[error(transparent)]
    Tag(Misread),
    /// The template was packaged for another region.
    #[error(
        "the template `{template}` was packaged for `{packaged}`, but the target is `{target}`"
    )]
    OtherRegion {
        /// The packaged template.
        template: String,
        /// The region in its manifest.
        packaged: String,
        /// The region of the session.
        target: Region,
        /// The manifest.
        manifest: Utf8PathBuf,
    },
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(Box<RecordError>),
    /// The template's address is invalid.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The template cannot be read from S3.
    #[error("cannot read the template `{address}`")]
    Fetch {
        /// The object's address.
        address: String,
        /// The failed request.
        source: Box<CallError>,
    },
    /// The home or target identity, or an SSM parameter, cannot be used.
    #[error(transparent)]
    Session(Box<SessionError>),
    /// The SSM parameter that contains the bucket's name cannot be used.
    #[error(transparent)]
    Bucket(Box<BucketNamesError>),
}

impl From<SessionError> for GatherError {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}

impl From<FetchError> for GatherError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Call { address, source } => Self::Fetch {
                address,
                source: Box::new(source),
            },
            FetchError::Content(error) => Self::Location(error),
        }
    }
}
