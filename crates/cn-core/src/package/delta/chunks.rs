//! Content-defined chunks of an object.

use std::io::{self, Read};

use fastcdc::v2020::StreamCDC;
use sha2::{Digest, Sha256};

/// Sizes of chunks in bytes.
///
/// They are large enough for a small index, and small enough that the chunk around a change is
/// little compared with a part of 5 MiB.
const SMALLEST_BYTES: usize = 32 * 1024;
const USUAL_BYTES: usize = 128 * 1024;
const LARGEST_BYTES: usize = 512 * 1024;

/// A chunk of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Chunk {
    pub bytes: u32,
    /// The first half of the chunk's SHA-256.
    pub digest: [u8; 16],
}

impl Chunk {
    fn of(content: &[u8]) -> Self {
        let whole = Sha256::digest(content);
        let mut digest = [0; 16];
        digest.copy_from_slice(&whole[..16]);
        Self {
            bytes: u32::try_from(content.len()).expect("a chunk is at most 512 KiB"),
            digest,
        }
    }
}

/// Cuts an object into chunks.
///
/// Cost: one pass; memory for one or two chunks, in addition to the result.
///
/// # Errors
///
/// An I/O error if the source cannot be read.
pub(in super::super) fn chunks(source: impl Read) -> io::Result<Vec<Chunk>> {
    StreamCDC::new(source, SMALLEST_BYTES, USUAL_BYTES, LARGEST_BYTES)
        .map(|chunk| Ok(Chunk::of(&chunk.map_err(io::Error::from)?.data)))
        .collect()
}
