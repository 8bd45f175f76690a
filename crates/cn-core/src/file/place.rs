//! Locations of files, with all links resolved.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use camino::Utf8Path;
use fs_err as fs;

/// Maximum number of links that Linux follows.
const MOST_LINKS: usize = 40;

/// A path with all links resolved, and the file there.
#[derive(Debug)]
pub(super) struct Place {
    /// The path with all links resolved; its folder exists.
    pub real: PathBuf,
    /// The kind of file there.
    pub kind: PlaceKind,
    /// The file's metadata; `None` if the file does not exist.
    pub metadata: Option<Metadata>,
}

/// Kinds of files that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// No file exists yet.
    Absent,
    /// A regular file.
    File,
    /// An open file of a process, such as `/dev/stdout`, `/dev/fd/63` or `/proc/self/fd/1`.
    Descriptor,
    /// A FIFO.
    Pipe,
    /// A character device, such as `/dev/null`.
    Device,
}

impl PlaceKind {
    /// Returns true if bytes are written into the existing file, which is not replaced.
    pub(super) const fn is_stream(self) -> bool {
        matches!(self, Self::Descriptor | Self::Pipe | Self::Device)
    }
}

impl Place {
    /// Resolves a path to its file, which need not exist.
    ///
    /// # Errors
    ///
    /// An I/O error if the folder does not exist, the path leads to a folder, a socket or a block
    /// device, or its links form a cycle.
    pub(super) fn find(path: &Utf8Path) -> io::Result<Self> {
        let mut at = path.as_std_path().to_owned();
        for _ in 0..=MOST_LINKS {
            let Some(name) = at.file_name() else {
                return Err(io::Error::new(
                    io::ErrorKind::IsADirectory,
                    "it is a folder",
                ));
            };
            let folder = real_folder(&at)?;
            let real = folder.join(name);
            if is_folder_of_descriptors(&folder) {
                let metadata = fs::metadata(&real)?;
                refuse(&metadata)?;
                return Ok(Self {
                    real,
                    kind: PlaceKind::Descriptor,
                    metadata: Some(metadata),
                });
            }
            let metadata = match real.symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self {
                        real,
                        kind: PlaceKind::Absent,
                        metadata: None,
                    });
                }
                Err(error) => return Err(error),
            };
            if metadata.is_symlink() {
                at = folder.join(fs::read_link(&real)?);
                continue;
            }
            return Ok(Self {
                real,
                kind: refuse(&metadata)?,
                metadata: Some(metadata),
            });
        }
        Err(io::Error::other("its links lead back to themselves"))
    }

    /// Returns the identity of the file, which does not depend on the path that leads to it.
    ///
    /// `None` for devices and pipes, which may be written several times.
    pub(super) fn identity(&self) -> Option<Identity> {
        match &self.metadata {
            Some(metadata) => metadata
                .is_file()
                .then(|| Identity::of(metadata, &self.real)),
            None => Some(Identity::Path(self.real.clone())),
        }
    }
}

/// The identity of a regular file, whatever path leads to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// A file that exists, by device and inode.
    #[cfg(unix)]
    Inode(u64, u64),
    /// The path with all links resolved.
    Path(PathBuf),
}

impl Identity {
    /// Returns the identity of an existing file.
    ///
    /// * `path`: a path to the file, for systems without inodes.
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata, _path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self::Inode(metadata.dev(), metadata.ino())
    }

    /// Returns the inode, on systems that have inodes.
    pub(crate) const fn inode(&self) -> Option<u64> {
        match self {
            #[cfg(unix)]
            Self::Inode(_, inode) => Some(*inode),
            Self::Path(_) => None,
        }
    }

    /// Returns the identity of an existing file.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Metadata, path: &Path) -> Self {
        Self::Path(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

/// Returns the folder that contains a path, with all links resolved.
fn real_folder(path: &Path) -> io::Result<PathBuf> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    folder.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if folder == Path::new(".") => {
            io::Error::new(error.kind(), "the working folder was deleted")
        }
        io::ErrorKind::NotFound => io::Error::new(
            error.kind(),
            format!("there is no folder `{}`", folder.display()),
        ),
        _ => error,
    })
}

/// Returns true for `/proc/PID/fd`, `/proc/PID/task/TID/fd`, and `/dev/fd` where it is a folder.
fn is_folder_of_descriptors(folder: &Path) -> bool {
    folder == Path::new("/dev/fd") || (folder.starts_with("/proc") && folder.ends_with("fd"))
}

/// Returns the kind of a file that can be opened; refuses all others.
fn refuse(metadata: &Metadata) -> io::Result<PlaceKind> {
    let kind = metadata.file_type();
    if metadata.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        ));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let found = [
            (kind.is_fifo(), Ok(PlaceKind::Pipe)),
            (kind.is_char_device(), Ok(PlaceKind::Device)),
            (kind.is_socket(), Err("it is a socket")),
            (kind.is_block_device(), Err("it is a disk")),
        ];
        let found = found
            .into_iter()
            .find_map(|(is_it, found)| is_it.then_some(found));
        if let Some(found) = found {
            return found.map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(if kind.is_file() {
        PlaceKind::File
    } else {
        PlaceKind::Device
    })
}
