//! The request to check a setup.

use std::time::Duration;

use camino::Utf8PathBuf;

use crate::package;
use crate::s3::{BucketNames, Prefix};
use crate::session::SessionRequest;
use crate::stack::StackName;
use crate::timestamp::Timestamp;

/// The setup to check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Both identities.
    pub session: SessionRequest,
    /// The artifact bucket; a missing bucket is a fault.
    pub bucket: Option<BucketNames>,
    /// The prefix of the artifacts' keys, also used for the probe object.
    pub prefix: Prefix,
    /// The stack; `None` skips the check.
    pub stack: Option<StackName>,
    /// The packaged template; it is no fault if it does not exist yet.
    pub template: Option<Utf8PathBuf>,
    /// The source of the packaged template, and its settings.
    ///
    /// The first upload is estimated from the files that the source refers to. It is no fault if no
    /// template is given and none is found.
    pub source: Option<package::Request>,
    /// Age limit of an access key; 30 days by default.
    pub max_key_age: Duration,
    /// Bytes of the probe object, used to measure the upload rate; 1 MiB by default.
    pub probe_bytes: usize,
    /// The current time.
    pub now: Timestamp,
}

impl Request {
    /// Creates a request without bucket, stack or template.
    pub fn new(session: SessionRequest, now: Timestamp) -> Self {
        Self {
            session,
            bucket: None,
            prefix: Prefix::default(),
            stack: None,
            template: None,
            source: None,
            max_key_age: Duration::from_hours(30 * 24),
            probe_bytes: 1 << 20,
            now,
        }
    }

    pub(super) const fn reads_bucket_names(&self) -> bool {
        matches!(self.bucket, Some(BucketNames::Parameters(_)))
    }
}
