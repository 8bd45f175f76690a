//! The request of a check.

use std::time::Duration;

use camino::Utf8PathBuf;

use crate::package;
use crate::s3::{BucketNames, Prefix};
use crate::session::SessionRequest;
use crate::stack::{StackName, Timestamp};

/// The set-up to check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Both identities.
    pub session: SessionRequest,
    /// The bucket for artifacts; without one that is a fault.
    pub bucket: Option<BucketNames>,
    /// The beginning of the artifacts' keys, under which the probe object is written.
    pub prefix: Prefix,
    /// The stack; without it the stack is not looked at.
    pub stack: Option<StackName>,
    /// The packaged template; one that is not there yet is no fault.
    pub template: Option<Utf8PathBuf>,
    /// The template that the packaged one is made from, and its settings: the first upload is
    /// estimated from the files that it names. One that is not named and not there is no fault.
    pub source: Option<package::Request>,
    /// Age that an access key should not pass; 30 days.
    pub max_key_age: Duration,
    /// Bytes of the probe object; 1 MiB. The rate to the region is measured with it.
    pub probe_bytes: usize,
    /// The present moment.
    pub now: Timestamp,
}

impl Request {
    /// Creates a request that names neither bucket, stack nor template.
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
