//! Python environments under `target/`: the emulator with the AWS CLI, and tools of development
//! tasks.
//!
//! Each environment is created from a requirements file, which pins every package by version and
//! hash. The folder's name contains the file's digest: a changed file results in a new environment,
//! and an unchanged file costs only a look at the disk.

use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use crate::ambient;
use crate::sigv4::hex;

const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

const LINT_REQUIREMENTS: &str = include_str!("../python/requirements-lint.txt");

const POLICIES_REQUIREMENTS: &str = include_str!("../python/requirements-policies.txt");

/// Variables that make pip install packages elsewhere, or use packages from elsewhere.
const MISLEADING_VARIABLES: [&str; 6] = [
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
];

/// A Python environment that contains everything in its requirements file.
#[derive(Clone, Debug)]
pub struct Python {
    folder: Utf8PathBuf,
}

/// The environment could not be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the Python environment `{folder}`")]
pub struct PythonError {
    folder: Utf8PathBuf,
    #[source]
    kind: PythonErrorKind,
}

#[derive(Debug, thiserror::Error)]
enum PythonErrorKind {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("cannot start `{program}`; install Python 3.10 or later")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error("`{command}` failed ({status}):\n{output}")]
    Step {
        command: String,
        status: std::process::ExitStatus,
        output: String,
    },
}

impl Python {
    /// Returns the environment of the emulator, and installs it at the first use.
    ///
    /// # Errors
    ///
    /// Those of [`Python::with`].
    pub fn ready() -> Result<Self, PythonError> {
        Self::with("python", REQUIREMENTS, "the AWS emulator and the AWS CLI")
    }

    /// Returns the environment of cfn-lint, which checks templates in tests.
    ///
    /// # Errors
    ///
    /// Those of [`Python::with`].
    pub fn lint() -> Result<Self, PythonError> {
        Self::with("lint", LINT_REQUIREMENTS, "cfn-lint")
    }

    /// Returns the environment of policy_sentry, a database of IAM actions.
    ///
    /// # Errors
    ///
    /// Those of [`Python::with`].
    pub fn policies() -> Result<Self, PythonError> {
        Self::with("policies", POLICIES_REQUIREMENTS, "policy_sentry")
    }

    /// Returns an environment with the packages of a requirements file, and installs it at the
    /// first use.
    ///
    /// Other processes that need it at the same time wait for the installation, about half a
    /// minute.
    ///
    /// * `name`: the beginning of the folder's name.
    /// * `requirements`: every package with version and hashes.
    /// * `purpose`: a description of the packages, for the person who waits.
    ///
    /// # Errors
    ///
    /// [`PythonError`] when the path has no usable `python3`, or pip cannot install the packages.
    pub fn with(name: &str, requirements: &str, purpose: &str) -> Result<Self, PythonError> {
        let digest = hex(&Sha256::digest(requirements));
        let folder = ambient::testkit_folder().join(format!("{name}-{}", &digest[..12]));
        let python = Self { folder };
        if python.is_complete() {
            return Ok(python);
        }
        match python.install(requirements, purpose) {
            Ok(()) => Ok(python),
            Err(kind) => Err(PythonError {
                folder: python.folder,
                kind,
            }),
        }
    }

    /// Returns the path of a program in the environment, such as `python` or `aws`.
    pub fn program(&self, name: &str) -> Utf8PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Returns the path of a file that is written last. A folder without it was left by an
    /// interrupted installation.
    fn marker(&self) -> Utf8PathBuf {
        self.folder.join("complete")
    }

    fn is_complete(&self) -> bool {
        // The interpreter is a link to outside of the folder, which breaks when Python is upgraded.
        self.marker().is_file() && self.program("python").is_file()
    }

    fn install(&self, packages: &str, purpose: &str) -> Result<(), PythonErrorKind> {
        fs_err::create_dir_all(ambient::testkit_folder())?;
        let lock = fs_err::File::create(ambient::testkit_folder().join("python.lock"))?;
        lock.file().lock()?;
        if self.is_complete() {
            return Ok(());
        }
        ambient::say(&format!("installing {purpose} (once)"));
        if self.folder.exists() {
            fs_err::remove_dir_all(&self.folder)?;
        }
        step(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&self.folder),
        )?;
        let requirements = self.folder.join("requirements.txt");
        fs_err::write(&requirements, packages)?;
        step(
            Command::new(self.program("python"))
                .args(["-m", "pip", "install", "--quiet", "--no-input"])
                .args(["--disable-pip-version-check", "--no-compile"])
                .args(["--require-hashes", "--requirement"])
                .arg(&requirements),
        )?;
        fs_err::write(self.marker(), "")?;
        Ok(())
    }
}

/// Returns the path of the launcher that serves the emulator as one partition.
pub(crate) fn launcher() -> &'static Utf8Path {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/python/emulator.py"))
}

fn step(command: &mut Command) -> Result<(), PythonErrorKind> {
    for name in MISLEADING_VARIABLES {
        command.env_remove(name);
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| PythonErrorKind::Start { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(PythonErrorKind::Step {
        command: format!("{command:?}"),
        status: output.status,
        output: String::from_utf8_lossy(&said).into_owned(),
    })
}
