//! The isolated environment of one test.

mod calls;
mod files;
mod output;
mod program;
mod redact;
mod run;
mod schema;
mod sides;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use camino::Utf8PathBuf;

use crate::ambient;
use crate::emulator::{Emulators, Ports, StartError};
use crate::router::Router;
pub use calls::{CALLS_VARIABLE, Call};
pub use output::Output;
pub use program::{PROGRAMS_BUILT_VARIABLE, example, program};
pub use redact::Redactions;
pub use run::{Run, Running};
pub use sides::Seed;

/// The isolated environment of one test: a home, a project folder, an endpoint and unique names.
///
/// Programs run with a cleared environment: `HOME`, `TMPDIR` and the working folder lie in a
/// temporary folder, `AWS_ENDPOINT_URL` points at a [`Router`], and instance metadata is off. As in
/// CodeBuild, `AWS_REGION` and `AWS_DEFAULT_REGION` are us-east-1, and the home identity comes from
/// a container role. Width, locale and time zone are fixed.
///
/// Creating the environment does not start an emulator; the first request or seeding does.
#[derive(Debug)]
pub struct TestEnv {
    folder: tempfile::TempDir,
    id: String,
    router: Router,
    variables: Mutex<BTreeMap<String, String>>,
    secrets: Mutex<Vec<String>>,
    /// Files of the test itself, which may contain secrets.
    own_files: Mutex<BTreeSet<Utf8PathBuf>>,
    redactions: Mutex<Redactions>,
    bucket: OnceLock<String>,
    /// The emulators of this environment alone; `None` if it uses those that all tests share.
    own: Option<Emulators>,
}

impl TestEnv {
    /// Creates an empty environment.
    ///
    /// # Panics
    ///
    /// When no temporary folder or loopback port is available.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "a default with side effects would surprise"
    )]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// Creates an empty environment with its own emulators, in which any name is free.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the emulators cannot be installed or started.
    pub fn alone() -> Result<Self, StartError> {
        Ok(Self::with(Some(Emulators::start()?)))
    }

    fn with(own: Option<Emulators>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let env = Self {
            folder,
            id: ambient::unique_id(),
            router: Router::start(own.as_ref().map(Emulators::ports)),
            own,
            variables: Mutex::default(),
            secrets: Mutex::default(),
            own_files: Mutex::default(),
            redactions: Mutex::new(Redactions::new()),
            bucket: OnceLock::new(),
        };
        for folder in [env.home_folder(), env.project(), env.temporary_folder()] {
            fs_err::create_dir_all(folder).expect("the temporary folder is writable");
        }
        env.set_up_redactions();
        env.set_up_variables();
        env
    }

    /// Returns the ports of this environment's emulators.
    fn ports(&self) -> Ports {
        self.own
            .as_ref()
            .map_or_else(Ports::shared, Emulators::ports)
    }

    fn set_up_redactions(&self) {
        let mut redactions = locked(&self.redactions);
        redactions.replace(self.project().as_str(), "[PROJECT]");
        redactions.replace(self.home_folder().as_str(), "[HOME]");
        redactions.replace(self.temporary_folder().as_str(), "[TMP]");
        redactions.replace(self.root().as_str(), "[ROOT]");
        redactions.replace(&self.router.url(), "[ENDPOINT]");
        redactions.replace(&self.id, "[ID]");
    }

    fn set_up_variables(&self) {
        let fixed = [
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_REGION", "us-east-1"),
            ("COLUMNS", "100"),
            ("LC_ALL", "C.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("TERM", "dumb"),
            ("TZ", "UTC"),
        ];
        for (name, value) in fixed {
            self.set(name, value);
        }
        self.set(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &self.router.home_role_url(),
        );
        self.set("AWS_ENDPOINT_URL", &self.router.url());
        self.set("HOME", self.home_folder().as_str());
        self.set("TMPDIR", self.temporary_folder().as_str());
    }
}

/// The environment of the programs.
impl TestEnv {
    /// Sets a variable for every later run.
    pub fn set(&self, name: &str, value: &str) {
        locked(&self.variables).insert(name.to_owned(), value.to_owned());
    }

    /// Removes a variable for every later run.
    pub fn unset(&self, name: &str) {
        locked(&self.variables).remove(name);
    }

    /// Returns the environment that programs see.
    pub fn variables(&self) -> BTreeMap<String, String> {
        locked(&self.variables).clone()
    }

    /// Registers a value that no program may show in a stream, a file, or the command line or
    /// environment of a process.
    pub fn keep_secret(&self, value: &str) {
        locked(&self.secrets).push(value.to_owned());
    }

    /// Replaces a text in all later snapshots.
    pub fn redact(&self, text: &str, by: &str) {
        locked(&self.redactions).replace(text, by);
    }

    /// Returns a text with the replacements of snapshots, for files and recorded requests.
    pub fn redacted(&self, text: &str) -> String {
        locked(&self.redactions).apply(text)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
