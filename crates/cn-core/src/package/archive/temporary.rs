//! A temporary file that leaves nothing behind, however the process ends.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// A private file of this process.
///
/// Where the system supports unnamed files, it has no name; elsewhere it is deleted when this is
/// dropped.
#[derive(Debug)]
pub(in super::super) struct Temporary {
    file: File,
    path: PathBuf,
    /// Deletes the file's name, if it has one.
    _name: Option<TempPath>,
}

impl Temporary {
    /// Creates an empty file that only the user can read.
    pub(super) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", number(&file)));
        // Only Linux has such paths, and not on every system.
        if fs_err::metadata(&path).is_ok() {
            return Ok(Self {
                file,
                path,
                _name: None,
            });
        }
        let (file, name) = NamedTempFile::new()?.into_parts();
        Ok(Self {
            file,
            path: name.to_path_buf(),
            _name: Some(name),
        })
    }

    /// Returns the path that this process can open for reading, valid as long as this value lives.
    pub(in super::super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(unix)]
fn number(file: &File) -> i32 {
    use std::os::fd::AsRawFd;
    file.as_raw_fd()
}

#[cfg(not(unix))]
fn number(_: &File) -> i32 {
    -1
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Temporary {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_from_the_beginning_as_often_as_wanted() {
        let mut file = Temporary::new().unwrap();
        file.write_all(b"text").unwrap();
        for _ in 0..2 {
            assert_eq!(fs_err::read(file.path()).unwrap(), b"text");
        }
        assert_eq!(file.stream_position().unwrap(), 4);
        let path = file.path().to_owned();
        drop(file);
        assert!(fs_err::read(path).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn has_no_name_where_there_is_proc() {
        let path = Temporary::new().unwrap().path().to_owned();
        assert!(path.starts_with("/proc"), "{path:?}");
    }
}
