//! Deltas: an object composed inside S3 from ranges of an earlier one. No requests here.
//!
//! ```text
//! bytes ──chunks──► Chunk* ──Index──► beside the object in the bucket
//!
//! chunks of the new object + Index of an earlier one ──runs──► compose ──► Piece*
//! ```
//!
//! An object is cut into chunks where its content says so, so that an inserted byte
//! moves no later cut. The index of an object holds its chunks' lengths and digests; a
//! later object is compared with it chunk by chunk, and [`compose`] chooses the ranges
//! that S3 copies so that the fewest bytes travel.
//!
//! Nothing here is needed for correctness: an index may be missing, old or wrong, and
//! S3 compares the checksum of the composed object with that of the local bytes.

mod chunks;
mod compose;
mod index;
mod reason;

pub(super) use chunks::{Chunk, chunks};
pub(super) use compose::{Composition, Piece};
pub(crate) use index::base_in;
pub(super) use index::{Index, Location, MOST_BYTES};
pub use reason::NoDelta;

/// Objects up to this size travel whole: with parts of at least 5 MiB, less than half
/// of a smaller one could be copied.
pub(super) const ABOVE_BYTES: u64 = 8 * 1024 * 1024;
