//! Runs a buildspec the way CodeBuild does.
//!
//! Sources, AWS `CodeBuild` user guide: "Build phase transitions" (a failed
//! `install` or `pre_build` ends the build, after a failed `build` the
//! `post_build` phase still runs), "Build specification reference" (`finally`,
//! `on-failure`; in version 0.2 all commands share one shell), "Environment
//! variables in build environments".

mod artifacts;
mod buildspec;
mod shell;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::TestEnv;
pub use buildspec::{
    Artifacts, Buildspec, BuildspecError, Env, OnFailure, Phase, PhaseName, Phases, ReportGroup,
    ShellTag, Text,
};
use shell::Shell;

/// The compute type of a build.
///
/// # Source
///
/// `on-failure` "is not supported" on Lambda compute and reserved capacity:
/// AWS CodeBuild user guide, "Build specification reference".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compute {
    /// A container on demand.
    #[default]
    Container,
    /// Lambda compute or reserved capacity, which ignore `on-failure`.
    WithoutOnFailure,
}

/// A build about to run.
#[derive(Debug)]
pub struct Build<'a> {
    /// The buildspec to run.
    pub buildspec: &'a Buildspec,
    /// The checkout, `CODEBUILD_SRC_DIR`.
    pub source: &'a Utf8Path,
    /// A folder for the runner's own files, outside the checkout.
    pub scratch: &'a Utf8Path,
    /// The whole environment, with the variables of the project; overrides the file's variables.
    pub variables: BTreeMap<String, String>,
    /// The compute type of the project.
    pub compute: Compute,
    /// Receives headings and all output of the commands.
    pub log: File,
}

/// The result of a build.
#[derive(Debug, PartialEq, Eq)]
pub struct BuildReport {
    /// Every phase of the file, in order.
    pub phases: Vec<(PhaseName, PhaseState)>,
    /// The `exported-variables` and their values at the end.
    pub exported: Vec<(String, String)>,
    /// The files that the `artifacts` block names, relative to the source.
    pub artifacts: Vec<Utf8PathBuf>,
    /// The test cases of each report group.
    pub reports: Vec<(String, Cases)>,
}

/// The test cases in the files of a report group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cases {
    /// All cases.
    pub total: usize,
    /// Cases with a failure or an error.
    pub failed: usize,
}

/// The result of a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Every command ended with 0.
    Succeeded,
    /// A command ended with another code. This is the first such command.
    Failed {
        /// The command.
        command: String,
        /// Its exit code.
        code: i32,
    },
    /// An earlier phase ended the build.
    Skipped,
}

impl BuildReport {
    /// Copies the artifact's files into a folder, under their names in the artifact.
    ///
    /// # Errors
    ///
    /// When a file cannot be copied.
    pub fn collect(&self, spec: &Buildspec, source: &Utf8Path, into: &Utf8Path) -> io::Result<()> {
        let Some(artifacts) = &spec.artifacts else {
            return Ok(());
        };
        for file in &self.artifacts {
            let base = artifacts.base_directory.as_ref();
            let inside = base.and_then(|base| file.strip_prefix(&base.0).ok());
            let mut name = inside.unwrap_or(file).to_owned();
            if artifacts.discards_paths() {
                name = file.file_name().unwrap_or_default().into();
            }
            let target = into.join(name);
            fs_err::create_dir_all(target.parent().unwrap_or(into))?;
            fs_err::copy(source.join(file), target)?;
        }
        Ok(())
    }

    /// Returns true if no phase failed.
    pub fn succeeded(&self) -> bool {
        let failed = |(_, state): &(_, PhaseState)| matches!(state, PhaseState::Failed { .. });
        !self.phases.iter().any(failed)
    }
}

/// Runs a buildspec in a test's project folder and returns its report and its log.
///
/// # Panics
///
/// When the text is not a buildspec, or a shell cannot be started.
pub fn run(env: &TestEnv, text: &str, compute: Compute) -> (BuildReport, String) {
    let buildspec = Buildspec::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let log = env.temporary_folder().join("log");
    let build = Build {
        buildspec: &buildspec,
        source: &env.project(),
        scratch: &env.temporary_folder().join("build"),
        variables: env.variables(),
        compute,
        log: fs_err::File::create(&log).expect("writable").into_parts().0,
    };
    let report = build.run().expect("shells start");
    (report, env.read(log))
}

impl Build<'_> {
    /// Runs all phases. A failed command is part of the report, not an error.
    ///
    /// # Errors
    ///
    /// When a shell cannot be started, or the log cannot be written.
    pub fn run(mut self) -> io::Result<BuildReport> {
        for name in self.buildspec.ignored() {
            writeln!(self.log, "note: `{name}` makes no difference here")?;
        }
        let variables = self.environment();
        let tag = self.buildspec.env.shell;
        let log = self.log.try_clone()?;
        let mut shell = Shell::start(tag, self.source, self.scratch, &variables, log)?;
        let mut phases = Vec::new();
        let mut ended = false;
        let mut succeeding = true;
        for (name, phase) in self.buildspec.phases.present() {
            if ended {
                writeln!(self.log, "== {name}: skipped")?;
                phases.push((name, PhaseState::Skipped));
                continue;
            }
            shell.export(
                "CODEBUILD_BUILD_SUCCEEDING",
                if succeeding { "1" } else { "0" },
            )?;
            let state = self.run_phase(&mut shell, name, phase)?;
            if state != PhaseState::Succeeded {
                succeeding = false;
                let on_failure = phase.on_failure;
                let honored = self.compute == Compute::Container;
                ended = ends_build(name, on_failure.filter(|_| honored));
            }
            phases.push((name, state));
        }
        let names = &self.buildspec.env.exported_variables;
        let exported = names
            .iter()
            .map(|name| Ok((name.clone(), shell.value(name)?)))
            .collect::<io::Result<_>>()?;
        let artifacts = self.buildspec.artifacts.as_ref();
        let artifacts = artifacts.map(|artifacts| artifacts::find(artifacts, self.source));
        Ok(BuildReport {
            phases,
            exported,
            artifacts: artifacts.transpose()?.unwrap_or_default(),
            reports: self.reports()?,
        })
    }

    fn run_phase(
        &mut self,
        shell: &mut Shell,
        name: PhaseName,
        phase: &Phase,
    ) -> io::Result<PhaseState> {
        writeln!(self.log, "== {name}")?;
        let mut state = PhaseState::Succeeded;
        for commands in [&phase.commands, &phase.finally] {
            for command in commands {
                writeln!(self.log, "$ {}", command.0.trim_end())?;
                let code = shell.run(&command.0)?;
                if code == 0 {
                    continue;
                }
                if state == PhaseState::Succeeded {
                    state = PhaseState::Failed {
                        command: command.0.trim_end().to_owned(),
                        code,
                    };
                }
                break;
            }
        }
        match &state {
            PhaseState::Failed { code, .. } => writeln!(self.log, "== {name}: failed ({code})")?,
            _ => writeln!(self.log, "== {name}: succeeded")?,
        }
        Ok(state)
    }

    /// Reads the report groups of the file.
    fn reports(&self) -> io::Result<Vec<(String, Cases)>> {
        let groups = self.buildspec.reports.iter();
        let read = |(name, group): (&String, &ReportGroup)| {
            let mut cases = Cases::default();
            for file in artifacts::find(&group.as_artifacts(), self.source)? {
                let text = fs_err::read_to_string(self.source.join(file))?;
                cases.total += text.matches("<testcase").count();
                let marks = ["<failure", "<error"];
                cases.failed += marks
                    .map(|mark| text.matches(mark).count())
                    .iter()
                    .sum::<usize>();
            }
            Ok((name.clone(), cases))
        };
        groups.map(read).collect()
    }

    /// Returns the variables of the file, then CodeBuild's own, then the project's; later ones
    /// override.
    fn environment(&self) -> BTreeMap<String, String> {
        let from_file = self.buildspec.env.variables.iter();
        let from_file = from_file.map(|(name, value)| (name.clone(), value.0.clone()));
        let own = [
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_REGION", "us-east-1"),
            ("CI", "true"),
            (
                "CODEBUILD_BUILD_ARN",
                "arn:aws:codebuild:us-east-1:111122223333:build/sample:11111111-2222-4333-8444-555555555555",
            ),
            (
                "CODEBUILD_BUILD_ID",
                "sample:11111111-2222-4333-8444-555555555555",
            ),
            ("CODEBUILD_BUILD_NUMBER", "1"),
            ("CODEBUILD_INITIATOR", "codepipeline/sample"),
            (
                "CODEBUILD_RESOLVED_SOURCE_VERSION",
                "0123456789012345678901234567890123456789",
            ),
            ("CODEBUILD_START_TIME", "1767225600000"),
            ("CODEBUILD_SRC_DIR", self.source.as_str()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let project = self.variables.clone();
        from_file.chain(own).chain(project).collect()
    }
}

fn ends_build(phase: PhaseName, on_failure: Option<OnFailure>) -> bool {
    match on_failure {
        Some(on_failure) => on_failure == OnFailure::Abort,
        None => phase < PhaseName::Build,
    }
}
