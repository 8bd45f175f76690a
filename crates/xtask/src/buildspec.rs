//! A buildspec as CodeBuild reads it.
//!
//! Source: AWS `CodeBuild` user guide, "Build specification reference".

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, Visitor};

/// The whole file.
///
/// Keys that CodeBuild does not know are refused. Those that make no
/// difference on one machine (`cache`, `reports`, …) are read and left alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Buildspec {
    version: Text,
    run_as: Option<Text>,
    /// Variables and the shell.
    #[serde(default)]
    pub env: Env,
    /// What is run.
    pub phases: Phases,
    /// What is kept of it.
    pub artifacts: Option<Artifacts>,
    cache: Option<IgnoredAny>,
    reports: Option<IgnoredAny>,
    batch: Option<IgnoredAny>,
    proxy: Option<IgnoredAny>,
}

/// The `env` block.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Env {
    /// The shell of all commands.
    #[serde(default)]
    pub shell: ShellTag,
    /// Plain variables.
    #[serde(default)]
    pub variables: BTreeMap<String, Text>,
    /// Variables whose values later pipeline stages see.
    #[serde(default)]
    pub exported_variables: Vec<String>,
    parameter_store: Option<IgnoredAny>,
    secrets_manager: Option<IgnoredAny>,
    git_credential_helper: Option<IgnoredAny>,
}

/// The shells that CodeBuild knows on Linux.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum ShellTag {
    /// The default.
    #[default]
    #[serde(rename = "/bin/sh", alias = "sh")]
    Sh,
    /// GNU bash.
    #[serde(rename = "bash")]
    Bash,
}

/// The four phases, each of which may be absent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phases {
    install: Option<Phase>,
    pre_build: Option<Phase>,
    build: Option<Phase>,
    post_build: Option<Phase>,
}

/// One phase.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Phase {
    run_as: Option<Text>,
    runtime_versions: Option<IgnoredAny>,
    /// What a failure means for the phases after it.
    pub on_failure: Option<OnFailure>,
    /// Run in order, until one fails.
    #[serde(default)]
    pub commands: Vec<Text>,
    /// Run afterwards in any case.
    #[serde(default)]
    pub finally: Vec<Text>,
}

/// The `on-failure` setting of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum OnFailure {
    /// No further phase runs.
    #[serde(rename = "ABORT")]
    Abort,
    /// The next phase runs.
    #[serde(rename = "CONTINUE")]
    Continue,
}

/// The `artifacts` block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Artifacts {
    /// Files, with `*` and `**`, relative to the base folder.
    #[serde(default)]
    pub files: Vec<Text>,
    /// The base folder, relative to the source.
    pub base_directory: Option<Text>,
    name: Option<IgnoredAny>,
    discard_paths: Option<IgnoredAny>,
    #[serde(rename = "secondary-artifacts")]
    secondary: Option<IgnoredAny>,
}

/// The names of the phases, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhaseName {
    /// `install`
    Install,
    /// `pre_build`
    PreBuild,
    /// `build`
    Build,
    /// `post_build`
    PostBuild,
}

impl fmt::Display for PhaseName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Install => "install",
            Self::PreBuild => "pre_build",
            Self::Build => "build",
            Self::PostBuild => "post_build",
        })
    }
}

/// The file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BuildspecError {
    /// Not YAML, or not a buildspec.
    #[error("cannot read the buildspec: {0}")]
    Parse(String),
    /// Correct, but more than this runner does.
    #[error("cannot run the buildspec here: `{0}` is not supported")]
    Unsupported(&'static str),
    /// Version 0.1 runs each command in a shell of its own.
    #[error("cannot run the buildspec here: its version is `{0}`, supported is 0.2")]
    Version(String),
}

impl Buildspec {
    /// Reads a buildspec.
    ///
    /// # Errors
    ///
    /// [`BuildspecError`] for unknown keys, other versions than 0.2, and what
    /// needs AWS itself (`parameter-store`, `secrets-manager`).
    pub fn parse(text: &str) -> Result<Self, BuildspecError> {
        let spec: Self = serde_saphyr::from_str(text)
            .map_err(|error| BuildspecError::Parse(error.to_string()))?;
        if spec.version.0 != "0.2" {
            return Err(BuildspecError::Version(spec.version.0));
        }
        if spec.env.parameter_store.is_some() {
            return Err(BuildspecError::Unsupported("env/parameter-store"));
        }
        if spec.env.secrets_manager.is_some() {
            return Err(BuildspecError::Unsupported("env/secrets-manager"));
        }
        Ok(spec)
    }

    /// Names what is in the file but makes no difference to the runner.
    pub fn ignored(&self) -> Vec<&'static str> {
        let any_phase = |test: fn(&Phase) -> bool| self.phases.present().any(|(_, p)| test(p));
        let artifacts = self.artifacts.as_ref();
        let any_artifact = |test: fn(&Artifacts) -> bool| artifacts.is_some_and(test);
        let present = [
            (
                "run-as",
                self.run_as.is_some() || any_phase(|phase| phase.run_as.is_some()),
            ),
            (
                "runtime-versions",
                any_phase(|phase| phase.runtime_versions.is_some()),
            ),
            ("cache", self.cache.is_some()),
            ("reports", self.reports.is_some()),
            ("batch", self.batch.is_some()),
            ("proxy", self.proxy.is_some()),
            (
                "git-credential-helper",
                self.env.git_credential_helper.is_some(),
            ),
            ("artifacts/name", any_artifact(|kept| kept.name.is_some())),
            (
                "discard-paths",
                any_artifact(|kept| kept.discard_paths.is_some()),
            ),
            (
                "secondary-artifacts",
                any_artifact(|kept| kept.secondary.is_some()),
            ),
        ];
        let names = present.iter().filter(|(_, present)| *present);
        names.map(|(name, _)| *name).collect()
    }
}

impl Phases {
    /// Returns the phases that the file has, in order.
    pub fn present(&self) -> impl Iterator<Item = (PhaseName, &Phase)> {
        [
            (PhaseName::Install, &self.install),
            (PhaseName::PreBuild, &self.pre_build),
            (PhaseName::Build, &self.build),
            (PhaseName::PostBuild, &self.post_build),
        ]
        .into_iter()
        .filter_map(|(name, phase)| Some((name, phase.as_ref()?)))
    }
}

/// A scalar of any kind, as text: `version: 0.2` is a number to YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub String);

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a scalar")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Text, E> {
        Ok(Text(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Text, E> {
        Ok(Text(value.to_owned()))
    }
}
