//! An entry of an archive, made from its blocks.
//!
//! A compressed entry is first assembled as an archive of its own, in memory or, if large, in a
//! temporary file. From there the `zip` crate copies it, with a header that contains its size.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use crc32fast::Hasher;
use fs_err as fs;
use tempfile::SpooledTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::super::files::{FileFact, FileKind};
use super::block::{BLOCK_BYTES, Data, LARGE_BYTES, Packed, changed, stored};

/// Bytes above which a pending entry goes to a file.
const IN_MEMORY_BYTES: usize = 8 * 1024 * 1024;

/// An entry that is still receiving its blocks.
pub(super) struct Entry<'a> {
    file: &'a FileFact,
    crc: Hasher,
    body: Body,
}

enum Body {
    /// No block has shrunk so far: the file itself will be stored.
    AsItIs,
    /// The only block, compressed.
    Block(Vec<u8>),
    /// A deflate stream.
    Stream(SpooledTempFile),
}

impl<'a> Entry<'a> {
    pub(super) fn new(file: &'a FileFact) -> Self {
        Self {
            file,
            crc: Hasher::new(),
            body: Body::AsItIs,
        }
    }

    /// Adds the next block.
    pub(super) fn add(&mut self, packed: Packed, is_last: bool) -> io::Result<()> {
        let earlier = self.crc.total_len();
        self.crc.combine(&packed.crc);
        match (&mut self.body, packed.data) {
            (_, Data::Deflated(data)) if earlier == 0 && is_last => {
                self.body = Body::Block(data);
            }
            (Body::Stream(stream), Data::Deflated(data)) => stream.write_all(&data)?,
            (Body::Stream(stream), Data::Plain(data)) => {
                stream.write_all(&stored(&data, is_last))?;
            }
            (_, Data::Deflated(data)) => {
                let mut stream = SpooledTempFile::new(IN_MEMORY_BYTES);
                stream.write_all(&Header::of(self.file, 0).local())?;
                self.store_again(earlier, &mut stream)?;
                stream.write_all(&data)?;
                self.body = Body::Stream(stream);
            }
            (_, Data::Plain(_)) => {}
        }
        Ok(())
    }

    /// Writes the earlier blocks, which did not shrink, into a stream, because a later block did.
    fn store_again(&self, bytes: u64, stream: &mut SpooledTempFile) -> io::Result<()> {
        let mut reader = fs::File::open(&self.file.path)?.take(bytes);
        let mut block = Vec::new();
        loop {
            block.clear();
            if (&mut reader).take(BLOCK_BYTES).read_to_end(&mut block)? == 0 {
                return Ok(());
            }
            stream.write_all(&stored(&block, false))?;
        }
    }

    /// Writes the entry. All its blocks must have been added.
    pub(super) fn write<W: Write + Seek>(self, writer: &mut ZipWriter<W>) -> io::Result<()> {
        let Self { file, crc, body } = self;
        if (crc.total_len(), crc.finalize()) != (file.bytes, file.crc32) {
            return Err(changed());
        }
        match body {
            Body::AsItIs => write_verified(writer, file, CompressionMethod::Stored),
            Body::Block(data) => {
                let header = Header::of(file, data.len() as u64);
                let archive = [&header.local(), &data, &header.directory()]
                    .map(Vec::as_slice)
                    .concat();
                copy(writer, Cursor::new(archive))
            }
            Body::Stream(mut stream) => {
                let empty = Header::of(file, 0);
                let bytes = stream.stream_position()? - empty.local().len() as u64;
                let header = Header::of(file, bytes);
                stream.rewind()?;
                stream.write_all(&header.local())?;
                stream.seek(SeekFrom::End(0))?;
                stream.write_all(&header.directory())?;
                copy(writer, stream)
            }
        }
    }
}

/// Copies the only entry of an archive without compressing it again.
fn copy<W: Write + Seek>(writer: &mut ZipWriter<W>, archive: impl Read + Seek) -> io::Result<()> {
    let mut archive = ZipArchive::new(archive)?;
    writer.raw_copy_file(archive.by_index_raw(0)?)?;
    Ok(())
}

/// Writes an entry directly while reading its file, and verifies the content.
pub(super) fn write_verified<W: Write + Seek>(
    writer: &mut ZipWriter<W>,
    file: &FileFact,
    method: CompressionMethod,
) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(mode(file))
        .large_file(file.bytes >= LARGE_BYTES);
    writer.start_file(&*file.name, options)?;
    let mut content = Verified {
        inner: fs::File::open(&file.path)?.take(file.bytes + 1),
        crc: Hasher::new(),
    };
    let copied = io::copy(&mut content, writer)?;
    if (copied, content.crc.finalize()) == (file.bytes, file.crc32) {
        Ok(())
    } else {
        Err(changed())
    }
}

fn mode(file: &FileFact) -> u32 {
    match file.kind {
        FileKind::Executable => 0o755,
        FileKind::Plain | FileKind::Link => 0o644,
    }
}

/// The headers of a deflated entry that is the only entry of its archive.
///
/// # Source
///
/// PKWARE APPNOTE 6.3.10: sections 4.3.7 (before the data), 4.3.12 and 4.3.16
/// (after it); appendix D for the flag of UTF-8 names.
struct Header<'a> {
    file: &'a FileFact,
    bytes: u32,
}

impl<'a> Header<'a> {
    /// Creates the headers of an entry.
    ///
    /// * `bytes`: the entry's compressed size.
    fn of(file: &'a FileFact, bytes: u64) -> Self {
        let bytes = u32::try_from(bytes).expect("only small files are put together here");
        Self { file, bytes }
    }

    /// Returns the fields that both headers contain.
    ///
    /// These are version, flags, method, time, checksum, sizes, and the length of the name.
    fn common(&self) -> Vec<u8> {
        const UTF8_NAME: u16 = 1 << 11;
        const DEFLATED: u16 = 8;
        const FIRST_OF_JANUARY_1980: u32 = 0x0021_0000;
        let name = &self.file.name;
        let flags = if name.is_ascii() { 0 } else { UTF8_NAME };
        let file_bytes =
            u32::try_from(self.file.bytes).expect("only small files are put together here");
        let name_bytes = u16::try_from(name.len()).expect("a path is shorter than 64 KiB");
        [20_u16, flags, DEFLATED]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .chain(
                [
                    FIRST_OF_JANUARY_1980,
                    self.file.crc32,
                    self.bytes,
                    file_bytes,
                ]
                .into_iter()
                .flat_map(u32::to_le_bytes),
            )
            .chain(name_bytes.to_le_bytes())
            .chain([0; 2])
            .collect()
    }

    fn local(&self) -> Vec<u8> {
        let name = self.file.name.as_bytes();
        [b"PK\x03\x04", &*self.common(), name].concat()
    }

    fn directory(&self) -> Vec<u8> {
        const MADE_BY_UNIX: [u8; 2] = [20, 3];
        const REGULAR_FILE: u32 = 0o100_000;
        let name = self.file.name.as_bytes();
        let attributes = (REGULAR_FILE | mode(self.file)) << 16;
        let entry = [
            b"PK\x01\x02",
            &MADE_BY_UNIX[..],
            &self.common(),
            &[0; 6],
            &attributes.to_le_bytes(),
            &[0; 4],
            name,
        ]
        .concat();
        let sizes = [entry.len(), self.local().len() + self.bytes as usize];
        let [entry_bytes, starts_at] =
            sizes.map(|size| u32::try_from(size).expect("it is small").to_le_bytes());
        let end = [
            &b"PK\x05\x06"[..],
            &[0; 4],
            &[1, 0, 1, 0],
            &entry_bytes,
            &starts_at,
            &[0; 2],
        ]
        .concat();
        [entry, end].concat()
    }
}

/// Writes a symbolic link, with its target as the content.
pub(super) fn write_link<W: Write + Seek>(
    writer: &mut ZipWriter<W>,
    file: &FileFact,
) -> io::Result<()> {
    let target = fs::read_link(&file.path)?;
    let target = target.to_str().ok_or_else(changed)?;
    if crc32fast::hash(target.as_bytes()) != file.crc32 {
        return Err(changed());
    }
    let options = SimpleFileOptions::default()
        .last_modified_time(DateTime::default())
        .unix_permissions(0o777);
    writer.add_symlink(&file.name, target, options)?;
    Ok(())
}

/// A reader that computes the CRC-32 of the bytes it returns.
struct Verified<R> {
    inner: R,
    crc: Hasher,
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(&buffer[..read]);
        Ok(read)
    }
}
