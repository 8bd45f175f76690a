//! Builds archives: sorted, without times and owners, with the same bytes each time.
//!
//! Files are cut into blocks that are compressed in parallel. While one batch of blocks is written
//! in order, the next batch is compressed. Memory use is bounded for any input.

mod block;
mod entry;
mod temporary;

use std::io::{self, BufWriter, Cursor, IntoInnerError, Seek, SeekFrom, Write};
use std::path::PathBuf;

use camino::Utf8PathBuf;
use rayon::prelude::*;
use tokio::sync::oneshot;
use zip::{CompressionMethod, ZipWriter};

use self::block::{BLOCK_BYTES, Block, LARGE_BYTES, Packed, blocks};
use self::entry::Entry;
pub(super) use self::temporary::Temporary;
use super::files::{FileFact, FileKind};

/// Bytes of input up to which an archive is built in memory.
const SMALL_BYTES: u64 = 1024 * 1024;
/// Bytes of input that are compressed at once. Twice as much may wait in memory.
const BATCH_BYTES: u64 = 12 * 1024 * 1024;

/// An archive.
#[derive(Debug)]
pub(super) enum Built {
    /// A small archive.
    InMemory(Vec<u8>),
    /// An archive in a temporary file, which is deleted when this is dropped.
    InFile {
        /// The file.
        file: Temporary,
        /// The size.
        bytes: u64,
    },
}

/// A size, and the receiver of a message once an archive has more bytes.
///
/// If the archive stays smaller, the channel is closed without a message.
#[derive(Debug)]
pub(super) struct Mark {
    pub above_bytes: u64,
    pub passed: oneshot::Sender<()>,
}

/// An error in building an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file cannot be read, or it changed.
    #[error("cannot add `{path}` to an archive")]
    File {
        /// The file being added.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The temporary file of a large archive cannot be created or written.
    #[error("cannot create a temporary file in `{}`, the folder that `TMPDIR` names", folder.display())]
    Temporary {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Builds an archive of files.
///
/// Entries are in the given order, dated 1980-01-01, with mode 0755 for executable files and 0644
/// for others. Files that would not shrink are stored. Equal files give equal bytes, for any number
/// of threads.
///
/// * `mark`: reports when an archive that is not small passes a size.
///
/// # Errors
///
/// [`ArchiveError`] if a file cannot be read, no longer matches its digest, or the archive cannot
/// be written.
pub(super) fn build(files: &[FileFact], mark: Option<Mark>) -> Result<Built, ArchiveError> {
    let in_last = |source| fail(files.last(), source);
    if is_small(files) {
        let mut archive = Archive::new(Cursor::new(Vec::new()));
        for block in blocks(files) {
            archive.write(vec![pack(block)])?;
        }
        let written = archive.writer.finish().map_err(io::Error::from);
        return Ok(Built::InMemory(written.map_err(in_last)?.into_inner()));
    }
    let temporary = Temporary::new().map_err(|source| ArchiveError::Temporary {
        folder: tempfile::env::temp_dir(),
        source,
    })?;
    let writer = BufWriter::with_capacity(256 * 1024, temporary);
    let mut archive = Archive::new(Positioned::new(writer, mark));
    let mut ready: Vec<(Block<'_>, Packing)> = Vec::new();
    let mut rest = blocks(files);
    loop {
        let batch = next_batch(&mut rest);
        let (written, packed) = rayon::join(
            || archive.write(ready),
            || batch.into_par_iter().map(pack).collect::<Vec<_>>(),
        );
        written?;
        ready = packed;
        if ready.is_empty() {
            break;
        }
    }
    finish(archive.writer).map_err(in_last)
}

/// Returns true if an archive is built in memory by one thread.
///
/// Many small archives are built in parallel.
pub(super) fn is_small(files: &[FileFact]) -> bool {
    files.iter().map(|file| file.bytes).sum::<u64>() <= SMALL_BYTES
}

/// The result of compressing a block. `None` if the block is not compressed in advance.
type Packing = io::Result<Option<Packed>>;

fn pack(block: Block<'_>) -> (Block<'_>, Packing) {
    let packed = match block.file.kind {
        FileKind::Plain | FileKind::Executable if block.file.bytes < LARGE_BYTES => {
            block.pack().map(Some)
        }
        _ => Ok(None),
    };
    (block, packed)
}

/// Takes as many blocks as fit into the memory of a batch.
fn next_batch<'a>(rest: &mut impl Iterator<Item = Block<'a>>) -> Vec<Block<'a>> {
    let mut bytes = 0;
    let mut batch = Vec::new();
    while bytes + BLOCK_BYTES <= BATCH_BYTES {
        let Some(block) = rest.next() else { break };
        bytes += (block.range.end - block.range.start).min(BLOCK_BYTES);
        batch.push(block);
    }
    batch
}

struct Archive<'a, W: Write + Seek> {
    writer: ZipWriter<W>,
    /// The entry that is still receiving its blocks.
    entry: Option<Entry<'a>>,
}

impl<'a, W: Write + Seek> Archive<'a, W> {
    fn new(writer: W) -> Self {
        Self {
            writer: ZipWriter::new(writer),
            entry: None,
        }
    }

    fn write(&mut self, ready: Vec<(Block<'a>, Packing)>) -> Result<(), ArchiveError> {
        for (block, packing) in ready {
            self.take(&block, packing)
                .map_err(|source| fail(Some(block.file), source))?;
        }
        Ok(())
    }

    fn take(&mut self, block: &Block<'a>, packing: Packing) -> io::Result<()> {
        let Some(packed) = packing? else {
            return match block.file.kind {
                FileKind::Link => entry::write_link(&mut self.writer, block.file),
                _ => {
                    entry::write_verified(&mut self.writer, block.file, CompressionMethod::Deflated)
                }
            };
        };
        let mut entry = self.entry.take().unwrap_or_else(|| Entry::new(block.file));
        entry.add(packed, block.is_last())?;
        if block.is_last() {
            entry.write(&mut self.writer)
        } else {
            self.entry = Some(entry);
            Ok(())
        }
    }
}

fn finish(writer: ZipWriter<Positioned<BufWriter<Temporary>>>) -> io::Result<Built> {
    let written = writer.finish()?;
    if written.has_failed {
        return Err(io::Error::other("the archive is not whole"));
    }
    let mut file = written
        .inner
        .into_inner()
        .map_err(IntoInnerError::into_error)?;
    let bytes = file.seek(SeekFrom::End(0))?;
    Ok(Built::InFile { file, bytes })
}

fn fail(file: Option<&FileFact>, source: io::Error) -> ArchiveError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    // Only the temporary file takes up space, so the error concerns that file.
    if matches!(source.kind(), FileTooLarge | QuotaExceeded | StorageFull) {
        let folder = tempfile::env::temp_dir();
        return ArchiveError::Temporary { folder, source };
    }
    ArchiveError::File {
        path: file.map(|file| file.path.clone()).unwrap_or_default(),
        source,
    }
}

/// A writer that tracks its position: a query to the buffer would flush it each time.
///
/// After a failure it accepts and discards all bytes: the archive's writer completes the archive
/// when it is dropped, and would print the error.
struct Positioned<W> {
    inner: W,
    at: u64,
    has_failed: bool,
    mark: Option<Mark>,
}

impl<W> Positioned<W> {
    fn new(inner: W, mark: Option<Mark>) -> Self {
        Self {
            inner,
            at: 0,
            has_failed: false,
            mark,
        }
    }

    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.has_failed |= result.is_err();
        result
    }
}

impl<W: Write> Write for Positioned<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = if self.has_failed {
            bytes.len()
        } else {
            let written = self.inner.write(bytes);
            self.noted(written)?
        };
        self.at += written as u64;
        let at = self.at;
        if let Some(mark) = self.mark.take_if(|mark| at > mark.above_bytes) {
            // The receiver is gone if the upload was abandoned.
            mark.passed.send(()).ok();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.has_failed {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.noted(flushed)
    }
}

impl<W: Seek> Seek for Positioned<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let is_here = match to {
            SeekFrom::Start(at) => at == self.at,
            SeekFrom::Current(by) => by == 0,
            SeekFrom::End(_) => false,
        };
        if !is_here && !self.has_failed {
            let at = self.inner.seek(to);
            self.at = self.noted(at)?;
        }
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::Read;

    use fs_err as fs;
    use zip::ZipArchive;

    use super::super::files::folder;
    use super::super::request::Symlinks;
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_archive_depends_on_names_modes_and_contents_alone() {
        use std::os::unix::fs::PermissionsExt;
        let make = |names: &[&str], mtime: u64| {
            let scratch = tempfile::tempdir().unwrap();
            let root = Utf8PathBuf::try_from(scratch.path().to_path_buf()).unwrap();
            for name in names {
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, name.repeat(100)).unwrap();
                let mode = if name.contains(".sh") { 0o700 } else { 0o600 };
                fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
                let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(mtime);
                fs::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .unwrap()
                    .file()
                    .set_modified(time)
                    .unwrap();
            }
            let built = build(
                &folder(&root, &HashSet::new(), Symlinks::Follow)
                    .unwrap()
                    .files,
                None,
            )
            .unwrap();
            bytes_of(built)
        };
        let one = make(&["a.py", "运行.sh", "d/e"], 0);
        assert_eq!(one, make(&["d/e", "运行.sh", "a.py"], 1_700_000_000));
        let mut archive = ZipArchive::new(Cursor::new(one)).unwrap();
        let entries: Vec<_> = (0..archive.len())
            .map(|at| {
                let entry = archive.by_index(at).unwrap();
                (
                    entry.name().unwrap().into_owned(),
                    entry.unix_mode().unwrap() & 0o7777,
                    entry.last_modified().unwrap().year(),
                )
            })
            .collect();
        assert_eq!(
            entries,
            [
                ("a.py".into(), 0o644, 1980),
                ("d/e".into(), 0o644, 1980),
                ("运行.sh".to_owned(), 0o755, 1980)
            ]
        );
        let mut text = String::new();
        archive
            .by_name("a.py")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "a.py".repeat(100));
    }

    #[cfg(unix)]
    mod properties {
        use std::os::unix::fs::{PermissionsExt, chown};
        use std::time::{Duration, UNIX_EPOCH};

        use proptest::prelude::*;

        use super::super::super::key::digest_of;
        use super::*;

        /// Contents by name, and true if the file is executable.
        type Tree = Vec<(String, (Vec<u8>, bool))>;

        fn tree() -> impl Strategy<Value = Tree> {
            let name = "([a-c中]{1,2}/){0,2}[a-z.数 -]{1,4}\\.[a-z]";
            let small = prop::collection::vec(any::<u8>(), 0..200);
            // Larger than a block, so that one file is compressed by several threads.
            let large = (0_u8..4, any::<u8>()).prop_map(|(noisy, seed)| match noisy {
                0 => noise(700_000, seed),
                _ => text(700_000 + usize::from(seed)),
            });
            let content = prop_oneof![12 => small, 1 => large];
            prop::collection::btree_map(name, (content, any::<bool>()), 1..8)
                .prop_map(|files| files.into_iter().collect())
        }

        /// Writes the files in the given order, with varying times, owners and modes.
        fn write(tree: &Tree, order: &[usize], seed: u32) -> (tempfile::TempDir, Vec<FileFact>) {
            let (keep, root) = scratch();
            for at in order {
                let (name, (bytes, is_executable)) = &tree[*at];
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, bytes).unwrap();
                let readers = [0o600, 0o640, 0o644, 0o666][(seed as usize + at) % 4];
                let execute = if *is_executable {
                    [0o100, 0o111][at % 2]
                } else {
                    0
                };
                let mode = std::fs::Permissions::from_mode(readers | execute);
                fs::set_permissions(&path, mode).unwrap();
                // Only the superuser can change the owner; for other users it stays.
                drop(chown(&path, Some(seed % 1000), Some(seed % 1000)));
                let time = UNIX_EPOCH + Duration::from_secs(u64::from(seed) * 7 + *at as u64);
                let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
                file.file().set_modified(time).unwrap();
            }
            let files = folder(&root, &HashSet::new(), Symlinks::Follow)
                .unwrap()
                .files;
            (keep, files)
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(24))]

            #[test]
            fn neither_order_nor_times_nor_owners_nor_threads_matter(
                (tree, order) in tree().prop_flat_map(|tree| {
                    let places: Vec<usize> = (0..tree.len()).collect();
                    (Just(tree), Just(places).prop_shuffle())
                }),
                seeds in any::<[u32; 2]>(),
            ) {
                // A name may be the folder of another.
                let is_folder = |name: &str| tree.iter().any(|(other, _)| other.starts_with(&format!("{name}/")));
                prop_assume!(!tree.iter().any(|(name, _)| is_folder(name)));
                let sorted: Vec<usize> = (0..tree.len()).collect();
                let (_one, first) = write(&tree, &sorted, seeds[0]);
                let (_other, second) = write(&tree, &order, seeds[1]);
                prop_assert_eq!(digest_of(&first), digest_of(&second));
                let mut archives = Vec::new();
                for (files, threads) in [(&first, 1), (&second, 2), (&first, 4), (&second, 1)] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                    let built = pool.build().unwrap().install(|| build(files, None)).unwrap();
                    archives.push(bytes_of(built));
                }
                prop_assert!(archives.windows(2).all(|pair| pair[0] == pair[1]), "the bytes differ");
                // The execute bit does matter.
                let mut changed = tree.clone();
                changed[0].1.1 ^= true;
                let (_changed, third) = write(&changed, &sorted, seeds[0]);
                prop_assert_ne!(digest_of(&first), digest_of(&third));
            }
        }
    }

    /// Creates files in a folder and returns their facts.
    fn facts(root: &Utf8PathBuf, files: &[(&str, Vec<u8>)]) -> Vec<FileFact> {
        for (name, bytes) in files {
            fs::write(root.join(name), bytes).unwrap();
        }
        folder(root, &HashSet::new(), Symlinks::Keep).unwrap().files
    }

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(scratch.path().to_path_buf()).unwrap();
        (scratch, root)
    }

    fn bytes_of(built: Built) -> Vec<u8> {
        match built {
            Built::InMemory(bytes) => bytes,
            Built::InFile { file, .. } => fs::read(file.path()).unwrap(),
        }
    }

    #[test]
    fn an_archive_is_the_same_in_memory_and_in_a_file() {
        let (_keep, root) = scratch();
        let half = usize::try_from(SMALL_BYTES / 2).unwrap();
        let files = facts(&root, &[("a", text(half)), ("b", noise(half, 1))]);
        let Built::InMemory(bytes) = build(&files, None).unwrap() else {
            panic!("not in memory")
        };
        let files = facts(&root, &[("c", vec![7])]);
        let in_file = bytes_of(build(&files, None).unwrap());
        let entry = |bytes: &[u8]| {
            let mut archive = ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
            let entry = archive.by_name("b").unwrap();
            let place = usize::try_from(entry.data_start().unwrap()).unwrap();
            bytes[..place].to_vec()
        };
        assert!(entry(&bytes) == entry(&in_file));
    }

    /// Returns bytes that do not shrink.
    fn noise(bytes: usize, seed: u8) -> Vec<u8> {
        use sha2::{Digest, Sha256};
        (0_u64..)
            .flat_map(|at| Sha256::digest([&at.to_le_bytes()[..], &[seed]].concat()))
            .take(bytes)
            .collect()
    }

    fn text(bytes: usize) -> Vec<u8> {
        let words = (0_u64..).flat_map(|at| format!("word{} ", at * at % 977).into_bytes());
        words.take(bytes).collect()
    }

    #[test]
    fn large_files_are_one_stream_for_any_number_of_threads() {
        let (_keep, root) = scratch();
        let block = usize::try_from(BLOCK_BYTES).unwrap();
        let files = [
            ("empty", vec![]),
            ("exact", text(2 * block)),
            (
                "mixed",
                [text(block), noise(block, 1), text(block / 2)].concat(),
            ),
            ("noise", noise(3 * block + 5, 2)),
            (
                "noise-then-text",
                [noise(2 * block, 3), text(block)].concat(),
            ),
            ("text", text(20 * block + 1)),
        ];
        let facts = facts(&root, &files);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let built = pool.install(|| build(&facts, None)).unwrap();
            bytes_of(built)
        };
        let one = with(1);
        assert!(
            one == with(2) && one == with(7),
            "the bytes depend on threads"
        );
        let mut archive = ZipArchive::new(Cursor::new(&one)).unwrap();
        for (name, expected) in &files {
            let mut entry = archive.by_name(name).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            assert!(bytes == *expected, "{name}");
            let is_stored = entry.compression() == CompressionMethod::Stored;
            assert_eq!(is_stored, matches!(*name, "empty" | "noise"), "{name}");
        }
        assert!(one.len() < 4 * block + 2 * block + block / 2 + 4 * 1024 * 1024);
        python_agrees(&one, files.len());
    }

    /// Checks the archive with another implementation, Python's, if it is installed.
    fn python_agrees(archive: &[u8], entries: usize) {
        let (_keep, root) = scratch();
        fs::write(root.join("a.zip"), archive).unwrap();
        let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.namelist()))";
        let python = std::process::Command::new("python3")
            .args(["-c", script, root.join("a.zip").as_str()])
            .output();
        if let Ok(output) = python {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert_eq!(
                String::from_utf8_lossy(&output.stdout).trim(),
                entries.to_string()
            );
        }
    }

    #[test]
    fn a_file_that_changed_since_its_digest_is_refused() {
        for size in [10, 2 * usize::try_from(BLOCK_BYTES).unwrap()] {
            for content in [text(size), noise(size, 1)] {
                let (_keep, root) = scratch();
                let facts = facts(&root, &[("f", content.clone())]);
                for changed in [text(size - 1), text(size + 1), noise(size, 9)] {
                    fs::write(root.join("f"), changed).unwrap();
                    let error = build(&facts, None).unwrap_err();
                    let ArchiveError::File { path, source } = error else {
                        panic!("{error:?}");
                    };
                    assert_eq!(path, root.join("f"));
                    assert_eq!(source.to_string(), "it changed while it was packaged");
                }
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_kept_link_is_a_link_in_the_archive() {
        let (_keep, root) = scratch();
        std::os::unix::fs::symlink("../目标", root.join("link")).unwrap();
        let built = build(&facts(&root, &[("a", vec![])]), None).unwrap();
        let mut archive = ZipArchive::new(Cursor::new(bytes_of(built))).unwrap();
        let mut entry = archive.by_name("link").unwrap();
        assert_eq!(entry.unix_mode(), Some(0o120_777));
        let mut target = String::new();
        entry.read_to_string(&mut target).unwrap();
        assert_eq!(target, "../目标");
    }
}
