//! Locks between runs that write the same file.

use std::fmt;
use std::fs::TryLockError;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;

use super::place::{Place, PlaceKind};

/// Longest wait while the same run holds the lock: each run holds it for milliseconds.
///
/// If many runs take turns, the total wait may be longer.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

const PAUSE: Duration = Duration::from_millis(50);

/// An error in taking a lock. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The lock file cannot be created or locked.
    #[error("cannot lock `{path}`")]
    Io {
        /// The lock file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another process holds the lock past the time limit.
    #[error("`{path}` has been locked by {holder} for more than {limit:?}")]
    Held {
        /// The lock file.
        path: Utf8PathBuf,
        /// The process, if known.
        holder: String,
        /// The time limit.
        limit: Duration,
    },
}

/// The process that holds a lock, from the text and modification time of the lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Holder {
    /// The program, such as `cn-profile`, and its process ID.
    process: Option<String>,
    /// The time when it took the lock.
    since: Option<String>,
}

impl Holder {
    fn read(path: &Utf8Path) -> Self {
        let written = fs::metadata(path).and_then(|metadata| metadata.modified());
        let since = written.ok().map(DateTime::from);
        let process = fs::read_to_string(path).ok();
        Self {
            process: process.map(|text| text.trim().to_owned()),
            since: since.and_then(|time| time.fmt(Format::DateTime).ok()),
        }
    }

    /// Returns the text that identifies this process to others.
    fn own() -> String {
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(std::path::Path::file_name);
        let program = program.unwrap_or_default().to_string_lossy();
        format!("{program}, process {}\n", std::process::id())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process.as_deref() {
            None | Some("") => f.write_str("another process")?,
            Some(process) => write!(f, "`{}`", process.escape_debug())?,
        }
        match &self.since {
            Some(since) => write!(f, " since {since}"),
            None => Ok(()),
        }
    }
}

/// A lock that keeps other runs away from a file until it is dropped.
///
/// The lock file is never deleted: otherwise two runs could lock two different files.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not used")] Option<fs::File>);

impl Lock {
    /// Takes the lock of a file, in a lock file next to it.
    ///
    /// Works without a lock if the file system does not support locks.
    ///
    /// Waits at most 15 seconds for the same holder.
    pub(crate) fn take(file: &Utf8Path) -> Result<Self, LockError> {
        Self::take_within(file, LONGEST_WAIT)
    }

    fn take_within(file: &Utf8Path, limit: Duration) -> Result<Self, LockError> {
        let path = Utf8PathBuf::from(format!("{file}.lock"));
        let fail = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        // A lock file cannot be created next to `/dev/null`, and a file that is not replaced needs
        // no lock.
        if Place::find(file).is_ok_and(|place| place.kind.is_stream()) {
            return Ok(Self(None));
        }
        let mut lock = open(&path).map_err(fail)?;
        let mut waited = Duration::ZERO;
        let mut holder = Holder::default();
        loop {
            match lock.file().try_lock() {
                Ok(()) => {
                    // The text only serves messages about the holder, so a failure to write it is
                    // ignored.
                    drop(
                        lock.set_len(0)
                            .and_then(|()| lock.write_all(Holder::own().as_bytes())),
                    );
                    return Ok(Self(Some(lock)));
                }
                Err(TryLockError::WouldBlock) => {
                    let present = Holder::read(&path);
                    if present != holder {
                        (holder, waited) = (present, Duration::ZERO);
                    }
                    if waited >= limit {
                        return Err(LockError::Held {
                            path,
                            holder: holder.to_string(),
                            limit,
                        });
                    }
                    thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self(None));
                }
                Err(TryLockError::Error(error)) => return Err(fail(error)),
            }
        }
    }
}

fn open(path: &Utf8Path) -> io::Result<fs::File> {
    let place = Place::find(path)?;
    // The holder's name is written into the file: what a link leads to is none of ours.
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link || place.kind.is_stream() {
        let message = if is_link {
            "it is a link"
        } else {
            "it is not a regular file"
        };
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    fs::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(target_os = "linux")]
    fs::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW);
    let file = options.open(path)?;
    if place.kind == PlaceKind::Absent {
        give_to_owner_of_folder(file.file(), &place);
    }
    Ok(file)
}

/// Gives the lock file to the owner of the folder.
///
/// A lock that root creates must not block the owner later.
#[cfg(unix)]
fn give_to_owner_of_folder(file: &std::fs::File, place: &Place) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let folder = place
        .real
        .parent()
        .and_then(|folder| fs::metadata(folder).ok());
    if let Some(folder) = folder {
        // Only root can change the owner.
        drop(fchown(file, Some(folder.uid()), Some(folder.gid())));
    }
}

#[cfg(not(unix))]
fn give_to_owner_of_folder(_: &std::fs::File, _: &Place) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_and_names_the_holder() {
        let scratch = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(scratch.path()).unwrap().join("config");
        let held = Lock::take(&file).unwrap();
        let limit = PAUSE * 2;
        let error = Lock::take_within(&file, limit).unwrap_err().to_string();
        let pid = std::process::id();
        let expected = format!(", process {pid}` since 2");
        assert!(
            error.contains(&expected) && error.ends_with("for more than 100ms"),
            "{error}"
        );
        drop(held);
        // A process that another test starts may hold copies of the handle for a moment.
        Lock::take(&file).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_lock_is_refused_and_what_it_leads_to_stays() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(scratch.path()).unwrap();
        let victim = folder.join("victim");
        fs::write(&victim, "text").unwrap();
        for target in [&victim, &folder.join("nowhere")] {
            let link = folder.join("config.lock");
            std::os::unix::fs::symlink(target, &link).unwrap();
            let error = Lock::take(&folder.join("config")).unwrap_err();
            assert!(
                cn_testkit::chain(&error).ends_with("it is a link"),
                "{error}"
            );
            fs::remove_file(link).unwrap();
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "text");
        assert!(!folder.join("nowhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_root_makes_belongs_to_the_owner_of_the_folder() {
        use std::os::unix::fs::{MetadataExt, chown};
        let scratch = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(scratch.path()).unwrap();
        // Only root can change the owner.
        if chown(folder, Some(1000), Some(1000)).is_ok() {
            drop(Lock::take(&folder.join("config")).unwrap());
            let metadata = fs::metadata(folder.join("config.lock")).unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (1000, 1000));
        }
    }
}
