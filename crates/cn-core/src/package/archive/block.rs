//! Files cut into blocks that are compressed independently.
//!
//! A large file has many blocks. Each block but the first uses the bytes before it as its
//! dictionary, and each block but the last ends on a byte boundary; concatenated, they are one
//! deflate stream. The cuts depend only on the file's size, so the bytes are equal for any number
//! of threads.

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};
use fs_err as fs;

use super::super::files::{FileFact, FileKind};

/// Bytes of a block.
pub(super) const BLOCK_BYTES: u64 = 512 * 1024;
/// Size in bytes from which the `zip` crate alone writes a file.
///
/// Such files need the 64-bit form of sizes.
///
/// # Source
///
/// PKWARE APPNOTE 6.3.10, section 4.3.9.2. The value is well below the limit, because data that
/// does not shrink grows a little.
pub(super) const LARGE_BYTES: u64 = 0xFF00_0000;
/// Bytes that deflate can look back.
///
/// # Source
///
/// RFC 1951, section 2, also for `STORED_BYTES`.
const WINDOW_BYTES: u64 = 32 * 1024;
/// Bytes of the largest stored block.
const STORED_BYTES: usize = 65_535;

/// The compression level, 1 to 9.
///
/// Level 6 saves less than one percent more and takes a third longer.
const LEVEL: u32 = 5;
/// The number and size of the samples that decide if compression is worth trying.
const SAMPLES: usize = 4;
const SAMPLE_BYTES: usize = 4096;

/// A part of a file.
#[derive(Clone, Debug)]
pub(super) struct Block<'a> {
    pub file: &'a FileFact,
    pub range: Range<u64>,
}

/// Returns the blocks of files, in order.
///
/// An empty file has one empty block. Links, and files too large for the usual archive format, have
/// one block each.
pub(super) fn blocks(files: &[FileFact]) -> impl Iterator<Item = Block<'_>> {
    files.iter().flat_map(|file| {
        let count = match file.kind {
            FileKind::Plain | FileKind::Executable if file.bytes < LARGE_BYTES => {
                file.bytes.div_ceil(BLOCK_BYTES).max(1)
            }
            _ => 1,
        };
        (0..count).map(move |at| Block {
            file,
            range: at * BLOCK_BYTES..if at + 1 == count {
                file.bytes
            } else {
                (at + 1) * BLOCK_BYTES
            },
        })
    })
}

/// A block ready for the archive.
#[derive(Debug)]
pub(super) struct Packed {
    /// Length and CRC-32 of the block before compression.
    pub crc: Hasher,
    /// The packed bytes.
    pub data: Data,
}

/// The bytes of a block.
#[derive(Debug)]
pub(super) enum Data {
    /// Part of a deflate stream.
    Deflated(Vec<u8>),
    /// The original bytes, which would not shrink.
    Plain(Vec<u8>),
}

impl Block<'_> {
    pub(super) fn is_last(&self) -> bool {
        self.range.end == self.file.bytes
    }

    /// Reads and compresses the block.
    pub(super) fn pack(&self) -> io::Result<Packed> {
        let window = self.range.start.min(WINDOW_BYTES);
        let (before, mut bytes) = read(self.file, self.range.clone(), window)?;
        let content = &bytes[before..];
        let mut crc = Hasher::new();
        crc.update(content);
        if is_worth_trying(content)? {
            let coded = deflate(&bytes[..before], content, self.is_last())?;
            if coded.len() < content.len() {
                let data = Data::Deflated(coded);
                return Ok(Packed { crc, data });
            }
        }
        let data = Data::Plain(bytes.split_off(before));
        Ok(Packed { crc, data })
    }
}

/// Reads a range of a file and a window before it. Also returns the length of the window.
fn read(file: &FileFact, range: Range<u64>, window: u64) -> io::Result<(usize, Vec<u8>)> {
    let mut reader = fs::File::open(&file.path)?;
    let start = range.start - window;
    if start > 0 {
        reader.seek(SeekFrom::Start(start))?;
    }
    let wanted = size(range.end - start);
    let mut bytes = Vec::with_capacity(wanted + 1);
    // One byte more than expected means that the file has grown.
    let is_end = range.end == file.bytes;
    let limit = (range.end - start) + u64::from(is_end);
    reader.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() == wanted {
        Ok((size(window), bytes))
    } else {
        Err(changed())
    }
}

pub(super) fn changed() -> io::Error {
    io::Error::other("it changed while it was packaged")
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).expect("a block fits into memory")
}

/// Returns plain bytes as stored blocks of a deflate stream.
pub(super) fn stored(bytes: &[u8], is_last: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / STORED_BYTES * 5 + 5);
    let mut chunks = bytes.chunks(STORED_BYTES).peekable();
    while let Some(chunk) = chunks.next() {
        let ends_stream = is_last && chunks.peek().is_none();
        let length = u16::try_from(chunk.len()).expect("a chunk is at most 65,535 bytes");
        out.push(u8::from(ends_stream));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(chunk);
    }
    out
}

thread_local! {
    /// Reusable coders: creating a coder costs more than compressing a small file.
    static CODERS: RefCell<Coders> = RefCell::new(Coders {
        thorough: coder(LEVEL),
        quick: coder(1),
    });
}

struct Coders {
    thorough: Compress,
    quick: Compress,
}

fn coder(level: u32) -> Compress {
    Compress::new(Compression::new(level), false)
}

/// Returns true if samples of a large block shrink. Small blocks are always tried.
fn is_worth_trying(content: &[u8]) -> io::Result<bool> {
    if content.len() < 4 * SAMPLES * SAMPLE_BYTES {
        return Ok(true);
    }
    let sample: Vec<u8> = content
        .chunks(content.len() / SAMPLES)
        .take(SAMPLES)
        .flat_map(|chunk| &chunk[..SAMPLE_BYTES.min(chunk.len())])
        .copied()
        .collect();
    let coded = CODERS.with_borrow_mut(|coders| {
        coders.quick.reset();
        run(&mut coders.quick, &sample, FlushCompress::Finish)
    })?;
    Ok(coded.len() < sample.len() - sample.len() / 50)
}

/// Compresses a part of a deflate stream.
fn deflate(before: &[u8], content: &[u8], is_last: bool) -> io::Result<Vec<u8>> {
    let flush = if is_last {
        FlushCompress::Finish
    } else {
        FlushCompress::Sync
    };
    if before.is_empty() {
        return CODERS.with_borrow_mut(|coders| {
            coders.thorough.reset();
            run(&mut coders.thorough, content, flush)
        });
    }
    // After a dictionary, a reused coder produces other bytes than a new one (zlib-rs 0.6.8).
    let mut coder = coder(LEVEL);
    coder.set_dictionary(before)?;
    run(&mut coder, content, flush)
}

fn run(coder: &mut Compress, content: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len() / 2 + 128);
    loop {
        let done = usize::try_from(coder.total_in()).unwrap_or(usize::MAX);
        let status = coder.compress_vec(&content[done..], &mut out, flush)?;
        let is_done = match flush {
            FlushCompress::Finish => status == Status::StreamEnd,
            // A flush is complete if it leaves room in the output.
            _ => out.len() < out.capacity(),
        };
        if is_done {
            return Ok(out);
        }
        out.reserve(out.capacity().max(128));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn inflate(stream: &[u8]) -> Vec<u8> {
        let mut decoder = flate2::write::DeflateDecoder::new(Vec::new());
        decoder.write_all(stream).unwrap();
        decoder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn pieces_make_one_stream(
            pieces in proptest::collection::vec(
                (proptest::collection::vec(0_u8..4, 1..3000), any::<bool>()),
                1..6,
            )
        ) {
            let whole: Vec<u8> = pieces.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
            let mut stream = Vec::new();
            let mut done = 0;
            for (at, (bytes, is_plain)) in pieces.iter().enumerate() {
                let is_last = at + 1 == pieces.len();
                let piece = if *is_plain {
                    stored(bytes, is_last)
                } else {
                    deflate(&whole[..done], bytes, is_last).unwrap()
                };
                stream.extend(piece);
                done += bytes.len();
            }
            prop_assert_eq!(inflate(&stream), whole);
        }
    }

    proptest! {
        #[test]
        fn a_coder_used_before_gives_the_bytes_of_a_new_one(
            contents in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![0_u8..3, any::<u8>()], 0..5000),
                1..5,
            )
        ) {
            for content in &contents {
                let fresh = run(&mut coder(LEVEL), content, FlushCompress::Finish).unwrap();
                prop_assert_eq!(deflate(b"", content, true).unwrap(), fresh);
            }
        }
    }

    #[test]
    fn stored_blocks_may_be_longer_than_one() {
        let bytes = vec![7; 2 * STORED_BYTES + 1];
        assert_eq!(inflate(&stored(&bytes, true)), bytes);
    }
}
