//! The command line of `cn-check`, and its conversion to a request.

use camino::Utf8PathBuf;
use clap::{Parser, ValueEnum};
use cn_core::check::Request;
use cn_core::template::{Region, Severity};

/// Check templates for AWS China, and make them portable
///
/// Works offline: no credentials, no network. Templates in folders are found by
/// their content. Nested local templates are checked, too, and local code that the templates point
/// at is scanned.
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
#[derive(Clone, Debug, Parser)]
#[command(name = "cn-check", version, disable_version_flag = true, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Templates, and folders to look for templates in
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<Utf8PathBuf>,

    /// Regions that the templates must work in
    #[arg(
        long,
        value_name = "REGION",
        value_delimiter = ',',
        default_value = "cn-north-1,cn-northwest-1"
    )]
    region: Vec<Region>,

    /// Rewrite the templates so that they work in every partition
    ///
    /// Literals become `${AWS::Partition}` and `${AWS::URLSuffix}`. Values without a pseudo
    /// parameter go into a mapping. Every other byte stays.
    #[arg(long)]
    pub(crate) fix: bool,

    /// Show the changes that `--fix` would make, and write no file, even with `--fix`
    #[arg(long)]
    pub(crate) diff: bool,

    /// Print one template as `cn-package` would write it for a region, without its artifacts
    #[arg(long, value_name = "REGION", conflicts_with_all = ["fix", "diff"])]
    pub(crate) rewrite: Option<Region>,

    /// Explain a rule code, for example CN301
    #[arg(long, value_name = "CODE")]
    pub(crate) explain: Option<String>,

    /// List every rule code with its severity, name and effect, and the programs that report it
    #[arg(long)]
    pub(crate) list_rules: bool,

    /// File of known findings to ignore; new ones still fail
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<Utf8PathBuf>,

    /// Record the current findings in the `--baseline` file
    #[arg(long, requires = "baseline")]
    pub(crate) write_baseline: bool,

    /// Print the version; with `--verbose` also the sources of the facts about China
    #[arg(short = 'V', long)]
    pub(crate) version: bool,

    /// Highest severity that does not fail the run
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) max_severity: MaxSeverity,

    /// Rule codes to ignore, for example CN301
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Do not read the code that templates point at
    #[arg(long)]
    no_code: bool,

    /// Format of the result and the messages
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Common options"
    )]
    pub(crate) format: Format,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object on each line
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
    /// JUnit's XML, for CodeBuild reports
    Junit,
    /// A table, for pull requests
    Markdown,
}

const EXAMPLES: &str = "\
Examples:
  cn-check template.yaml
  cn-check --fix template.yaml
  cn-check --diff template.yaml
  cn-check --region cn-north-1 --format sarif infra/ > findings.sarif
  cn-check --baseline cn-baseline.json --write-baseline
  cn-check --explain CN301";

/// The highest severity that does not fail the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaxSeverity {
    /// Any finding fails
    None,
    /// Warnings and errors fail
    Note,
    /// Errors fail
    #[default]
    Warning,
    /// Nothing fails
    Error,
}

impl MaxSeverity {
    /// Returns the worst severity that is not a failure; `None` if every finding is a failure.
    pub(crate) const fn tolerated(self) -> Option<Severity> {
        match self {
            Self::None => None,
            Self::Note => Some(Severity::Note),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

impl Args {
    /// Returns the request of a check.
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new(self.paths.clone());
        request.regions.clone_from(&self.region);
        request.ignored.clone_from(&self.ignore);
        request.nested = self.rewrite.is_none();
        request.code = !self.no_code && self.rewrite.is_none() && !self.diff;
        request
    }
}
