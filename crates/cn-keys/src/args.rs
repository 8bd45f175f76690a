//! The command line of `cn-keys`, and its conversion to requests.

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::ValueEnum;
use cn_cli::{CheckArgs, Failure, FailureKind, HomeArgs, Ui, args};
use cn_core::Timestamp;
use cn_core::keys::{Keeper, KeyId, Pacing, PutRequest, RotateRequest};
use cn_core::parameter::ParameterName;
use cn_core::profile::ProfileName;
use cn_core::session::{Home, Identity, KeyStore, Session, SessionRequest};
use cn_core::template::Region;
use cn_core::web_identity::IssuerUrl;

/// The task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Store an access key in SSM parameters
    Put,
    /// Print age, last use and both key slots
    Status,
    /// Replace the stored key by a new one
    Rotate,
    /// Deactivate a leaked key and deny its sessions
    Revoke,
    /// Write or verify the files of an issuer of web identity tokens
    Issuer,
}

/// Store, check, rotate and revoke the access key of the IAM user in China
///
/// The key is kept in SecureString parameters of the home account and belongs to an
/// IAM user of the target account. A rotation can be interrupted at any point: the
/// stored key works at every moment, and the next run finishes or undoes the
/// rotation.
#[derive(clap::Parser, Debug)]
#[command(
    name = "cn-keys",
    version,
    after_long_help = "Examples:\n  \
        cn-keys put --region cn-north-1 --key-ssm /china/prod/key < accessKeys.csv\n  \
        cn-keys rotate --region cn-north-1 --key-ssm /china/dev/key --key-ssm /china/prod/key\n  \
        cn-keys status --max-key-age 90d\n  \
        cn-keys issuer --issuer https://issuer.example.com --signing-key alias/cn --output site\n  \
        cn-keys revoke --key-id AKIAIOSFODNN7EXAMPLE --admin-profile china-admin"
)]
pub(crate) struct Args {
    /// Task
    #[arg(value_enum)]
    pub(crate) action: Action,

    /// SSM parameter that holds both halves of the key, as JSON; may be repeated
    ///
    /// Two parameters are named as `ID-PARAMETER,SECRET-PARAMETER`. One
    /// parameter is safer: it changes in one step.
    #[arg(long, value_name = "PARAMETER")]
    key_ssm: Vec<KeyStore>,

    /// SSM parameter that holds the access key ID
    #[arg(long, value_name = "PARAMETER")]
    access_key_ssm: Option<ParameterName>,

    /// SSM parameter that holds the secret access key
    #[arg(long, value_name = "PARAMETER")]
    secret_key_ssm: Option<ParameterName>,

    /// Region of the target, in which the key is verified [default: the region of profile china]
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,

    /// Print the steps of a rotation, and change nothing
    #[arg(long, help_heading = "Rotate")]
    pub(crate) dry_run: bool,

    /// Age from which a key is rotated
    #[arg(long, default_value = "1d", value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Rotate")]
    min_age: Duration,

    /// Time for which the previous key stays inactive before it is deleted
    #[arg(long, default_value = "1d", value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Rotate")]
    grace: Duration,

    /// Age from which an unknown new key counts as left behind by an interrupted rotation
    #[arg(long, default_value = "5m", value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Rotate")]
    leftover_age: Duration,

    /// Time between two checks of a new key, which has to be accepted three times in a row
    #[arg(long, default_value = "1500ms", value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Rotate")]
    proof_interval: Duration,

    /// Age of a key above which the status fails with exit code 4
    #[arg(long, default_value = "30d", value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Status")]
    pub(crate) max_key_age: Duration,

    /// File with the key to store; without it, standard input
    ///
    /// The CSV file of the IAM console, the JSON of `aws iam
    /// create-access-key`, or the access key ID and the secret on separate lines.
    #[arg(long, value_name = "FILE", help_heading = "Put")]
    pub(crate) key_file: Option<Utf8PathBuf>,

    /// KMS key that encrypts new parameters [default: the account's default key]
    #[arg(long, value_name = "KEY", help_heading = "Put")]
    kms_key: Option<String>,

    /// Access key to revoke
    #[arg(long, value_name = "ID", help_heading = "Revoke")]
    key_id: Option<String>,

    /// Profile of an administrator of the target account
    ///
    /// It deactivates the key and denies the sessions made with it, which
    /// otherwise stay valid for up to 36 hours.
    #[arg(long, value_name = "NAME", help_heading = "Revoke")]
    pub(crate) admin_profile: Option<ProfileName>,

    /// Address of the issuer, such as `https://issuer.example.com/china`
    #[arg(long, value_name = "URL", help_heading = "Issuer")]
    issuer: Option<IssuerUrl>,

    /// KMS key that signs tokens, now or later; may be repeated
    #[arg(long, value_name = "KEY", help_heading = "Issuer")]
    pub(crate) signing_key: Vec<String>,

    /// Folder to write the issuer's files into; without it, they are printed
    #[arg(long, value_name = "FOLDER", help_heading = "Issuer")]
    pub(crate) output: Option<Utf8PathBuf>,

    /// Fetch the issuer's files as STS does, and report every fault
    #[arg(long, help_heading = "Issuer")]
    pub(crate) verify: bool,

    #[command(flatten)]
    check: CheckArgs,

    #[command(flatten)]
    home: HomeArgs,
}

impl Args {
    /// Returns the parameters of every key.
    pub(crate) fn stores(&self, ui: &Ui) -> Result<Vec<KeyStore>, Failure> {
        let settings = ui.settings();
        let of_pair = settings
            .rank("access_key_ssm")
            .min(settings.rank("secret_key_ssm"));
        if !self.key_ssm.is_empty() && settings.rank("key_ssm") <= of_pair {
            return Ok(self.key_ssm.clone());
        }
        let pair = args::pair(self.access_key_ssm.as_ref(), self.secret_key_ssm.as_ref())?;
        let pair = pair.ok_or_else(|| {
            let message = "no SSM parameter for the access key was given";
            Failure::new(FailureKind::Input, message).hint("pass `--key-ssm`, or set `CN_KEY_SSM`")
        })?;
        Ok(vec![pair])
    }

    /// Returns the key to revoke.
    pub(crate) fn revoked_key(&self) -> Result<KeyId, Failure> {
        let id = self.key_id.as_deref().map(KeyId::new);
        id.ok_or_else(|| {
            Failure::new(FailureKind::Input, "no access key to revoke was given")
                .hint("pass `--key-id`; `cn-keys status` lists the keys of the user")
        })
    }

    /// Returns the issuer.
    pub(crate) fn issuer(&self) -> Result<&IssuerUrl, Failure> {
        self.issuer.as_ref().ok_or_else(|| {
            Failure::new(FailureKind::Input, "no issuer was given")
                .hint("pass `--issuer URL`: the address that its files are served from")
        })
    }

    /// Returns only the home identity.
    pub(crate) async fn home(&self, ui: &Ui) -> Result<Home, Failure> {
        let texts = ui.environment().files.read()?;
        let mut request = SessionRequest::new(ui.environment().clone());
        self.home.apply(&mut request);
        Ok(Home::open(&request, &texts).await?)
    }

    /// Returns the keeper that reads and writes one key.
    pub(crate) async fn keeper(&self, store: KeyStore, ui: &Ui) -> Result<Keeper, Failure> {
        let identity = Identity::Parameters(store.clone());
        let session = self.session(Some(identity), ui)?;
        let account = self.check.account.clone();
        let now = Timestamp(ui.now_ms());
        let keeper = Keeper::open(&session, store, account, self.pacing(), now).await?;
        Ok(keeper)
    }

    /// Returns the pace and the time limit of repeated requests.
    pub(crate) fn pacing(&self) -> Pacing {
        Pacing {
            interval: self.proof_interval,
            ..Pacing::standard()
        }
    }

    /// Returns a session with a given target identity, or with the administrator's profile.
    pub(crate) fn session(&self, identity: Option<Identity>, ui: &Ui) -> Result<Session, Failure> {
        let mut request = SessionRequest::new(ui.environment().clone());
        request.region.clone_from(&self.region);
        self.check.apply(&mut request);
        self.home.apply(&mut request);
        let session = if let Some(identity) = identity {
            Session::open_as(request, identity)
        } else {
            request.profile.clone_from(&self.admin_profile);
            Session::open(request)
        };
        Ok(session?)
    }

    /// Returns the ages at which a key is rotated and other keys are deleted.
    pub(crate) fn rotation(&self) -> RotateRequest {
        RotateRequest {
            min_age: self.min_age,
            grace: self.grace,
            orphan_age: self.leftover_age,
        }
    }

    /// Returns the request to store a key.
    pub(crate) fn put(&self) -> PutRequest {
        PutRequest {
            kms_key: self.kms_key.clone(),
            is_unverified: self.check.no_identity_check,
        }
    }
}
