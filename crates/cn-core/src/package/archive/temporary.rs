//! A temporary file that leaves nothing behind, however the process ends.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

/// A file that only this process knows: it has no name where the system can
/// open a file without one, and is gone when this is dropped elsewhere.
#[derive(Debug)]
pub(in super::super) struct Temporary {
    file: File,
    path: PathBuf,
    /// Removes the file's name when it has one.
    _name: Option<TempPath>,
}

impl Temporary {
    /// Makes an empty file, readable by the user alone.
    pub(super) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", number(&file)));
        // Only Linux has such paths, and not everywhere.
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

    /// Returns the path under which this process can open it for reading, as long as this lives.
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
