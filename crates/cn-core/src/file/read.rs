//! Opens and reads files that the user names.

use std::io::{self, Read};

use camino::Utf8Path;
use fs_err as fs;

use super::place::{Place, PlaceKind};

/// Bytes of the largest text that is read into memory: far above every limit of AWS.
pub(crate) const MOST_TEXT_BYTES: u64 = 64 * 1024 * 1024;

/// Kinds of files that may be opened. `/dev/null` is always accepted, and is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accepts {
    /// Regular files, also through links.
    Files,
    /// Regular files, and open files such as `/dev/stdin` or `/dev/fd/63`.
    Descriptors,
    /// All of `Descriptors`, and FIFOs.
    Pipes,
}

/// Opens a file for reading, unless its kind is not accepted.
///
/// # Errors
///
/// An I/O error if the file cannot be opened, is a folder, or its kind is not accepted.
pub(crate) fn open(path: &Utf8Path, accepts: Accepts) -> io::Result<fs::File> {
    // If nothing exists at the path, the error comes from opening it.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let place = Place::find(path)?;
        let least = match place.kind {
            PlaceKind::Absent | PlaceKind::File => Ok(Accepts::Files),
            PlaceKind::Device if place.real.as_os_str() == "/dev/null" => Ok(Accepts::Files),
            PlaceKind::Descriptor => Ok(Accepts::Descriptors),
            PlaceKind::Pipe => Ok(Accepts::Pipes),
            PlaceKind::Device => Err("it is a device, not a file"),
        };
        let refused = match least {
            Ok(least) if least <= accepts => None,
            Ok(Accepts::Pipes) => Some("it is a FIFO, not a file"),
            Ok(_) => Some("it is an open file of a process, not a file with a name"),
            Err(why) => Some(why),
        };
        if let Some(why) = refused {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
    }
    fs::File::open(path)
}

/// Reads a whole file of at most [`MOST_TEXT_BYTES`].
///
/// # Errors
///
/// The errors of [`open`], and an error for a file that is larger or never ends.
pub(crate) fn read(path: &Utf8Path, accepts: Accepts) -> io::Result<Vec<u8>> {
    let file = open(path, accepts)?;
    let mut bytes = Vec::new();
    // If the recorded size is too large, the file is not read at all.
    let is_larger = file.metadata()?.len() > MOST_TEXT_BYTES || {
        file.take(MOST_TEXT_BYTES + 1).read_to_end(&mut bytes)?;
        bytes.len() as u64 > MOST_TEXT_BYTES
    };
    if is_larger {
        let message = format!("it is larger than {} MiB", MOST_TEXT_BYTES / 1024 / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Reads a whole file of UTF-8 text.
///
/// # Errors
///
/// An I/O error if the file cannot be read, is of a kind that `accepts` excludes, or is too large;
/// [`io::ErrorKind::InvalidData`] if it is not UTF-8.
pub fn read_text(path: &Utf8Path, accepts: Accepts) -> io::Result<String> {
    String::from_utf8(read(path, accepts)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Reads a file of UTF-8 text without the byte order mark that some editors put before it:
/// parsers of JSON and INI, and the SDK, take it for a part of the first word.
///
/// # Errors
///
/// Those of [`read_text`].
pub(crate) fn read_plain(path: &Utf8Path, accepts: Accepts) -> io::Result<String> {
    let text = read_text(path, accepts)?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(plain) => plain.to_owned(),
        None => text,
    })
}
