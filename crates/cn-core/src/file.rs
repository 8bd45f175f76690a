//! Writing files so that a reader sees the old text or the new one, never half of it.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use tempfile::NamedTempFile;

/// A file that cannot be written. What was there before is untouched.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`")]
pub struct WriteError {
    /// The file.
    pub path: Utf8PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Who may read a new file. An existing file keeps its permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the process's mask allows.
    Anybody,
    /// The owner alone; an existing file that others may read is narrowed.
    Owner,
}

/// Replaces a file's content, or creates the file, in one step.
///
/// The bytes are written to a temporary file in the same folder, brought to
/// disk and renamed. A link is followed: the file it points at is replaced.
///
/// # Errors
///
/// [`WriteError`] when the folder does not exist or cannot be written.
pub fn write_atomic(path: &Utf8Path, bytes: &[u8], readers: Readers) -> Result<(), WriteError> {
    let fail = |source| WriteError {
        path: path.to_owned(),
        source,
    };
    let real = match path.canonicalize_utf8() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => end_of_link(path),
        Err(error) => return Err(fail(error)),
    };
    // Its message would name the temporary file.
    let mut temporary =
        NamedTempFile::new_in(folder_of(&real)).map_err(|error| fail(error.kind().into()))?;
    temporary.write_all(bytes).map_err(fail)?;
    set_permissions(&temporary, &real, readers).map_err(fail)?;
    temporary.as_file().sync_all().map_err(fail)?;
    temporary
        .persist(&real)
        .map_err(|error| fail(error.error))?;
    Ok(())
}

/// The file that a link names although it does not exist, such as one on a volume
/// that is still empty.
fn end_of_link(path: &Utf8Path) -> Utf8PathBuf {
    /// Links that Linux follows.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        match path.read_link_utf8() {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => break,
        }
    }
    path
}

/// Whether [`write_atomic`] could write a file now; to be asked before what the
/// file will tell of is done. Leaves nothing behind.
///
/// # Errors
///
/// As of [`write_atomic`].
pub fn check_writable(path: &Utf8Path) -> Result<(), WriteError> {
    let fail = |kind: io::ErrorKind| WriteError {
        path: path.to_owned(),
        source: kind.into(),
    };
    if path.is_dir() {
        return Err(fail(io::ErrorKind::IsADirectory));
    }
    let real = path.canonicalize_utf8();
    let real = real.unwrap_or_else(|_| path.to_owned());
    let probe = NamedTempFile::new_in(folder_of(&real));
    probe.map(drop).map_err(|error| fail(error.kind()))
}

fn folder_of(path: &Utf8Path) -> &Utf8Path {
    match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    }
}

/// Gives a temporary file, which is the owner's alone, the permissions of the one it replaces.
#[cfg(unix)]
fn set_permissions(temporary: &NamedTempFile, path: &Utf8Path, readers: Readers) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let present = match fs::metadata(path) {
        Ok(metadata) => {
            keep_owner(temporary, &metadata);
            Some(metadata.permissions().mode())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mode = match (present, readers) {
        (Some(mode), Readers::Anybody) => mode,
        (Some(mode), Readers::Owner) => mode & 0o700,
        (None, Readers::Owner) => 0o600,
        (None, Readers::Anybody) => 0o666 & !mask(temporary)?,
    };
    fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(mode))
}

/// Gives a temporary file the owner of the one it replaces, as far as the process may:
/// a build that runs as root must not lock the user out of the user's own file.
#[cfg(unix)]
fn keep_owner(temporary: &NamedTempFile, replaced: &std::fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, chown};
    let Ok(own) = temporary.as_file().metadata() else {
        return;
    };
    if (own.uid(), own.gid()) != (replaced.uid(), replaced.gid()) {
        // Only root may give files away; others can write only what is theirs anyway.
        drop(chown(
            temporary.path(),
            Some(replaced.uid()),
            Some(replaced.gid()),
        ));
    }
}

/// The process's mask, as a file made the ordinary way shows it.
#[cfg(unix)]
fn mask(beside: &NamedTempFile) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mut name = beside.path().to_owned().into_os_string();
    name.push(".mask");
    let probe = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&name)?;
    let mode = probe
        .metadata()
        .map(|metadata| metadata.permissions().mode());
    fs::remove_file(&name)?;
    Ok(!mode? & 0o777)
}

#[cfg(not(unix))]
fn set_permissions(_: &NamedTempFile, _: &Utf8Path, _: Readers) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Utf8Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replaces_what_a_link_points_at_and_keeps_its_mode() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let (file, link) = (root.join("file"), root.join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_atomic(&link, b"new", Readers::Anybody).unwrap();
        assert_eq!(
            (fs::read_to_string(&file).unwrap().as_str(), mode(&file)),
            ("new", 0o640)
        );
        assert!(link.is_symlink());
        write_atomic(&link, b"secret", Readers::Owner).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(fs::read_dir(root).unwrap().count(), 2);
    }

    #[test]
    fn a_link_to_a_file_that_is_not_there_yet_is_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        fs::create_dir(root.join("volume")).unwrap();
        symlink("volume/file", root.join("link")).unwrap();
        write_atomic(&root.join("link"), b"secret", Readers::Owner).unwrap();
        assert!(root.join("link").is_symlink());
        assert_eq!(
            fs::read_to_string(root.join("volume/file")).unwrap(),
            "secret"
        );
        symlink("nowhere/file", root.join("lost")).unwrap();
        write_atomic(&root.join("lost"), b"secret", Readers::Owner).unwrap_err();
        assert!(root.join("lost").is_symlink());
    }

    #[test]
    fn the_owner_of_a_replaced_file_stays() {
        use std::os::unix::fs::{MetadataExt, chown};
        let scratch = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(scratch.path()).unwrap().join("file");
        fs::write(&file, "old").unwrap();
        // Only root can try it.
        if chown(&file, Some(1000), Some(1000)).is_ok() {
            write_atomic(&file, b"new", Readers::Owner).unwrap();
            let metadata = fs::metadata(&file).unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (1000, 1000));
        }
    }

    #[test]
    fn a_new_file_has_the_mode_asked_for() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        write_atomic(&root.join("secret"), b"x", Readers::Owner).unwrap();
        assert_eq!(mode(&root.join("secret")), 0o600);
        fs::write(root.join("ordinary"), "x").unwrap();
        write_atomic(&root.join("plain"), b"x", Readers::Anybody).unwrap();
        assert_eq!(mode(&root.join("plain")), mode(&root.join("ordinary")));
        let error = write_atomic(&root.join("no/folder"), b"x", Readers::Anybody).unwrap_err();
        assert_eq!(error.path, root.join("no/folder"));
    }
}
