//! Building an archive: sorted, without times and owners, the same bytes each time.
//!
//! Small files are compressed side by side into archives of their own, in
//! memory, whose entries are then copied over in order; a large file is
//! streamed. Memory stays bounded whatever goes in.

use std::io::{BufWriter, Cursor, IntoInnerError, Read, Seek, SeekFrom, Write};

use camino::Utf8PathBuf;
use fs_err as fs;
use rayon::prelude::*;
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::files::FileFact;

/// Files above this size are streamed instead of held in memory.
const LARGE_BYTES: u64 = 4 * 1024 * 1024;
/// How much input may be held in memory at once.
const BATCH_BYTES: u64 = 32 * 1024 * 1024;
/// Above this size an entry needs the 64-bit form.
///
/// # Source
///
/// PKWARE APPNOTE 6.3.10, section 4.3.9.2.
const SMALL_FORM_BYTES: u64 = 0xFFFF_FFFF;

/// An archive in a temporary file, which is gone when this is dropped.
#[derive(Debug)]
pub struct Built {
    /// The file, readable by the user alone.
    pub file: NamedTempFile,
    /// Its size.
    pub bytes: u64,
}

/// An archive that cannot be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot put `{path}` into an archive")]
pub struct ArchiveError {
    /// The file being added.
    pub path: Utf8PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Builds an archive of files.
///
/// Entries come in the order given, dated 1980-01-01, with mode 0755 where
/// the file is executable and 0644 elsewhere.
///
/// # Errors
///
/// [`ArchiveError`] when a file cannot be read or the archive not written.
pub fn build(files: &[FileFact]) -> Result<Built, ArchiveError> {
    let temporary = NamedTempFile::new().map_err(|source| fail(files.first(), source))?;
    let mut writer = ZipWriter::new(BufWriter::new(temporary));
    for batch in batches(files) {
        match batch {
            [file] if file.bytes > LARGE_BYTES => {
                add(&mut writer, file).map_err(|source| fail(Some(file), source))?;
            }
            files => {
                let compressed: Vec<Vec<u8>> = files
                    .par_iter()
                    .map(|file| compress(file).map_err(|source| fail(Some(file), source)))
                    .collect::<Result<_, _>>()?;
                for (file, archive) in files.iter().zip(compressed) {
                    copy(&mut writer, archive).map_err(|source| fail(Some(file), source))?;
                }
            }
        }
    }
    finish(writer).map_err(|source| fail(files.last(), source))
}

fn finish(writer: ZipWriter<BufWriter<NamedTempFile>>) -> std::io::Result<Built> {
    let mut file = writer
        .finish()?
        .into_inner()
        .map_err(IntoInnerError::into_error)?;
    let bytes = file.seek(SeekFrom::End(0))?;
    Ok(Built { file, bytes })
}

fn fail(file: Option<&FileFact>, source: std::io::Error) -> ArchiveError {
    ArchiveError {
        path: file.map(|file| file.path.clone()).unwrap_or_default(),
        source,
    }
}

/// Cuts a list into runs that fit into memory; a large file is a run of its own.
fn batches(files: &[FileFact]) -> impl Iterator<Item = &[FileFact]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let length = rest
            .iter()
            .take_while(|file| {
                bytes += file.bytes;
                file.bytes <= LARGE_BYTES && bytes <= BATCH_BYTES
            })
            .count()
            .max(1)
            .min(rest.len());
        let (batch, later) = rest.split_at(length);
        rest = later;
        (!batch.is_empty()).then_some(batch)
    })
}

/// One file as an archive of its own.
fn compress(file: &FileFact) -> std::io::Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    add(&mut writer, file)?;
    Ok(writer.finish()?.into_inner())
}

fn add<W: Write + Seek>(writer: &mut ZipWriter<W>, file: &FileFact) -> std::io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(if file.executable { 0o755 } else { 0o644 })
        .large_file(file.bytes >= SMALL_FORM_BYTES);
    writer.start_file(&*file.name, options)?;
    let copied = std::io::copy(
        &mut fs::File::open(&file.path)?.take(file.bytes + 1),
        writer,
    )?;
    if copied != file.bytes {
        return Err(std::io::Error::other("it changed while it was packaged"));
    }
    Ok(())
}

/// Copies the only entry of an archive without compressing it again.
fn copy<W: Write + Seek>(writer: &mut ZipWriter<W>, archive: Vec<u8>) -> std::io::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    writer.raw_copy_file(archive.by_index_raw(0)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::files::folder;
    use super::*;

    #[cfg(unix)]
    #[test]
    fn case_41_42_and_43_an_archive_depends_on_names_modes_and_contents_alone() {
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
            let built = build(&folder(&root, &[]).unwrap().files).unwrap();
            fs::read(built.file.path()).unwrap()
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

    #[test]
    fn batches_hold_every_file_once_and_large_files_alone() {
        let file = |bytes| FileFact {
            name: "n".into(),
            path: "p".into(),
            bytes,
            executable: false,
            digest: [0; 32],
        };
        let mib = 1024 * 1024;
        let sizes = [1, 2, 5 * mib, 3 * mib, 0, 40 * mib];
        let files: Vec<_> = sizes.into_iter().map(file).collect();
        let lengths: Vec<_> = batches(&files).map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 1, 2, 1]);
        assert_eq!(batches(&[]).count(), 0);
    }
}
