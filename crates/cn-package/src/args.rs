//! The command line of `cn-package`, and its conversion to a request.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Parser, ValueEnum};
use cn_cli::args::{BucketArgs, SseMode, warn_if_unknown};
use cn_cli::settings::Sourced;
use cn_cli::{Failure, FailureKind, IdentityArgs, Ui};
use cn_core::package::{
    Goal, ObjectSettings, Options, Portability, RegionsRequest, Request, Symlinks,
};
use cn_core::session::AccountId;
use cn_core::template::Region;
use cn_core::template::artifact::Row;

/// Upload the files that a template points at, and write the template for the target partition
///
/// Uploads the local files and folders that the template names, under keys made from their
/// content. Objects that are already in the bucket are not sent again. ARNs and hosts are
/// rewritten for the partition of the target; every other byte of the template stays.
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
#[derive(Clone, Debug, Parser)]
#[command(name = "cn-package", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Template to package [default: template.yaml, template.yml or template.json]
    #[arg(short, long, value_name = "FILE")]
    template_file: Option<Utf8PathBuf>,

    /// The bucket.
    #[command(flatten)]
    bucket: BucketArgs,

    /// Prefix of every key
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true
    )]
    s3_prefix: String,

    /// KMS key to encrypt the artifacts with [default: the bucket's own encryption]
    #[arg(long, value_name = "KEY")]
    kms_key_id: Option<String>,

    /// Encryption to request for each upload, as some bucket policies demand
    ///
    /// Without it, the default encryption of the bucket applies. The AWS CLI requests AES256.
    #[arg(long, value_enum, value_name = "ENCRYPTION")]
    sse: Option<SseMode>,

    /// Metadata of every object, as NAME=VALUE, separated by commas
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    metadata: Vec<Pair>,

    /// Tags of every object, as NAME=VALUE, separated by commas
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    object_tags: Vec<Pair>,

    /// Account that must own the bucket [default: the target identity's]
    #[arg(long, value_name = "ACCOUNT")]
    expected_bucket_owner: Option<AccountId>,

    /// Upload objects even if they are already in the bucket
    #[arg(long)]
    force_upload: bool,

    /// Upload large objects whole, instead of only what changed
    ///
    /// By default, only the changed ranges of an object above 8 MiB are sent; S3 copies the others
    /// from an earlier object in the bucket.
    #[arg(long)]
    no_delta: bool,

    /// Maximum number of requests under way at once
    ///
    /// Large objects are sent in several parts at a time. Use more for a long,
    /// lossy link.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    concurrency: usize,

    /// Maximum number of bytes per second to send [default: no limit]
    ///
    /// A number of bytes, or a number with kB, MB or GB: `2MB`.
    #[arg(long, value_name = "BYTES", value_parser = bandwidth)]
    max_bandwidth: Option<NonZeroU64>,

    /// Timeout of the CodeBuild project, such as 60m: warn when an upload needs longer
    ///
    /// Counts from CODEBUILD_START_TIME, and does nothing outside of CodeBuild.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) build_timeout: Option<Duration>,

    /// Handling of symbolic links in packaged folders
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    symlinks: SymlinksMode,

    /// Package files outside of the project without a warning
    ///
    /// The project is the template's folder and the working folder.
    #[arg(long)]
    allow_outside: bool,

    /// Additional property that names a local file, as TYPE.PROPERTY=FORM
    ///
    /// FORM is the form of the location: `s3-uri`, `s3-uri-list`, `https-url`, or the names of
    /// members, `BUCKET/KEY` or `BUCKET/KEY/VERSION`. A prefix names what the property takes:
    /// `archive:`, `file:`, `template:`, `state-machine:` or `openapi:`. Without a prefix, a file
    /// is uploaded as it is and a folder as an archive. May be given several times; in `cn.toml`
    /// it is a table:
    /// `artifact = { "Custom::Site.Content" = "archive:Bucket/Key" }`.
    #[arg(long, value_name = "TYPE.PROPERTY=FORM")]
    artifact: Vec<Row>,

    /// Write the packaged template as JSON
    #[arg(long)]
    use_json: bool,

    /// Write characters outside ASCII as escapes
    ///
    /// For services that show `?` for these characters, such as the console of
    /// CloudFormation in descriptions.
    #[arg(long)]
    escape_non_ascii: bool,

    /// File to write the packaged template to [default: stdout]
    ///
    /// `{region}` in the name is replaced by the region. With several regions and
    /// no `{region}`, the region is inserted before the extension.
    #[arg(long, value_name = "FILE")]
    output_template_file: Option<Utf8PathBuf>,

    /// File to write the manifest to [default: beside the packaged template]
    ///
    /// The manifest is JSON: the uploaded objects with their sources, and the
    /// rewritten values with their lines.
    #[arg(long, value_name = "FILE")]
    manifest: Option<Utf8PathBuf>,

    /// Handling of values that differ between partitions
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    portability: PortabilityMode,

    /// Rule codes to ignore, for example CN301
    ///
    /// To accept a single place, write `# cn:ignore CN301 why` in the template.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Print the planned uploads and rewrites, then stop
    ///
    /// For objects above 8 MiB, it also prints how many bytes would be sent and how many S3 would
    /// copy. Without such objects, or with `--no-delta`, no request is sent if `--s3-bucket` names
    /// the bucket.
    #[arg(long)]
    dry_run: bool,

    /// Write the packaged template without any request, and upload nothing
    ///
    /// Keys are made from content, so the template is the same as that of a run with network
    /// access.
    #[arg(long, conflicts_with = "dry_run")]
    offline: bool,

    /// Region to deploy to [default: the profile's]
    ///
    /// May be given several times: artifacts travel to the first region and are
    /// copied from there within S3, and each region gets a packaged template.
    /// `AWS_REGION` and `AWS_DEFAULT_REGION` name the build's own region and are
    /// never used for this.
    #[arg(
        long,
        value_name = "REGION",
        value_delimiter = ',',
        help_heading = "Target"
    )]
    region: Vec<Region>,

    #[command(flatten)]
    identity: IdentityArgs,
}

const EXAMPLES: &str = "\
Examples:
  cn-package --region cn-north-1 --s3-bucket my-bucket --output-template-file packaged.yaml
  cn-package --region cn-north-1 --s3-bucket my-bucket --dry-run
  USER_ACCESS_KEY_SSM=/China/Dev/UserAccessKey USER_SECRET_KEY_SSM=/China/Dev/UserSecretKey \\
    S3_BUCKET_SSM=/China/Dev/DeploymentS3Bucket cn-package --region cn-north-1 > packaged.yaml";

/// Handling of text that differs between partitions.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum PortabilityMode {
    /// Rewrite them for the target
    #[default]
    Rewrite,
    /// Report them, and change nothing
    Check,
    /// Neither rewrite nor report them
    Off,
}

impl From<PortabilityMode> for Portability {
    fn from(mode: PortabilityMode) -> Self {
        match mode {
            PortabilityMode::Rewrite => Self::Rewrite,
            PortabilityMode::Check => Self::Check,
            PortabilityMode::Off => Self::Off,
        }
    }
}

/// Handling of links.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum SymlinksMode {
    /// Package the target under the name of the link
    #[default]
    Follow,
    /// Package links as links
    Keep,
    /// Refuse links, also in the paths that properties name
    Error,
}

impl From<SymlinksMode> for Symlinks {
    fn from(mode: SymlinksMode) -> Self {
        match mode {
            SymlinksMode::Follow => Self::Follow,
            SymlinksMode::Keep => Self::Keep,
            SymlinksMode::Error => Self::Error,
        }
    }
}

/// Parses a number of bytes with a decimal unit.
fn bandwidth(text: &str) -> Result<NonZeroU64, String> {
    let refuse =
        || format!("`{text}` is not a number of bytes above zero, such as `500kB` or `2MB`");
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "k" | "kB" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        _ => return Err(refuse()),
    };
    let bytes = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit));
    bytes.and_then(NonZeroU64::new).ok_or_else(refuse)
}

/// A pair `NAME=VALUE`.
#[derive(Clone, Debug)]
struct Pair(String, String);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self(name.to_owned(), value.to_owned())),
            _ => Err(format!("`{text}` is not of the form NAME=VALUE")),
        }
    }
}

/// Returns the pairs of a setting from all sources; of two pairs with one name, the nearer takes
/// precedence.
fn pairs(ui: &Ui, id: &str) -> Result<BTreeMap<String, String>, Failure> {
    let read = |sourced: &Sourced| {
        let Pair(name, value) = sourced.value.parse().map_err(|error: String| {
            let message = format!("cannot use `{id}` from `{}`: {error}", sourced.origin);
            Failure::new(FailureKind::Input, message).hint("separate pairs by commas: `a=1,b=2`")
        })?;
        Ok((name, value))
    };
    ui.settings().values(id).iter().map(read).collect()
}

impl Args {
    /// Returns the request of the flags.
    ///
    /// # Errors
    ///
    /// When the flags of the identity contradict each other, or there is no usable working folder.
    pub(crate) fn request(&self, ui: &Ui) -> Result<RegionsRequest, Failure> {
        for region in &self.region {
            warn_if_unknown(region, ui);
        }
        let session = self.identity.request(None, ui)?;
        let mut request = RegionsRequest::new(self.package(ui)?, session);
        request.regions.clone_from(&self.region);
        request.buckets = self.bucket.names(ui.settings());
        request.output.clone_from(&self.output_template_file);
        request.manifest.clone_from(&self.manifest);
        request.goal = self.goal();
        Ok(request)
    }

    /// Returns the last step of the run.
    pub(crate) const fn goal(&self) -> Goal {
        if self.dry_run {
            Goal::Plan
        } else if self.offline {
            Goal::Write
        } else {
            Goal::Send
        }
    }

    fn package(&self, ui: &Ui) -> Result<Request, Failure> {
        let mut request = Request::new(ui.working_folder()?);
        request.template.clone_from(&self.template_file);
        request.inputs.extend(ui.inputs());
        request.prefix = self.s3_prefix.parse()?;
        request.portability = self.portability.into();
        request.symlinks = self.symlinks.into();
        request.allow_outside = self.allow_outside;
        request.extra_rows.clone_from(&self.artifact);
        request.ignored.clone_from(&self.ignore);
        request.json = self.use_json;
        request.ascii = self.escape_non_ascii;
        Ok(request)
    }

    /// Returns the options for sending objects.
    ///
    /// # Errors
    ///
    /// When metadata or tags are not pairs, or a KMS key contradicts the encryption.
    pub(crate) fn options(&self, ui: &Ui) -> Result<Options, Failure> {
        let mut options = Options::default();
        options.owner.clone_from(&self.expected_bucket_owner);
        options.objects = ObjectSettings {
            kms_key_id: self.kms_key_id.clone(),
            sse: SseMode::with_key(self.sse, self.kms_key_id.as_deref())?,
            metadata: pairs(ui, "metadata")?,
            tags: pairs(ui, "object_tags")?,
        };
        options.force = self.force_upload;
        options.delta = !self.no_delta;
        options.concurrency = self.concurrency;
        options.max_bandwidth = self.max_bandwidth;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_have_decimal_units() {
        let read = |text| bandwidth(text).ok().map(NonZeroU64::get);
        assert_eq!(read("1500"), Some(1_500));
        assert_eq!(read("500kB"), Some(500_000));
        assert_eq!(read("2MB"), Some(2_000_000));
        for text in ["", "0", "MB", "2 MB", "2XB", "-1", "99999999999GB"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
