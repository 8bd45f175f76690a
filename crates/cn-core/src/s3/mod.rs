//! Buckets and objects in S3, as all phases use them.
//!
//! One type per idea: a [`Bucket`] and a [`Prefix`] are checked names; an
//! [`S3Location`] names one object, as templates and people write it.

mod bucket;
mod names;
mod objects;
mod prefix;

pub use bucket::Bucket;
pub use cn_template::s3::{LocationError, S3Location};
pub use names::{BucketNames, BucketNamesError};
pub use prefix::Prefix;

pub(crate) use objects::Objects;
pub use objects::Sse;
