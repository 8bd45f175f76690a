//! Facts about local files: existence, size, content.

use std::collections::HashSet;
use std::fs::FileType;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::request::Symlinks;
use crate::file::{self, Accepts, Identity, is_temporary};

/// A file that goes into an archive, or to S3 unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileFact {
    /// The name in the archive: relative, with `/`.
    pub name: String,
    /// The path to read.
    pub path: Utf8PathBuf,
    /// The size.
    pub bytes: u64,
    /// The file's kind in an archive.
    pub kind: FileKind,
    /// SHA-256 of the content, or of the target path for a link.
    pub digest: [u8; 32],
    /// CRC-32 of the content, or of the target path for a link.
    pub crc32: u32,
}

/// The kind of a file in an archive. Nothing else of the file's mode is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum FileKind {
    /// Readable by all.
    Plain,
    /// Readable and executable by all, for a file that at least one user may execute.
    Executable,
    /// A symbolic link, kept as a link.
    Link,
}

/// A file that cannot be read or put into an archive.
#[derive(Debug, thiserror::Error)]
#[error("cannot package `{path}`")]
pub(super) struct FilesError {
    /// The file or folder.
    pub path: Utf8PathBuf,
    /// The reason.
    #[source]
    pub kind: FilesErrorKind,
}

/// A reason why a file cannot be packaged.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesErrorKind {
    /// The system cannot read the file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A FIFO, socket or device.
    #[error("it is {0}, not a file or folder")]
    Special(&'static str),
    /// A file with more bytes than its recorded size.
    #[error("it has more bytes than its size says: it is growing, or is not a file on a disk")]
    Grows,
    /// A link to a target that does not exist.
    #[error("it is a link to `{target}`, which does not exist")]
    DanglingLink {
        /// The target of the link.
        target: String,
    },
    /// A link where links are not allowed.
    #[error("it is a symbolic link to `{target}`")]
    Link {
        /// The target of the link.
        target: String,
    },
    /// A link to a folder that contains the link.
    #[error("it is a link to a folder that contains it")]
    Loop,
    /// A link that leads back to itself, directly or through other links.
    #[error("it is a link that leads back to itself")]
    Circle,
    /// A name that is not UTF-8; the path shown is its folder.
    #[error("the name of `{0}` is not UTF-8")]
    NotUtf8(String),
    /// A `.cnignore` file that is not UTF-8, so its patterns are unknown.
    #[error("it is not UTF-8 text, so its patterns cannot be read: save it as UTF-8")]
    IgnoreNotUtf8,
    /// A line of a `.cnignore` file that is not a valid pattern.
    #[error("its patterns cannot be read: {0}")]
    Pattern(String),
}

impl FilesError {
    pub(super) fn new(path: impl Into<Utf8PathBuf>, kind: impl Into<FilesErrorKind>) -> Self {
        Self {
            path: path.into(),
            kind: kind.into(),
        }
    }
}

/// The files of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// The files, sorted by the bytes of their names.
    pub files: Vec<FileFact>,
    /// The files that were left out and are reported: `.git` and the files of the run itself.
    pub left_out: Vec<Utf8PathBuf>,
    /// Files in the folder that the run will write.
    pub outputs: Vec<Utf8PathBuf>,
    /// The links that were followed.
    pub followed: Vec<Utf8PathBuf>,
}

/// The existing files that the run will write, by file identity, whatever their paths.
pub(super) type Outputs = HashSet<Identity>;

/// Lists and hashes the files of a folder.
///
/// Skips `.git` and the files in `outputs`, and reports them as left out. Also skips the files that
/// a `.cnignore` file in gitignore syntax names, temporary files of `cn`, and empty folders.
///
/// Cost: reads every file once, on all cores.
pub(super) fn folder(
    root: &Utf8Path,
    outputs: &Outputs,
    symlinks: Symlinks,
) -> Result<Folder, FilesError> {
    let (mut candidates, mut left_out, mut met) = (Vec::new(), Vec::new(), Vec::new());
    let mut followed = Vec::new();
    // The starting path is packaged even if it is a link: the user named it.
    let start = root
        .canonicalize_utf8()
        .map_err(|error| FilesError::new(root, error))?;
    let shown = |error: FilesError| FilesError {
        path: root.join(name_in(&start, &error.path)),
        ..error
    };
    if let Some(error) = special_ignore(start.as_std_path()) {
        return Err(shown(error));
    }
    let (refuse, refused) = mpsc::channel();
    let walk = ignore::WalkBuilder::new(&start)
        .standard_filters(false)
        .follow_links(symlinks == Symlinks::Follow)
        .add_custom_ignore_filename(".cnignore")
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let special = is_folder.then(|| special_ignore(entry.path())).flatten();
            let is_special = special.is_some();
            drop(special.map(|error| refuse.send(error)));
            !is_special && entry.file_name() != ".git"
        })
        .build();
    if root.join(".git").as_std_path().symlink_metadata().is_ok() {
        left_out.push(root.join(".git"));
    }
    for entry in walk {
        let entry = entry.map_err(|error| walk_error(root, error))?;
        let kind = entry.file_type();
        if kind.is_some_and(|kind| kind.is_dir()) {
            refuse_unreadable_ignores(root, &start, &entry)?;
        }
        let is_output = is_output(&entry, outputs);
        let is_followed = entry.path_is_symlink() && entry.depth() > 0;
        let path = Utf8PathBuf::try_from(entry.into_path()).map_err(|error| {
            FilesError::new(
                root,
                FilesErrorKind::NotUtf8(error.as_path().display().to_string()),
            )
        })?;
        let name = name_in(&start, &path);
        let shown = root.join(&name);
        if is_output {
            left_out.push(shown.clone());
            met.push(shown);
            continue;
        }
        if is_followed && symlinks == Symlinks::Follow {
            followed.push(shown.clone());
        }
        let file_name = shown.file_name().unwrap_or_default();
        if kind.is_none_or(|kind| kind.is_dir())
            || file_name == ".cnignore"
            || is_temporary(file_name)
        {
            continue;
        }
        if let Some(special) = kind.and_then(special) {
            return Err(FilesError::new(shown, FilesErrorKind::Special(special)));
        }
        let is_link = kind.is_some_and(|kind| kind.is_symlink());
        candidates.push((shown, name, is_link));
    }
    if let Ok(error) = refused.try_recv() {
        return Err(shown(error));
    }
    let mut files: Vec<FileFact> = candidates
        .into_par_iter()
        .map(|(path, name, is_link)| {
            if is_link {
                link(&path, name, symlinks)
            } else {
                file(&path, name)
            }
        })
        .collect::<Result<_, _>>()?;
    files.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Ok(Folder {
        files,
        left_out,
        outputs: met,
        followed,
    })
}

/// Finds a link on the way from a folder to a path, the path itself included.
///
/// Links that lead to the folder itself do not count.
pub(super) fn link_on_the_way(folder: &Utf8Path, path: &Utf8Path) -> Option<FilesError> {
    let beyond = path
        .ancestors()
        .take_while(|part| !folder.starts_with(part));
    beyond.into_iter().find_map(|part| {
        let target = fs::read_link(part).ok()?;
        let target = target.to_string_lossy().into_owned();
        Some(FilesError::new(part, FilesErrorKind::Link { target }))
    })
}

/// Returns true if the run will write the file, whatever link or name leads to it.
fn is_output(entry: &ignore::DirEntry, outputs: &Outputs) -> bool {
    // The walk knows each inode, so only a file that may match is looked up.
    if !outputs.iter().any(|output| output.inode() == entry.ino()) {
        return false;
    }
    let path = entry.path();
    fs::metadata(path).is_ok_and(|metadata| {
        metadata.is_file() && outputs.contains(&Identity::of(&metadata, path))
    })
}

/// Finds a `.cnignore` that is a FIFO or a device: the walker would never finish reading it.
fn special_ignore(folder: &Path) -> Option<FilesError> {
    let path = Utf8PathBuf::try_from(folder.join(".cnignore")).ok()?;
    let kind = special(fs::metadata(&path).ok()?.file_type())?;
    Some(FilesError::new(path, FilesErrorKind::Special(kind)))
}

/// Refuses a folder whose `.cnignore` file cannot be read completely.
///
/// The walker ignores what it cannot read, so files that should be skipped, possibly secrets, would
/// be uploaded.
fn refuse_unreadable_ignores(
    root: &Utf8Path,
    start: &Utf8Path,
    entry: &ignore::DirEntry,
) -> Result<(), FilesError> {
    // A name that is not UTF-8 has its own error.
    let Some(folder) = Utf8Path::from_path(entry.path()) else {
        return Ok(());
    };
    let path = folder.join(".cnignore");
    let shown = root.join(name_in(start, &path));
    if path.as_std_path().symlink_metadata().is_err() {
        return Ok(());
    }
    let bytes =
        file::read(&path, Accepts::Files).map_err(|error| FilesError::new(&shown, error))?;
    // UTF-16 without a byte order mark is valid UTF-8, with a NUL as every second byte.
    if bytes.contains(&0) || std::str::from_utf8(&bytes).is_err() {
        return Err(FilesError::new(shown, FilesErrorKind::IgnoreNotUtf8));
    }
    match entry.error() {
        Some(error) => {
            let message = error.to_string().replace(path.as_str(), shown.as_str());
            Err(FilesError::new(shown, FilesErrorKind::Pattern(message)))
        }
        None => Ok(()),
    }
}

/// Returns the name of a file in an archive of a folder.
fn name_in(root: &Utf8Path, path: &Utf8Path) -> String {
    let name = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<&str> = name.components().map(|part| part.as_str()).collect();
    parts.join("/")
}

/// Hashes one file.
pub(super) fn file(path: &Utf8Path, name: String) -> Result<FileFact, FilesError> {
    let fail = |error: std::io::Error| FilesError::new(path, error);
    let metadata = fs::metadata(path).map_err(fail)?;
    if let Some(special) = special(metadata.file_type()) {
        return Err(FilesError::new(path, FilesErrorKind::Special(special)));
    }
    // A file without a size never ends, and a growing file has no stable digest.
    let limit = metadata.len() + 1;
    let mut reader = fs::File::open(path).map_err(fail)?.take(limit);
    // Most files are small and need a single read.
    let read_bytes = usize::try_from(limit.min(128 * 1024)).expect("a buffer fits into memory");
    let mut buffer = vec![0; read_bytes];
    let mut sha256 = Sha256::new();
    let mut crc32 = crc32fast::Hasher::new();
    loop {
        let read = reader.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            break;
        }
        sha256.update(&buffer[..read]);
        crc32.update(&buffer[..read]);
    }
    if crc32.total_len() > metadata.len() {
        return Err(FilesError::new(path, FilesErrorKind::Grows));
    }
    let kind = if is_executable(&metadata) {
        FileKind::Executable
    } else {
        FileKind::Plain
    };
    Ok(FileFact {
        name,
        path: path.to_owned(),
        bytes: crc32.total_len(),
        kind,
        digest: sha256.finalize().into(),
        crc32: crc32.finalize(),
    })
}

/// Returns the facts of a link that is not followed.
fn link(path: &Utf8Path, name: String, symlinks: Symlinks) -> Result<FileFact, FilesError> {
    let target = fs::read_link(path).map_err(|error| FilesError::new(path, error))?;
    let target = target.into_os_string().into_string().map_err(|target| {
        FilesError::new(path, FilesErrorKind::NotUtf8(target.display().to_string()))
    })?;
    if symlinks == Symlinks::Error {
        return Err(FilesError::new(path, FilesErrorKind::Link { target }));
    }
    Ok(FileFact {
        name,
        path: path.to_owned(),
        bytes: target.len() as u64,
        kind: FileKind::Link,
        digest: Sha256::digest(&target).into(),
        crc32: crc32fast::hash(target.as_bytes()),
    })
}

/// Returns true if a file is already an archive, whatever its name.
///
/// An archive ends with the end of central directory record.
///
/// # Source
///
/// PKWARE APPNOTE 6.3.10, section 4.3.16: the record has 22 bytes and a comment of at most 65,535
/// bytes, which extends to the end of the file.
pub(super) fn is_archive(path: &Utf8Path) -> std::io::Result<bool> {
    use std::io::{Seek, SeekFrom};
    const RECORD: usize = 22;
    let mut reader = file::open(path, Accepts::Files)?;
    let length = reader.metadata()?.len();
    let tail = length.min(65_535 + RECORD as u64);
    reader.seek(SeekFrom::Start(length - tail))?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    let is_record = |at: usize| {
        let record = &bytes[at..];
        let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
        record.starts_with(b"PK\x05\x06") && RECORD + comment == record.len()
    };
    Ok(bytes.len() >= RECORD && (0..=bytes.len() - RECORD).rev().any(is_record))
}

fn walk_error(root: &Utf8Path, error: ignore::Error) -> FilesError {
    fn path_of(error: &ignore::Error) -> Option<&std::path::Path> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path),
            ignore::Error::Loop { child, .. } => Some(child),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                path_of(err)
            }
            _ => None,
        }
    }
    fn is_loop(error: &ignore::Error) -> bool {
        match error {
            ignore::Error::Loop { .. } => true,
            ignore::Error::WithPath { err, .. }
            | ignore::Error::WithDepth { err, .. }
            | ignore::Error::WithLineNumber { err, .. } => is_loop(err),
            _ => false,
        }
    }
    let path = path_of(&error)
        .and_then(|path| Utf8Path::from_path(path))
        .unwrap_or(root)
        .to_owned();
    if is_loop(&error) {
        return FilesError::new(path, FilesErrorKind::Loop);
    }
    if let Ok(target) = fs::read_link(&path) {
        if is_circle(&path) {
            return FilesError::new(path, FilesErrorKind::Circle);
        }
        let target = target.display().to_string();
        return FilesError::new(path, FilesErrorKind::DanglingLink { target });
    }
    let message = error.to_string();
    FilesError::new(
        path,
        error
            .into_io_error()
            .unwrap_or_else(|| std::io::Error::other(message)),
    )
}

/// Returns true if a chain of links starting here never ends.
pub(super) fn is_circle(path: &Utf8Path) -> bool {
    // Systems follow at most 40 links.
    let mut at = path.as_std_path().to_owned();
    for _ in 0..=40 {
        let Ok(next) = fs::read_link(&at) else {
            return false;
        };
        at.pop();
        at.push(next);
    }
    true
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

/// Returns the kind of a file that is not a regular file, folder or link.
#[cfg(unix)]
fn special(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        Some("a FIFO")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_block_device() || kind.is_char_device() {
        Some("a device")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
        let scratch = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(scratch.path().to_path_buf()).unwrap();
        (scratch, path)
    }

    #[test]
    fn files_are_sorted_and_git_stays_out() {
        let (_keep, root) = scratch();
        for name in ["b/z.txt", "b.txt", ".env", ".git/config", "a", "skip.log"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), name).unwrap();
        }
        fs::write(root.join(".cnignore"), "*.log\n").unwrap();
        let output = Utf8PathBuf::from("a");
        let outputs = file::known(&root, &output).identity.into_iter().collect();
        let folder = folder(&root, &outputs, Symlinks::Follow).unwrap();
        let names: Vec<_> = folder.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, [".env", "b.txt", "b/z.txt"]);
        assert_eq!(folder.left_out, [root.join(".git"), root.join("a")]);
    }

    #[test]
    fn a_cnignore_that_cannot_be_understood_is_an_error() {
        let utf16: Vec<u8> = "secret\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let gbk = b"\xc3\xdc\xd4\xbf.txt\nsecret\n".to_vec();
        let pattern = b"ok\n[z-a]\n".to_vec();
        for text in [utf16, gbk, pattern] {
            let (_keep, root) = scratch();
            fs::create_dir(root.join("d")).unwrap();
            fs::write(root.join("secret"), "x").unwrap();
            fs::write(root.join("d/.cnignore"), &text).unwrap();
            let error = folder(&root, &Outputs::new(), Symlinks::Follow).unwrap_err();
            assert_eq!(error.path, root.join("d/.cnignore"));
        }
        let (_keep, root) = scratch();
        fs::create_dir(root.join(".cnignore")).unwrap();
        let error = folder(&root, &Outputs::new(), Symlinks::Follow).unwrap_err();
        assert_eq!(error.path, root.join(".cnignore"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_broken_ones_named() {
        use std::os::unix::fs::symlink;
        let (_keep, root) = scratch();
        let (_keep_outside, outside) = scratch();
        fs::write(outside.join("o"), "x").unwrap();
        symlink(outside.join("o"), root.join("link")).unwrap();
        assert_eq!(
            folder(&root, &Outputs::new(), Symlinks::Follow)
                .unwrap()
                .files[0]
                .name,
            "link"
        );
        symlink("nowhere", root.join("dangling")).unwrap();
        let error = folder(&root, &Outputs::new(), Symlinks::Follow).unwrap_err();
        assert_eq!(error.path, root.join("dangling"));
        assert!(
            matches!(error.kind, FilesErrorKind::DanglingLink { target } if target == "nowhere")
        );
        fs::remove_file(root.join("dangling")).unwrap();
        symlink(&root, root.join("self")).unwrap();
        assert!(matches!(
            folder(&root, &Outputs::new(), Symlinks::Follow)
                .unwrap_err()
                .kind,
            FilesErrorKind::Loop
        ));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_kept_or_refused_when_asked() {
        use std::os::unix::fs::symlink;
        let (_keep, root) = scratch();
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/f"), "x").unwrap();
        symlink("d", root.join("to-folder")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        symlink(".", root.join("self")).unwrap();
        let kept = folder(&root, &Outputs::new(), Symlinks::Keep)
            .unwrap()
            .files;
        let kinds: Vec<_> = kept
            .iter()
            .map(|file| (file.name.as_str(), file.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("d/f", FileKind::Plain),
                ("dangling", FileKind::Link),
                ("self", FileKind::Link),
                ("to-folder", FileKind::Link),
            ]
        );
        let error = folder(&root, &Outputs::new(), Symlinks::Error).unwrap_err();
        assert!(
            matches!(error.kind, FilesErrorKind::Link { .. }),
            "{error:?}"
        );
        let (_keep_elsewhere, elsewhere) = scratch();
        symlink(root.join("d"), elsewhere.join("folder")).unwrap();
        let through = folder(&elsewhere.join("folder"), &Outputs::new(), Symlinks::Error).unwrap();
        assert_eq!(through.files[0].path, elsewhere.join("folder/f"));
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_is_an_error_and_never_opened() {
        let (_keep, root) = scratch();
        let made = std::process::Command::new("mkfifo")
            .arg(root.join("pipe"))
            .status()
            .unwrap();
        assert!(made.success());
        assert!(matches!(
            folder(&root, &Outputs::new(), Symlinks::Follow)
                .unwrap_err()
                .kind,
            FilesErrorKind::Special("a FIFO")
        ));
    }

    #[test]
    fn archives_are_known_by_their_end() {
        let (_keep, root) = scratch();
        let mut record = b"PK\x05\x06".to_vec();
        record.extend([0; 18]);
        for (bytes, expected) in [
            (record.clone(), true),
            ([b"xx", record.as_slice()].concat(), true),
            (b"PK".to_vec(), false),
            ([record.as_slice(), b"x"].concat(), false),
        ] {
            fs::write(root.join("f"), bytes).unwrap();
            assert_eq!(is_archive(&root.join("f")).unwrap(), expected);
        }
    }
}
