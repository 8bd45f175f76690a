//! The manifest next to a packaged template, for its readers.
//!
//! Packaging writes it.

mod facts;
mod place;
mod recorded;

pub(crate) use facts::digests;
pub use place::manifest_path;
pub(crate) use place::was_packaged;
pub(crate) use recorded::recorded;
pub use recorded::{RecordError, recorded_digests};
