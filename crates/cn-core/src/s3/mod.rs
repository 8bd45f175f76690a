//! Buckets and objects in S3, as all phases use them.
//!
//! A [`Bucket`] and a [`Prefix`] are checked names. An [`S3Location`] names one object, in the
//! forms that templates and people use.

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
