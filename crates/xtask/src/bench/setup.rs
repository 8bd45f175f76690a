//! The programs to compare and their environment.

use std::collections::BTreeMap;
use std::process::Command;

use camino::Utf8PathBuf;
use cn_testkit::{Python, target_folder};

use super::meter::{Contender, Meter, Program};
use crate::terminal::say;
use xtask::BoxError;

/// Our programs that are compared.
const PROGRAMS: [&str; 3] = ["cn-check", "cn-deploy", "cn-package"];

/// The size of the work and the number of its repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// The work of the table in `docs/benchmarks.md`.
    Full,
    /// Just enough to check that everything runs.
    Quick,
}

/// The parts that all cases need.
pub(super) struct Bench {
    pub(super) scale: Scale,
    /// The folder of an earlier build of our programs, to compare with.
    pub(super) before: Option<Utf8PathBuf>,
    pub(super) folder: Utf8PathBuf,
    pub(super) python: Python,
    pub(super) meter: Meter,
}

impl Bench {
    /// Builds our programs in release mode; a quick run uses those of the tests.
    pub(super) fn build(&self) -> Result<(), BoxError> {
        if self.scale == Scale::Quick {
            return Ok(());
        }
        say("building the programs as users get them");
        let packages = PROGRAMS.iter().flat_map(|name| ["--package", name]);
        let status = Command::new("cargo")
            .args(["build", "--quiet", "--release", "--locked"])
            .args(packages)
            .current_dir(cn_testkit::workspace_folder())
            .status()?;
        if status.success() {
            return Ok(());
        }
        Err("the programs do not build".into())
    }

    /// Returns the path of our program, from the earlier build if `contender` is `Before`.
    pub(super) fn program(&self, contender: Contender, name: &str) -> Utf8PathBuf {
        match (&self.before, self.scale) {
            (Some(folder), _) if contender == Contender::Before => folder.join(name),
            (_, Scale::Quick) => cn_testkit::program(name),
            (_, Scale::Full) => target_folder().join("release").join(name),
        }
    }

    /// Prepares a program without AWS settings, so that it connects to nothing by itself.
    pub(super) fn offline(&self, path: Utf8PathBuf, arguments: &[&str]) -> Program {
        let variables = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"),
            ("HOME", self.folder.as_str()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Program {
            path,
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
            variables: BTreeMap::from(variables),
            folder: self.folder.clone(),
            wrapper: Vec::new(),
        }
    }
}
