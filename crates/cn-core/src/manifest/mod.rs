//! The manifest beside a packaged template, for those who read it.
//!
//! Packaging writes it.

mod facts;
mod place;
mod recorded;

pub use facts::{Digests, ManifestError, digests};
pub use place::manifest_path;
pub(crate) use place::was_packaged;
pub use recorded::{RecordError, recorded_digests, recorded_region};
