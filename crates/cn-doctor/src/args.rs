//! The command line of `cn-doctor`, and its conversion to a request.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::ValueEnum;
use cn_cli::args::BucketArgs;
use cn_cli::{Failure, Ui};
use cn_core::Timestamp;
use cn_core::doctor::Request;
use cn_core::package;
use cn_core::stack::StackName;

const EXAMPLES: &str = "Examples:
  cn-doctor
  cn-doctor --stack-name orders --s3-bucket orders-artifacts
  cn-doctor --format json";

/// Check the whole setup, and report what is missing and how to fix it
///
/// Reads the settings of `cn-profile`, `cn-package` and `cn-deploy`, also from
/// `cn.toml`. Changes nothing except one probe object in the bucket, which it
/// deletes again.
#[derive(clap::Parser, Clone, Debug)]
#[command(name = "cn-doctor", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Stack that will be deployed
    #[arg(long, value_name = "NAME")]
    stack_name: Option<StackName>,

    /// Packaged template; it need not exist yet
    #[arg(short, long, default_value = "packaged.yaml", value_name = "FILE")]
    template_file: Utf8PathBuf,

    /// Template that is packaged [default: template.yaml, template.yml or template.json]
    ///
    /// Its files are used to estimate the time of the first upload. It may be missing. In
    /// `cn.toml`, it is the `template_file` of `cn-package`.
    #[arg(long, value_name = "FILE")]
    source_template: Option<Utf8PathBuf>,

    /// The bucket.
    #[command(flatten)]
    bucket: BucketArgs,

    /// Prefix of every key, and of the key of the probe object
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true
    )]
    s3_prefix: String,

    /// Age from which an access key gets a warning
    #[arg(long, default_value = "30d", value_parser = humantime::parse_duration, value_name = "TIME")]
    max_key_age: Duration,

    /// Format of the findings
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Common options"
    )]
    pub(crate) format: Format,

    #[command(flatten)]
    target: cn_cli::TargetArgs,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object on each line
    Json,
    /// JUnit XML, as CodeBuild's report groups read it
    Junit,
}

impl Args {
    /// Returns the request to check the set-up.
    pub(crate) fn request(&self, ui: &Ui) -> Result<Request, Failure> {
        let mut request = Request::new(self.target.request(ui)?, Timestamp(ui.now_ms()));
        request.bucket = self.bucket.names(ui.settings());
        request.prefix = self.s3_prefix.parse()?;
        request.stack.clone_from(&self.stack_name);
        request.template = Some(self.template_file.clone());
        let mut source = package::Request::new(ui.working_folder()?);
        source.template.clone_from(&self.source_template);
        request.source = Some(source);
        request.max_key_age = self.max_key_age;
        Ok(request)
    }
}
