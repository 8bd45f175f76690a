//! Flags that several programs share, and their conversion to requests.
//!
//! [`main`](crate::main) adds [`CommonArgs`] to every program; the others are flattened where they
//! are needed.

use clap::Args;
use cn_core::parameter::ParameterName;
use cn_core::profile::ProfileName;
use cn_core::s3::{Bucket, BucketNames, Sse};
use cn_core::session::{AccountId, KeyStore, SessionRequest};
use cn_core::template::Region;
use cn_core::web_identity::{
    Algorithm, IssuerUrl, KmsToken, RoleArn, SourceSpelling, TokenSource, WebIdentity,
};

pub use crate::common::{ColorChoice, CommonArgs};
use crate::exit::FailureKind;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::ui::Ui;

/// Server-side encryption without a KMS key of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SseMode {
    /// Keys managed by S3
    #[value(name = "AES256")]
    Aes256,
    /// The account's KMS key for S3, or that of `--kms-key-id`
    #[value(name = "aws:kms")]
    Kms,
}

impl SseMode {
    /// Returns the encryption that the flags select.
    ///
    /// # Errors
    ///
    /// When a KMS key is given with `AES256`.
    pub fn with_key(mode: Option<Self>, key: Option<&str>) -> Result<Option<Sse>, Failure> {
        match (mode, key) {
            (Some(Self::Aes256), Some(_)) => Err(Failure::new(
                FailureKind::Input,
                "`AES256` encrypts without a KMS key, but a KMS key was given",
            )
            .hint("remove `--sse` or `--kms-key-id`")),
            (Some(Self::Aes256), None) => Ok(Some(Sse::Aes256)),
            (Some(Self::Kms), _) => Ok(Some(Sse::Kms)),
            (None, _) => Ok(None),
        }
    }
}

/// The bucket of the artifacts.
#[derive(Args, Clone, Debug)]
pub struct BucketArgs {
    /// Bucket for the artifacts, in the target region
    ///
    /// `cn-package` takes one for each region, in their order.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub s3_bucket: Vec<Bucket>,

    /// SSM parameter that holds the bucket's name
    ///
    /// The home identity reads it, unless `--s3-bucket` is given.
    #[arg(long, value_name = "PARAMETER", value_delimiter = ',')]
    pub s3_bucket_ssm: Vec<ParameterName>,
}

impl BucketArgs {
    /// Returns the setting that is closer to the command line.
    pub fn names(&self, settings: &Settings) -> Option<BucketNames> {
        BucketNames::nearer(
            (self.s3_bucket.clone(), settings.rank("s3_bucket")),
            (self.s3_bucket_ssm.clone(), settings.rank("s3_bucket_ssm")),
        )
    }
}

/// The target's identity and region.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Region to deploy to [default: the profile's]
    ///
    /// `AWS_REGION` and `AWS_DEFAULT_REGION` name the build's own region and
    /// are never used for this.
    #[arg(long, value_name = "REGION")]
    pub region: Option<Region>,

    /// The target's identity.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

/// The options of an identity, without a region.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Target")]
pub struct IdentityArgs {
    /// Profile of the target identity [default: china]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<ProfileName>,

    /// Use the default credential chain of the AWS SDK
    ///
    /// This is the default when the region lies in the build's own partition.
    #[arg(long)]
    pub default_chain: bool,

    /// A web identity.
    #[command(flatten)]
    pub web_identity: WebIdentityArgs,

    /// Access keys in SSM parameters.
    #[command(flatten)]
    pub keys: KeyArgs,

    /// The expectations of the identity.
    #[command(flatten)]
    pub check: CheckArgs,

    /// The identity that reads parameters.
    #[command(flatten)]
    pub home: HomeArgs,
}

/// A role of the target account, without an access key.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Web identity")]
pub struct WebIdentityArgs {
    /// Role of the target account to assume with a web identity token
    ///
    /// No access key is needed. Takes precedence over keys in SSM parameters.
    #[arg(long, value_name = "ARN")]
    pub web_identity_role: Option<RoleArn>,

    /// Source of the token: `kms:KEY`, `file:PATH` or `command:PROGRAM ARGUMENT...`
    ///
    /// `kms:KEY` signs a token with an RSA key of KMS in the home account, and
    /// `kms:ES256:KEY` with a key of spec ECC_NIST_P256. Without a source, the file in AWS_WEB_IDENTITY_TOKEN_FILE is read.
    #[arg(long, value_name = "SOURCE")]
    pub web_identity_token: Option<SourceSpelling>,

    /// Issuer of tokens that KMS signs, such as `https://issuer.example.com/china`
    #[arg(long, value_name = "URL")]
    pub web_identity_issuer: Option<IssuerUrl>,

    /// Audience of tokens that KMS signs
    #[arg(long, default_value = "sts.amazonaws.com.cn", value_name = "NAME")]
    pub web_identity_audience: String,

    /// Subject of tokens that KMS signs, which the role's trust policy names
    #[arg(long, default_value = "cn", value_name = "NAME")]
    pub web_identity_subject: String,

    /// Name of the session, as CloudTrail shows it
    #[arg(long, default_value = "cn", value_name = "NAME")]
    pub web_identity_session: String,
}

impl WebIdentityArgs {
    /// Returns the web identity; `None` if no role is named.
    ///
    /// # Errors
    ///
    /// When the role comes without a token source, or KMS without an issuer.
    pub fn request(&self, ui: &Ui) -> Result<Option<WebIdentity>, Failure> {
        let Some(role) = &self.web_identity_role else {
            return Ok(None);
        };
        let source = match &self.web_identity_token {
            Some(SourceSpelling::Kms { key, algorithm }) => {
                TokenSource::Kms(self.kms(key, *algorithm)?)
            }
            Some(SourceSpelling::File(path)) => TokenSource::File(path.clone()),
            Some(SourceSpelling::Command(words)) => TokenSource::Command(words.clone()),
            None => TokenSource::File(ui.web_identity_token_file().ok_or_else(|| {
                let message = "no token source is set for the web identity role";
                Failure::new(FailureKind::Input, message).hint(
                    "pass `--web-identity-token kms:KEY`, `file:PATH` or `command:...`, or set \
                     `AWS_WEB_IDENTITY_TOKEN_FILE`",
                )
            })?),
        };
        Ok(Some(WebIdentity {
            role: role.clone(),
            source,
            session_name: self.web_identity_session.clone(),
        }))
    }

    fn kms(&self, key: &str, algorithm: Algorithm) -> Result<KmsToken, Failure> {
        let issuer = self.web_identity_issuer.clone().ok_or_else(|| {
            let message = "no issuer is set for the tokens that KMS signs";
            Failure::new(FailureKind::Input, message)
                .hint("pass `--web-identity-issuer URL`: the address of the identity provider")
        })?;
        Ok(KmsToken {
            key: key.to_owned(),
            algorithm,
            issuer,
            audience: self.web_identity_audience.clone(),
            subject: self.web_identity_subject.clone(),
        })
    }
}

/// The place of an access key.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Access key")]
pub struct KeyArgs {
    /// SSM parameter that holds both halves of the access key, as JSON
    ///
    /// `cn-keys put` writes it. Two parameters can be named as
    /// `ID-PARAMETER,SECRET-PARAMETER`.
    #[arg(long, value_name = "PARAMETER")]
    pub key_ssm: Option<KeyStore>,

    /// SSM parameter that holds the access key ID
    ///
    /// A name, path or ARN, optionally with `:VERSION` or `:LABEL`. The home identity reads it.
    #[arg(long, value_name = "PARAMETER")]
    pub access_key_ssm: Option<ParameterName>,

    /// SSM parameter that holds the secret access key
    #[arg(long, value_name = "PARAMETER")]
    pub secret_key_ssm: Option<ParameterName>,
}

/// The expectations of the target identity.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Identity check")]
pub struct CheckArgs {
    /// Account that the target identity must belong to
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<AccountId>,

    /// Do not verify the target identity with STS
    ///
    /// For networks without access to STS. By default, STS must confirm the partition of the
    /// region, and the account when one is given, before the first write.
    #[arg(long)]
    pub no_identity_check: bool,
}

/// The identity that reads SSM parameters.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Home")]
pub struct HomeArgs {
    /// Profile that reads SSM parameters [default: the SDK's default chain]
    #[arg(long, value_name = "NAME")]
    pub home_profile: Option<ProfileName>,

    /// Region of the SSM parameters [default: AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub home_region: Option<Region>,
}

impl TargetArgs {
    /// Returns the session request of the flags.
    ///
    /// # Errors
    ///
    /// Those of [`IdentityArgs::request`].
    pub fn request(&self, ui: &Ui) -> Result<SessionRequest, Failure> {
        self.identity.request(self.region.as_ref(), ui)
    }
}

impl IdentityArgs {
    /// Returns the request for a session in `region`, or in the profile's region if `None`.
    ///
    /// # Errors
    ///
    /// When only one of two SSM parameters is named, or a profile and the default chain come from
    /// sources of the same rank.
    pub fn request(&self, region: Option<&Region>, ui: &Ui) -> Result<SessionRequest, Failure> {
        if let Some(region) = region {
            warn_if_unknown(region, ui);
        }
        let (profile, default_chain) = self.profile_or_chain(ui)?;
        let mut request = SessionRequest::new(ui.environment().clone());
        request.region = region.cloned();
        request.profile = profile;
        request.default_chain = default_chain;
        request.keys = self.keys.parameters(ui.settings())?;
        request.web_identity = self.web_identity.request(ui)?;
        self.check.apply(&mut request);
        self.home.apply(&mut request);
        Ok(request)
    }

    /// Returns the profile or the default chain, whichever is set closer to the command line.
    fn profile_or_chain(&self, ui: &Ui) -> Result<(Option<ProfileName>, bool), Failure> {
        let Some(profile) = &self.profile else {
            return Ok((None, self.default_chain));
        };
        if !self.default_chain {
            return Ok((Some(profile.clone()), false));
        }
        let (of_profile, of_chain) = (
            ui.settings().rank("profile"),
            ui.settings().rank("default_chain"),
        );
        match of_profile.cmp(&of_chain) {
            std::cmp::Ordering::Less => Ok((Some(profile.clone()), false)),
            std::cmp::Ordering::Greater => Ok((None, true)),
            std::cmp::Ordering::Equal => Err(Failure::new(
                FailureKind::Usage,
                "`--profile` and `--default-chain` cannot be used together",
            )
            .hint("remove one of them")),
        }
    }
}

/// Warns about a region of China that does not exist, and suggests the most similar known region.
pub fn warn_if_unknown(region: &Region, ui: &Ui) {
    let known = Region::china();
    let is_of_china = region.partition() == known[0].partition();
    if !is_of_china || known.contains(region) {
        return;
    }
    let distance = |known: &&Region| strsim::damerau_levenshtein(known.as_str(), region.as_str());
    if let Some(closest) = known.iter().min_by_key(distance) {
        ui.warn(format!(
            "unknown region `{region}`; did you mean `{closest}`?"
        ));
    }
}

impl KeyArgs {
    /// Returns the parameters of the access key; `None` if none are named.
    ///
    /// If both a single parameter and a pair are set, the setting closer to the command line takes
    /// precedence.
    ///
    /// # Errors
    ///
    /// When only one of two parameters is named.
    pub fn parameters(&self, settings: &Settings) -> Result<Option<KeyStore>, Failure> {
        let of_pair = settings
            .rank("access_key_ssm")
            .min(settings.rank("secret_key_ssm"));
        match &self.key_ssm {
            Some(store) if settings.rank("key_ssm") <= of_pair => Ok(Some(store.clone())),
            _ => pair(self.access_key_ssm.as_ref(), self.secret_key_ssm.as_ref()),
        }
    }
}

/// Returns both parameters of an access key; `None` if neither is named.
///
/// # Errors
///
/// When only one of them is named.
pub fn pair(
    access_key: Option<&ParameterName>,
    secret_key: Option<&ParameterName>,
) -> Result<Option<KeyStore>, Failure> {
    let missing = match (access_key, secret_key) {
        (None, None) => return Ok(None),
        (Some(access_key), Some(secret_key)) => {
            return Ok(Some(KeyStore::Pair {
                access_key: access_key.clone(),
                secret_key: secret_key.clone(),
            }));
        }
        (None, Some(_)) => ("access_key_ssm", "USER_ACCESS_KEY_SSM"),
        (Some(_), None) => ("secret_key_ssm", "USER_SECRET_KEY_SSM"),
    };
    let flag = missing.0.replace('_', "-");
    let variable = crate::environment::variable_of(missing.0);
    let failure = Failure::new(
        FailureKind::Input,
        format!("`--{flag}` is not set, but the other half of the access key is"),
    );
    Err(failure.hint(format!(
        "pass `--{flag}`, or set `{variable}` or `{}`",
        missing.1
    )))
}

impl CheckArgs {
    /// Copies the flags into a request.
    pub fn apply(&self, request: &mut SessionRequest) {
        request.account.clone_from(&self.account);
        request.identity_check = !self.no_identity_check;
    }
}

impl HomeArgs {
    /// Copies the flags into a request.
    pub fn apply(&self, request: &mut SessionRequest) {
        request.home_region.clone_from(&self.home_region);
        request.home_profile.clone_from(&self.home_profile);
    }
}
