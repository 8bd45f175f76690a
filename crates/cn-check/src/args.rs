//! What can be typed, and the request it becomes.

use camino::Utf8PathBuf;
use clap::{Parser, ValueEnum};
use cn_core::check::Request;
use cn_core::template::{Region, Severity};

/// Say what in templates will not work in AWS China, and make them portable
///
/// Works offline: no credentials, no network. Templates in folders are found by
/// their content. Local templates that they nest are checked like those named;
/// local code that they point at is looked through as well.
#[derive(Clone, Debug, Parser)]
#[command(name = "cn-check", version, after_long_help = EXAMPLES)]
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

    /// Write the templates in the form that is right in every partition
    ///
    /// Literals become `${AWS::Partition}` and `${AWS::URLSuffix}`; what no pseudo
    /// parameter gives comes from one mapping. Every other byte stays.
    #[arg(long)]
    pub(crate) fix: bool,

    /// Show what `--fix` changes; without it nothing is written
    #[arg(long)]
    pub(crate) diff: bool,

    /// Print what `cn-package` would make of one template for a region, artifacts left alone
    #[arg(long, value_name = "REGION", conflicts_with_all = ["fix", "diff"])]
    pub(crate) rewrite: Option<Region>,

    /// Say what a code is about, such as CN301
    #[arg(long, value_name = "CODE")]
    pub(crate) explain: Option<String>,

    /// The worst that may be found without failing
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) max_severity: MaxSeverity,

    /// Codes that are not worth a word
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Do not look through the code that templates point at
    #[arg(long)]
    no_code: bool,
}

const EXAMPLES: &str = "\
Examples:
  cn-check
  cn-check --region cn-north-1 --format sarif infra/ > findings.sarif
  cn-check --fix --diff template.yaml
  cn-check --explain CN301";

/// The worst that may be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaxSeverity {
    /// Nothing at all
    None,
    /// Notes
    Note,
    /// Warnings
    #[default]
    Warning,
    /// Errors: never fails
    Error,
}

impl MaxSeverity {
    /// The worst severity that is no failure; none when nothing is tolerated.
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
    /// What is to be checked.
    pub(crate) fn request(&self) -> Request {
        Request {
            paths: self.paths.clone(),
            regions: self.region.clone(),
            ignored: self.ignore.clone(),
            nested: self.rewrite.is_none(),
            code: !self.no_code && self.rewrite.is_none() && (self.fix || !self.diff),
        }
    }
}
