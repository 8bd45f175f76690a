//! Runs programs and measures their costs.

use std::collections::BTreeMap;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cn_testkit::Python;
use serde::Deserialize;

use xtask::BoxError;

/// The programs of a case, of which two run in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contender {
    /// The program of others, which runs first.
    Peer,
    /// Our program of an earlier build, which runs first instead of the peer.
    Before,
    /// Our program.
    Ours,
}

/// A program to measure.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub path: Utf8PathBuf,
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub variables: BTreeMap<String, String>,
    pub folder: Utf8PathBuf,
    /// Words before the program, such as `ip netns exec NAME`.
    pub wrapper: Vec<String>,
}

/// The cost of a run.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Run {
    status: i32,
    /// Wall time in seconds.
    pub wall: f64,
    /// CPU time in seconds, on all processors.
    pub cpu: f64,
    /// Peak memory in kB.
    pub peak: u64,
    /// Uploads; for programs that upload nothing, all requests.
    #[serde(default)]
    pub requests: usize,
    /// Bytes of all bodies, including those that were cut off.
    #[serde(default)]
    pub sent_bytes: u64,
}

/// Measures programs.
pub(super) struct Meter {
    script: Utf8PathBuf,
    log: Utf8PathBuf,
    python: Utf8PathBuf,
}

impl Meter {
    pub(super) fn new(folder: &Utf8Path, python: &Python) -> Result<Self, BoxError> {
        let script = folder.join("measure.py");
        fs_err::write(&script, include_str!("measure.py"))?;
        Ok(Self {
            script,
            log: folder.join("output.log"),
            python: python.program("python"),
        })
    }

    /// Runs a program to its end, which must be a success.
    pub(super) fn run(&self, program: &Program) -> Result<Run, BoxError> {
        let words: Vec<&str> = program
            .wrapper
            .iter()
            .map(String::as_str)
            .chain([&self.python, &self.script, &self.log, &program.path].map(|path| path.as_str()))
            .chain(program.arguments.iter().map(String::as_str))
            .collect();
        let output = Command::new(words[0])
            .args(&words[1..])
            .current_dir(&program.folder)
            .env_clear()
            .envs(&program.variables)
            .output()?;
        let run: Result<Run, _> = serde_json::from_slice(&output.stdout);
        match run {
            Ok(run) if run.status == 0 => Ok(run),
            _ => {
                let said = fs_err::read_to_string(&self.log).unwrap_or_default();
                let why = String::from_utf8_lossy(&output.stderr);
                Err(format!("`{}` failed: {why}{said}", program.path).into())
            }
        }
    }
}
