//! The only module that prints.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Prints a line for people.
pub(crate) fn say(line: &str) {
    #[expect(
        clippy::print_stderr,
        reason = "the one place of this crate that prints"
    )]
    {
        eprintln!("{line}");
    }
}

/// Prints a line for other programs to read.
pub(crate) fn result(line: &str) {
    #[expect(
        clippy::print_stdout,
        reason = "the one place of this crate that prints"
    )]
    {
        println!("{line}");
    }
}

/// Returns standard error as a file that other processes can also write to.
pub(crate) fn log() -> io::Result<File> {
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}
