//! Writes files: replaces a regular file in one step, and writes into a device or pipe.

use std::fs::{File, Metadata};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::place::{Place, PlaceKind};
use super::temporary;

/// An error in writing a file. A regular file that would have been replaced keeps its content.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`")]
pub struct WriteError {
    /// The file.
    pub path: Utf8PathBuf,
    /// The cause.
    #[source]
    pub source: io::Error,
}

/// The readers of a new file. An existing file keeps its owner and permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// All users that the process's mask permits.
    Anybody,
    /// Only the owner. An existing file that others may read loses that permission. Devices and
    /// pipes are refused: a secret goes only into regular files.
    Owner,
}

/// Writes a file, in a way that depends on the kind of file at the path.
///
/// * Nothing, or a regular file: the bytes are written to a temporary file in the same folder,
///   synced to disk and renamed, so that a reader sees either the old or the new text. Owner and
///   permissions are kept. A file that cannot be replaced because it is mounted is overwritten in
///   place.
/// * A link is followed, even to a file that does not exist yet.
/// * A device, a FIFO or an open file such as `/dev/stdout` is written into, at its end, and never
///   replaced.
///
/// Deletes the temporary files that killed runs left in the folder.
///
/// # Errors
///
/// [`WriteError`] if the folder does not exist or is not writable, and for folders, sockets and
/// block devices.
pub fn write_atomic(path: &Utf8Path, bytes: &[u8], readers: Readers) -> Result<(), WriteError> {
    let written = find(path, readers).and_then(|place| {
        if place.kind.is_stream() {
            write_into(&place, bytes)
        } else {
            replace(&place, bytes, readers)
        }
    });
    written.map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

/// Empties a regular file whose content is no longer true. What is no regular file stays.
///
/// # Errors
///
/// [`WriteError`] when it cannot be written.
pub(crate) fn clear(path: &Utf8Path) -> Result<(), WriteError> {
    let cleared = Place::find(path).and_then(|place| match place.kind {
        PlaceKind::File => replace(&place, b"", Readers::Anybody),
        _ => Ok(()),
    });
    cleared.map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

/// Creates a folder for results, with those it lies in.
///
/// # Errors
///
/// [`WriteError`] when it cannot be created, or a file has its name.
pub fn create_folder(folder: &Utf8Path) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(|source| WriteError {
        path: folder.to_owned(),
        // The message of `fs_err` names the path a second time.
        source: io::Error::from(source.kind()),
    })
}

/// Finds the place of a file, and checks that it can be written now. Leaves nothing behind.
pub(super) fn tried(path: &Utf8Path) -> io::Result<Place> {
    let place = find(path, Readers::Anybody)?;
    match place.kind {
        PlaceKind::Absent | PlaceKind::File => drop(temporary::create(folder_of(&place), 0o600)?),
        PlaceKind::Device => drop(open(&place)?),
        // Opening and closing a pipe would end it for its reader.
        PlaceKind::Descriptor | PlaceKind::Pipe => {}
    }
    Ok(place)
}

/// Refuses a secret at a place that is not a regular file.
///
/// # Errors
///
/// The errors of [`write_atomic`] that are known before anything is written.
pub(crate) fn check_secret(path: &Utf8Path) -> Result<(), WriteError> {
    find(path, Readers::Owner)
        .map(drop)
        .map_err(|source| WriteError {
            path: path.to_owned(),
            source,
        })
}

fn find(path: &Utf8Path, readers: Readers) -> io::Result<Place> {
    let place = Place::find(path)?;
    if readers == Readers::Owner && place.kind.is_stream() {
        let message = "it is not a regular file; secrets are written only to regular files";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(place)
}

fn folder_of(place: &Place) -> &std::path::Path {
    place.real.parent().unwrap_or(&place.real)
}

fn write_into(place: &Place, bytes: &[u8]) -> io::Result<()> {
    match open(place)?.write_all(bytes) {
        // A reader that closed the pipe needs no more data.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Opens a stream for writing at its end.
fn open(place: &Place) -> io::Result<File> {
    if let Some(own) = standard_stream(place) {
        return own;
    }
    let file = fs::OpenOptions::new().append(true).open(&place.real)?;
    Ok(file.into_parts().0)
}

/// Returns a duplicate of this process's own stdout or stderr handle.
///
/// A file opened by its name would have its own position, and the two would overwrite each other.
#[cfg(unix)]
fn standard_stream(place: &Place) -> Option<io::Result<File>> {
    use std::os::fd::AsFd;
    let own = std::path::Path::new("/proc/self/fd").canonicalize();
    let own = own.unwrap_or_else(|_| "/dev/fd".into());
    let is_own = place.kind == PlaceKind::Descriptor && folder_of(place) == own;
    let number = place.real.file_name()?.to_str().filter(|_| is_own)?;
    let handle = match number {
        "1" => io::stdout().as_fd().try_clone_to_owned(),
        "2" => io::stderr().as_fd().try_clone_to_owned(),
        _ => return None,
    };
    Some(handle.map(File::from))
}

#[cfg(not(unix))]
fn standard_stream(_: &Place) -> Option<io::Result<File>> {
    None
}

fn replace(place: &Place, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mode = match (&place.metadata, readers) {
        (None, Readers::Anybody) => 0o666,
        _ => 0o600,
    };
    let mut temporary = temporary::create(folder_of(place), mode)?;
    temporary.write_all(bytes)?;
    if let Some(present) = &place.metadata {
        keep_owner_and_mode(temporary.as_file(), present, readers)?;
    }
    temporary.as_file().sync_all()?;
    match temporary.persist(&place.real) {
        // A single mounted file, as in containers, can be written but not replaced.
        Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => overwrite(place, bytes),
        Err(error) => Err(error.error),
        Ok(_) => Ok(()),
    }
}

fn overwrite(place: &Place, bytes: &[u8]) -> io::Result<()> {
    let options = fs::OpenOptions::new();
    let mut file = options
        .clone()
        .write(true)
        .truncate(true)
        .open(&place.real)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives a temporary file the owner and permissions of the file it replaces.
///
/// A build that runs as root must not lock users out of their own files.
#[cfg(unix)]
fn keep_owner_and_mode(file: &File, present: &Metadata, readers: Readers) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (present.uid(), present.gid()) {
        // Only root can change the owner; other users can only write their own files anyway.
        drop(fchown(file, Some(present.uid()), Some(present.gid())));
    }
    let mode = match readers {
        Readers::Anybody => present.mode() & 0o7777,
        Readers::Owner => present.mode() & 0o700,
    };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_: &File, _: &Metadata, _: Readers) -> io::Result<()> {
    Ok(())
}
