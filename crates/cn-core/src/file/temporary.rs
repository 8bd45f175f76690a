//! Temporary files of `cn`. Packaging skips them by name, they are locked while they are written,
//! and the next run deletes those of killed runs.

use std::fs::TryLockError;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use tempfile::NamedTempFile;

const PREFIX: &str = ".cn-tools-";
const SUFFIX: &str = ".tmp";
const RANDOM_CHARACTERS: usize = 6;

/// Age after which a file counts as abandoned, on file systems without locks.
const STALE: Duration = Duration::from_hours(1);

/// Returns true for the name of a temporary file of `cn`, which packaging skips.
pub(crate) fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    let random = random.and_then(|rest| rest.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM_CHARACTERS && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Creates a locked temporary file in a folder.
///
/// Also deletes the temporary files that killed runs left there.
///
/// * `mode`: the permissions on Unix, narrowed by the process's mask.
pub(super) fn create(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    loop {
        let file = named(folder, mode)?;
        let is_ours = match file.as_file().try_lock() {
            // Another run may have deleted the file because it looked abandoned.
            Ok(()) => is_linked(file.as_file())?,
            Err(TryLockError::WouldBlock) => false,
            // The file system does not support locks.
            Err(TryLockError::Error(_)) => true,
        };
        if is_ours {
            sweep(folder, file.as_file().metadata()?.modified()?);
            return Ok(file);
        }
    }
}

#[cfg_attr(
    not(unix),
    expect(unused_variables, reason = "only Unix has modes of this kind")
)]
fn named(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut reason = None;
    let file = tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .rand_bytes(RANDOM_CHARACTERS)
        .make_in(folder, |path| {
            let file = options.open(path);
            reason = file.as_ref().err().and_then(io::Error::raw_os_error);
            file
        });
    // An error of the `tempfile` crate names the temporary file, and has no error number.
    file.map_err(|error| reason.map_or(error, io::Error::from_raw_os_error))
}

#[cfg(unix)]
fn is_linked(file: &std::fs::File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.nlink() > 0)
}

#[cfg(not(unix))]
fn is_linked(_: &std::fs::File) -> io::Result<bool> {
    Ok(true)
}

/// Deletes the temporary files of killed runs. Files that cannot be read or deleted stay.
///
/// * `now`: the current time by the clock of the file system.
fn sweep(folder: &Path, now: SystemTime) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_temporary = entry.file_name().to_str().is_some_and(is_temporary);
        if is_temporary && is_stale(&entry, now) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Returns true if no process is writing a temporary file any more.
fn is_stale(entry: &fs::DirEntry, now: SystemTime) -> bool {
    if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
        return false;
    }
    let Ok(file) = fs::File::open(entry.path()) else {
        return false;
    };
    match file.file().try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|then| now.duration_since(then).is_ok_and(|age| age > STALE))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_is_removed_and_nothing_else() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let busy = create(folder, 0o600).unwrap();
        let (_, left) = named(folder, 0o600).unwrap().keep().unwrap();
        for name in [".tmpAbCdEf", ".cn-tools-ab.tmp", ".cn-tools-AbC-Ef.tmp"] {
            fs::write(folder.join(name), "").unwrap();
            assert!(!is_temporary(name), "{name}");
        }
        fs::create_dir(folder.join(".cn-tools-AbCdEf.tmp")).unwrap();
        assert_eq!(fs::read_dir(folder).unwrap().count(), 6);
        let new = create(folder, 0o600).unwrap();
        assert!(!left.exists() && busy.path().exists() && new.path().exists());
        assert_eq!(fs::read_dir(folder).unwrap().count(), 6);
    }
}
