//! What can be typed, and the request it becomes.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Parser, ValueEnum};
use cn_cli::ui::plural;
use cn_cli::{Failure, FailureKind, IdentityArgs, Ui};
use cn_core::package::{
    ObjectSettings, Options, Origin, Portability, Request, Spelling, Symlinks, manifest_path,
};
use cn_core::parameter::ParameterName;
use cn_core::s3::{Bucket, BucketNameError, Prefix};
use cn_core::session::{AccountId, Session};
use cn_core::template::Region;
use cn_core::template::artifact::Row;
use secrecy::ExposeSecret;

/// Upload what a template points at, and write the template for the target partition
///
/// Local files and folders that the template names are uploaded under keys made
/// from their content; what the bucket has already is not sent again. ARNs are
/// written for the target's partition. Every other byte of the template stays.
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
#[derive(Clone, Debug, Parser)]
#[command(name = "cn-package", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Template to package [default: template.yaml, template.yml or template.json]
    #[arg(short, long, value_name = "FILE")]
    template_file: Option<Utf8PathBuf>,

    /// Bucket that takes the artifacts, in the target region [legacy env: S3_BUCKET]
    ///
    /// One for each region, in their order.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    s3_bucket: Vec<Bucket>,

    /// SSM parameter that holds the bucket's name [legacy env: S3_BUCKET_SSM]
    ///
    /// It is read with the home identity, unless `--s3-bucket` is given.
    #[arg(long, value_name = "PARAMETER", value_delimiter = ',')]
    s3_bucket_ssm: Vec<ParameterName>,

    /// What stands before every key
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

    /// Metadata of every object, as NAME=VALUE, separated by commas
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    metadata: Vec<Pair>,

    /// Tags of every object, as NAME=VALUE, separated by commas
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    object_tags: Vec<Pair>,

    /// Account that must own the bucket [default: the target identity's]
    #[arg(long, value_name = "ACCOUNT")]
    expected_bucket_owner: Option<AccountId>,

    /// Upload also what is in the bucket already
    #[arg(long)]
    force_upload: bool,

    /// How many requests may be under way at once
    ///
    /// Large objects travel in parts, several at a time. A long, lossy link
    /// wants more of them.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    concurrency: usize,

    /// How many bytes per second to send at most [default: no limit]
    ///
    /// A number of bytes, with kB, MB or GB when wanted: `2MB`.
    #[arg(long, value_name = "BYTES", value_parser = bandwidth)]
    max_bandwidth: Option<NonZeroU64>,

    /// What to do with links in packaged folders
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    symlinks: SymlinksMode,

    /// Property that names a local file, beside those known, as TYPE.PROPERTY=FORM
    ///
    /// FORM says how the location is written: `s3-uri`, `s3-uri-list`, `https-url`,
    /// or the names of members, `BUCKET/KEY` or `BUCKET/KEY/VERSION`. Before it may
    /// stand what the property takes: `archive:`, `file:`, `template:`,
    /// `state-machine:` or `openapi:`; without, a file goes as it is and a folder as
    /// an archive. May be given several times; in `cn.toml` it is a table:
    /// `artifact = { "Custom::Site.Content" = "archive:Bucket/Key" }`.
    #[arg(long, value_name = "TYPE.PROPERTY=FORM")]
    artifact: Vec<Row>,

    /// Write the packaged template as JSON
    #[arg(long)]
    use_json: bool,

    /// Write characters outside ASCII as escapes
    ///
    /// For services that show `?` instead, such as CloudFormation's console in
    /// descriptions.
    #[arg(long)]
    escape_non_ascii: bool,

    /// File to write the packaged template to [default: stdout]
    ///
    /// `{region}` in it becomes the region. With several regions and without
    /// that, the region is put before the extension.
    #[arg(long, value_name = "FILE")]
    output_template_file: Option<Utf8PathBuf>,

    /// File to write the manifest to [default: beside the packaged template]
    ///
    /// The manifest says in JSON what was uploaded from where, and what was
    /// rewritten in which line.
    #[arg(long, value_name = "FILE")]
    manifest: Option<Utf8PathBuf>,

    /// What to do with text that differs between partitions
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    portability: PortabilityMode,

    /// Codes of findings about portability that are not worth a word, such as CN301
    ///
    /// One place alone is accepted with `# cn:ignore CN301 why` in the template.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Say what would be uploaded and rewritten, and stop
    ///
    /// No request goes out when the bucket is named with `--s3-bucket`.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write the packaged template without any request, and upload nothing
    ///
    /// Keys follow from contents, so the template is the one that a run with
    /// network would write.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) offline: bool,

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
  cn-package --s3-bucket my-bucket --region cn-north-1 --output-template-file packaged.yaml
  USER_ACCESS_KEY_SSM=/China/Dev/UserAccessKey USER_SECRET_KEY_SSM=/China/Dev/UserSecretKey \\
    S3_BUCKET_SSM=/China/Dev/DeploymentS3Bucket cn-package --region cn-north-1 > packaged.yaml";

/// What stands for the region in the name of a file.
const REGION: &str = "{region}";

/// What becomes of partition-dependent text.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum PortabilityMode {
    /// Write it for the target
    #[default]
    Rewrite,
    /// Report it, and leave it as it is
    Check,
    /// Leave it as it is
    Off,
}

/// What becomes of links.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum SymlinksMode {
    /// Package what they lead to under their name
    #[default]
    Follow,
    /// Package them as links
    Keep,
    /// Refuse them
    Error,
}

/// Reads a number of bytes with a decimal unit.
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

/// `NAME=VALUE`.
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

fn pairs(pairs: &[Pair]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|pair| (pair.0.clone(), pair.1.clone()))
        .collect()
}

/// One region to package for.
pub(crate) struct Target {
    /// Absent where nothing is sent.
    session: Option<Session>,
    pub(crate) request: Request,
    /// Where the packaged template goes; stdout when absent.
    pub(crate) output: Option<Utf8PathBuf>,
    /// Where the manifest goes, when anywhere.
    pub(crate) manifest: Option<Utf8PathBuf>,
}

impl Target {
    /// Who acts in the region.
    pub(crate) fn session(&self) -> &Session {
        let session = self.session.as_ref();
        session.expect("a run that sends something has opened it")
    }
}

impl Args {
    /// What the flags ask for, region by region; reads the names of buckets from SSM where they are there.
    ///
    /// # Errors
    ///
    /// When no template or not one bucket for each region is named, a bucket's
    /// parameter cannot be used, or several templates would go to stdout.
    pub(crate) async fn targets(&self, ui: &Ui) -> Result<Vec<Target>, Failure> {
        let regions: Vec<Option<&Region>> = match &self.region[..] {
            [] => vec![None],
            regions => regions.iter().map(Some).collect(),
        };
        let is_one = regions.len() == 1;
        if !is_one && self.output_template_file.is_none() && !self.dry_run {
            return Err(Failure::new(
                FailureKind::Usage,
                "stdout takes the template of one region",
            )
            .hint("pass `--output-template-file`: each region gets a file of its own"));
        }
        let mut places: Vec<(Region, Option<Session>)> = Vec::new();
        for region in regions {
            let request = self.identity.request(region, ui)?;
            places.push(if self.sends_nothing() {
                (request.region()?, None)
            } else {
                let session = Session::open(request)?;
                (session.region().clone(), Some(session))
            });
        }
        let buckets = self.buckets(&places).await?;
        let outputs: Vec<Option<Utf8PathBuf>> = places
            .iter()
            .map(|(region, _)| of_region(self.output_template_file.as_deref(), region, is_one))
            .collect();
        let manifest_of = |region: &Region| of_region(self.manifest.as_deref(), region, is_one);
        let manifests = places.iter().filter_map(|(region, _)| manifest_of(region));
        let written: Vec<Utf8PathBuf> =
            outputs.iter().flatten().cloned().chain(manifests).collect();
        let template = self.template()?;
        let target = |((region, session), bucket): ((Region, _), Bucket),
                      output: &Option<Utf8PathBuf>| Target {
            manifest: manifest_of(&region).or_else(|| output.as_deref().map(manifest_path)),
            output: output.clone(),
            request: Request {
                template: template.clone(),
                outputs: written.clone(),
                region,
                bucket,
                prefix: Prefix::new(&self.s3_prefix),
                portability: match self.portability {
                    PortabilityMode::Rewrite => Portability::Rewrite,
                    PortabilityMode::Check => Portability::Check,
                    PortabilityMode::Off => Portability::Off,
                },
                symlinks: match self.symlinks {
                    SymlinksMode::Follow => Symlinks::Follow,
                    SymlinksMode::Keep => Symlinks::Keep,
                    SymlinksMode::Error => Symlinks::Error,
                },
                extra_rows: self.artifact.clone(),
                ignored: self.ignore.clone(),
                spelling: Spelling {
                    json: self.use_json,
                    ascii: self.escape_non_ascii,
                },
            },
            session,
        };
        let pairs = places.into_iter().zip(buckets);
        Ok(pairs
            .zip(&outputs)
            .map(|(pair, output)| target(pair, output))
            .collect())
    }

    /// How objects are sent.
    ///
    /// * `origin`: where they may be copied from.
    pub(crate) fn options(&self, session: &Session, origin: Option<Origin>) -> Options {
        let owner = self.expected_bucket_owner.as_ref().or(session.account());
        Options {
            owner: owner.cloned(),
            objects: ObjectSettings {
                kms_key_id: self.kms_key_id.clone(),
                metadata: pairs(&self.metadata),
                tags: pairs(&self.object_tags),
            },
            force: self.force_upload,
            concurrency: self.concurrency,
            max_bandwidth: self.max_bandwidth,
            origin,
        }
    }

    fn template(&self) -> Result<Utf8PathBuf, Failure> {
        if let Some(template) = &self.template_file {
            return Ok(template.clone());
        }
        let usual = ["template.yaml", "template.yml", "template.json"].map(Utf8Path::new);
        let found = usual.into_iter().find(|path| path.exists());
        found.map(Utf8Path::to_owned).ok_or_else(|| {
            Failure::new(
                FailureKind::Input,
                "no template is named, and the working folder has no `template.yaml`",
            )
            .hint("pass `--template-file`, or put `template_file` into `cn.toml`")
        })
    }

    /// A bucket for each session.
    /// Whether all that is wanted can be told without a request: nobody's
    /// credentials are needed then.
    fn sends_nothing(&self) -> bool {
        self.offline || (self.dry_run && !self.s3_bucket.is_empty())
    }

    async fn buckets(&self, places: &[(Region, Option<Session>)]) -> Result<Vec<Bucket>, Failure> {
        let named = if !self.s3_bucket.is_empty() {
            self.s3_bucket.clone()
        } else if self.offline {
            return Err(Failure::new(
                FailureKind::Input,
                "no bucket is named, and `--offline` reads no parameter",
            )
            .hint("pass `--s3-bucket`"));
        } else if self.s3_bucket_ssm.is_empty() {
            return Err(Failure::new(FailureKind::Input, "no bucket is named for the artifacts").hint(
                "pass `--s3-bucket`, or the SSM parameter that holds its name with `--s3-bucket-ssm` \
                 or `S3_BUCKET_SSM`",
            ));
        } else {
            let session = places.iter().find_map(|(_, session)| session.as_ref());
            let session = session.expect("a run that reads a parameter has opened it");
            self.buckets_of_parameters(session).await?
        };
        if named.len() == places.len() {
            return Ok(named);
        }
        let (buckets, regions) = (
            plural(named.len(), "bucket"),
            plural(places.len(), "region"),
        );
        Err(
            Failure::new(FailureKind::Input, format!("{buckets} named for {regions}"))
                .hint("name one bucket for each `--region`, in the same order: code must lie in the stack's region"),
        )
    }

    async fn buckets_of_parameters(&self, session: &Session) -> Result<Vec<Bucket>, Failure> {
        let values = session.parameters(&self.s3_bucket_ssm).await?;
        let names = self.s3_bucket_ssm.iter().zip(&values);
        names
            .map(|(parameter, value)| {
                value
                    .expose_secret()
                    .parse()
                    .map_err(|error: BucketNameError| {
                        Failure::new(FailureKind::Input, error).hint(format!(
                            "the name was read from the SSM parameter `{}`",
                            parameter.as_str()
                        ))
                    })
            })
            .collect()
    }
}

/// A file's path for one region.
fn of_region(path: Option<&Utf8Path>, region: &Region, is_one: bool) -> Option<Utf8PathBuf> {
    let (path, region) = (path?, region.as_str());
    if path.as_str().contains(REGION) {
        return Some(path.as_str().replace(REGION, region).into());
    }
    if is_one {
        return Some(path.to_owned());
    }
    let name = match (path.file_stem(), path.extension()) {
        (Some(stem), Some(extension)) => format!("{stem}.{region}.{extension}"),
        _ => format!("{}.{region}", path.file_name().unwrap_or_default()),
    };
    Some(path.with_file_name(name))
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
