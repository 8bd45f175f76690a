//! The only module that reads the process's surroundings and writes to the terminal.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

/// Returns an environment variable, if it is set and UTF-8.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of this crate that reads the environment"
    )]
    std::env::var(name).ok()
}

/// Returns the time since the Unix epoch, which dates signatures.
pub(crate) fn unix_time() -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "signatures need the time; nothing else here does"
    )]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH)
        .expect("the clock is past 1970")
}

/// Returns ten characters that no other call returned, valid in bucket and stack names.
pub(crate) fn unique_id() -> String {
    let number = RandomState::new().build_hasher().finish();
    format!("t{:09x}", number & 0xf_ffff_ffff)
}

/// Prints a text to the person at the terminal, outside the test's own output.
pub(crate) fn say(text: &str) {
    #[expect(
        clippy::print_stderr,
        reason = "a first run takes half a minute; silence would look like a hang"
    )]
    {
        eprintln!("{text}");
    }
}

/// Returns the workspace folder this crate was compiled in.
pub fn workspace_folder() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates lie two levels below the workspace")
}

/// Returns cargo's target folder: the one that contains the running executable, else the
/// workspace's.
pub fn target_folder() -> Utf8PathBuf {
    let executable = std::env::current_exe().expect("an executable knows its path");
    executable
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .and_then(|folder| Utf8PathBuf::from_path_buf(folder.to_owned()).ok())
        .unwrap_or_else(|| workspace_folder().join("target"))
}

/// Returns the file name of the running executable, for the names of its log files.
pub(crate) fn executable_name() -> String {
    let executable = std::env::current_exe().expect("an executable knows its path");
    let name = executable.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Returns the folder of everything that this crate keeps between runs.
pub(crate) fn testkit_folder() -> Utf8PathBuf {
    target_folder().join("testkit")
}
