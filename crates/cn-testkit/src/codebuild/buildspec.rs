//! A buildspec as CodeBuild reads it.
//!
//! Source: AWS `CodeBuild` user guide, "Build specification reference".

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, Visitor};

/// A buildspec of version 0.2.
///
/// Parsing fails for keys that CodeBuild does not know, and for keys that would change what a build
/// does and that this runner does not implement. `cache` and `runtime-versions` make no difference
/// on one machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Buildspec {
    version: Text,
    run_as: Option<IgnoredAny>,
    /// Variables and the shell.
    #[serde(default)]
    pub env: Env,
    /// The commands.
    pub phases: Phases,
    /// The files that the build leaves.
    pub artifacts: Option<Artifacts>,
    cache: Option<Cache>,
    /// Test reports by the name of their group.
    #[serde(default)]
    pub reports: BTreeMap<String, ReportGroup>,
    batch: Option<Batch>,
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
    /// Variables whose values are visible to later pipeline actions.
    #[serde(default)]
    pub exported_variables: Vec<String>,
    parameter_store: Option<IgnoredAny>,
    secrets_manager: Option<IgnoredAny>,
    git_credential_helper: Option<IgnoredAny>,
}

/// The shells that CodeBuild supports on Linux.
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
    run_as: Option<IgnoredAny>,
    runtime_versions: Option<IgnoredAny>,
    /// The effect of a failure on the phases after this one.
    pub on_failure: Option<OnFailure>,
    /// Commands that run in order, until one fails.
    #[serde(default)]
    pub commands: Vec<Text>,
    /// Commands that run afterwards in any case.
    #[serde(default)]
    pub finally: Vec<Text>,
}

/// The `on-failure` setting of a phase; parsing fails for retries.
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
    /// True if all files lie at the top of the artifact.
    #[serde(default)]
    discard_paths: Switch,
}

/// The `cache` block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Cache {
    #[serde(rename = "paths")]
    _paths: Vec<Text>,
    #[serde(rename = "key")]
    _key: Option<Text>,
}

/// One group of the `reports` block; JUnit XML is the only supported format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReportGroup {
    files: Vec<Text>,
    base_directory: Option<Text>,
    #[serde(rename = "file-format", default)]
    _format: ReportFormat,
}

/// The report formats that this runner reads.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
enum ReportFormat {
    /// The default of CodeBuild.
    #[default]
    #[serde(rename = "JUNITXML")]
    JunitXml,
}

/// The `batch` block; a matrix of variables is the only supported form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Batch {
    #[serde(default, rename = "fast-fail")]
    _fast_fail: Switch,
    build_matrix: Matrix,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    #[serde(rename = "static")]
    _fixed: Option<MatrixStatic>,
    dynamic: MatrixDynamic,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MatrixStatic {
    #[serde(default, rename = "ignore-failure")]
    _ignore_failure: Switch,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MatrixDynamic {
    env: MatrixEnv,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MatrixEnv {
    variables: BTreeMap<String, Vec<Text>>,
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

/// The reason that a buildspec cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum BuildspecError {
    /// The text is not YAML, or not a buildspec.
    #[error("cannot read the buildspec: {0}")]
    Parse(String),
    /// The buildspec is correct, but this runner does not implement a key of it.
    #[error("cannot run the buildspec here: `{0}` is not supported")]
    Unsupported(&'static str),
    /// The version is not 0.2. Version 0.1 runs each command in its own shell.
    #[error("cannot run the buildspec here: its version is `{0}`, supported is 0.2")]
    Version(String),
}

impl Buildspec {
    /// Reads a buildspec.
    ///
    /// # Errors
    ///
    /// [`BuildspecError`] for unknown keys, other versions than 0.2, and keys
    /// that this runner does not implement (`parameter-store`, `run-as`, …).
    pub fn parse(text: &str) -> Result<Self, BuildspecError> {
        let spec: Self = serde_saphyr::from_str(text)
            .map_err(|error| BuildspecError::Parse(error.to_string()))?;
        if spec.version.0 != "0.2" {
            return Err(BuildspecError::Version(spec.version.0));
        }
        match spec.unsupported() {
            Some(name) => Err(BuildspecError::Unsupported(name)),
            None => Ok(spec),
        }
    }

    /// Returns the first key that would change the build and is not implemented.
    fn unsupported(&self) -> Option<&'static str> {
        let is_run_as = |(_, phase): (_, &Phase)| phase.run_as.is_some();
        let present = [
            ("run-as", self.run_as.is_some()),
            ("run-as", self.phases.present().any(is_run_as)),
            ("proxy", self.proxy.is_some()),
            ("env/parameter-store", self.env.parameter_store.is_some()),
            ("env/secrets-manager", self.env.secrets_manager.is_some()),
            (
                "env/git-credential-helper",
                self.env.git_credential_helper.is_some(),
            ),
        ];
        let mut found = present.into_iter().filter(|(_, present)| *present);
        found.next().map(|(name, _)| name)
    }

    /// Returns the keys of the file that make no difference to the runner.
    pub fn ignored(&self) -> Vec<&'static str> {
        let mut phases = self.phases.present();
        let present = [
            (
                "runtime-versions",
                phases.any(|(_, phase)| phase.runtime_versions.is_some()),
            ),
            ("cache", self.cache.is_some()),
        ];
        let names = present.iter().filter(|(_, present)| *present);
        names.map(|(name, _)| *name).collect()
    }

    /// Returns the variables of each build of the batch; empty if the file has no `batch` block.
    ///
    /// The last variable, in the order of names, changes fastest.
    pub fn batch(&self) -> Vec<BTreeMap<String, String>> {
        let Some(batch) = &self.batch else {
            return Vec::new();
        };
        let mut builds = vec![BTreeMap::new()];
        for (name, values) in &batch.build_matrix.dynamic.env.variables {
            let with = |build: &BTreeMap<String, String>, value: &Text| {
                let mut build = build.clone();
                build.insert(name.clone(), value.0.clone());
                build
            };
            let each = builds.iter();
            builds = each
                .flat_map(|build| values.iter().map(move |value| with(build, value)))
                .collect();
        }
        builds
    }
}

impl Artifacts {
    /// Returns true if the names in the artifact have no folders.
    pub fn discards_paths(&self) -> bool {
        self.discard_paths.0
    }
}

impl ReportGroup {
    /// Returns the report's files in the form of an `artifacts` block.
    pub(super) fn as_artifacts(&self) -> Artifacts {
        Artifacts {
            files: self.files.clone(),
            base_directory: self.base_directory.clone(),
            discard_paths: Switch(false),
        }
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

/// A switch: CodeBuild accepts `yes` and `no` in addition to YAML's own words.
#[derive(Clone, Copy, Debug, Default)]
struct Switch(bool);

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Text::deserialize(deserializer)?.0.as_str() {
            "yes" | "true" => Ok(Self(true)),
            "no" | "false" => Ok(Self(false)),
            other => Err(D::Error::custom(format!("`{other}` is neither yes nor no"))),
        }
    }
}
