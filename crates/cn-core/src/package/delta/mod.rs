//! Deltas: objects composed inside S3 from ranges of an earlier object. This module makes no
//! requests.
//!
//! ```text
//! bytes ──chunks──► Chunk* ──Index──► beside the object in the bucket
//!
//! chunks of the new object + Index of an earlier one ──runs──► compose ──► Piece*
//! ```
//!
//! Chunk boundaries depend on the content, so an inserted byte moves no later boundary. The index
//! of an object contains the lengths and digests of its chunks. A later object is compared with it
//! chunk by chunk, and [`compose`] selects the ranges that S3 copies, so that the fewest bytes are
//! uploaded.
//!
//! Correctness does not depend on this module: an index may be missing, old or wrong, because S3
//! compares the checksum of the composed object with that of the local bytes.

mod chunks;
mod compose;
mod index;
mod reason;

pub(super) use chunks::{Chunk, chunks};
pub(super) use compose::{Composition, Piece};
pub(crate) use index::base_in;
pub(super) use index::{Index, Location, MOST_BYTES};
pub use reason::NoDelta;

/// Bytes up to which an object is uploaded whole.
///
/// With parts of at least 5 MiB, less than half of a smaller object could be copied.
pub(super) const ABOVE_BYTES: u64 = 8 * 1024 * 1024;
