//! The command line of `cn-profile`, and its conversion to requests.

use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use cn_cli::{CheckArgs, Failure, FailureKind, HomeArgs, KeyArgs, Ui, WebIdentityArgs};
use cn_core::profile::ProfileName;
use cn_core::session::{Home, Identity, KeyStore, ProcessCommand, Session, SessionRequest};
use cn_core::template::Region;

/// The task beside writing a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Run a command as the target identity
    Exec,
}

/// A profile to write, and its own access key if it has one: `NAME` or `NAME=PARAMETER`.
#[derive(Clone, Debug)]
pub(crate) struct ProfileArg {
    pub(crate) name: ProfileName,
    key: Option<KeyStore>,
}

impl FromStr for ProfileArg {
    type Err = Box<dyn std::error::Error + Send + Sync>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, key) = match text.split_once('=') {
            Some((name, key)) => (name, Some(key.parse()?)),
            None => (text, None),
        };
        let name = name.parse()?;
        Ok(Self { name, key })
    }
}

/// Parses the lifetime of a session.
///
/// # Source
///
/// STS API reference, `GetSessionToken`: 900 to 129,600 seconds for IAM users.
fn lifetime(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let limits = Duration::from_mins(15)..=Duration::from_hours(36);
    if limits.contains(&time) {
        Ok(time)
    } else {
        Err("a session lasts from 15m to 36h".to_owned())
    }
}

/// Write a verified AWS profile from access keys kept in SSM parameters
///
/// Reads both halves of the access key from the home account in one request, and
/// verifies them with STS of the target region. Only then does it write the key to
/// the AWS credentials file, and the region to the AWS config file. A profile that
/// is up to date is not written.
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
#[derive(clap::Parser, Debug)]
#[command(
    name = "cn-profile",
    version,
    after_long_help = "Examples:\n  \
        cn-profile --region cn-north-1 --key-ssm /china/prod/key\n  \
        cn-profile exec --region cn-north-1 --key-ssm /china/prod/key -- aws s3 ls\n  \
        cn-profile --write-process && aws s3 ls --profile china\n  \
        cn-profile --region cn-north-1 --profile dev=/china/dev/key --profile prod=/china/prod/key"
)]
pub(crate) struct Args {
    /// Task; without one, `cn-profile` writes a profile
    #[arg(value_enum)]
    pub(crate) action: Option<Action>,

    /// Command to run with `exec`, and its arguments
    ///
    /// It gets the credentials and the region of the target in its environment
    /// and nothing of the home identity.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// Profile to write, and the SSM parameter of its own access key; may be repeated
    ///
    /// With several profiles, each has its own parameter. All are verified
    /// before the first is written.
    #[arg(long, default_value = "china", value_name = "NAME[=PARAMETER]")]
    pub(crate) profile: Vec<ProfileArg>,

    /// Region of the profile [default: unchanged]
    ///
    /// `AWS_REGION` and `AWS_DEFAULT_REGION` name the build's own region and
    /// are never used for this.
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write a profile that gets its credentials from `cn-profile`
    ///
    /// No secret is written to a file: a tool that uses the profile runs
    /// `cn-profile --credential-process`, which reads the parameters again.
    #[arg(long)]
    pub(crate) write_process: bool,

    /// Write temporary session credentials instead of the access key
    ///
    /// STS issues the session. It cannot call IAM, and can call only `AssumeRole` and
    /// `GetCallerIdentity` of STS. With a web identity, it is a session of the role.
    #[arg(long, conflicts_with = "write_process")]
    pub(crate) session: bool,

    /// Time after which a session for an access key ends, from 15m to 36h
    #[arg(long, default_value = "12h", value_parser = lifetime, value_name = "TIME")]
    pub(crate) session_duration: Duration,

    /// Print the credentials for a `credential_process`, and write nothing
    ///
    /// The output contains the secret. It is meant for AWS tools only.
    #[arg(long, conflicts_with_all = ["dry_run", "session", "write_process"])]
    pub(crate) credential_process: bool,

    /// Take all settings from the command line alone
    ///
    /// Stands in the command that `--write-process` writes: whoever uses the
    /// profile may have variables and a `cn.toml` for something else.
    #[arg(long, hide = true)]
    flags_only: bool,

    /// Fail with exit code 4 when the access key is this old [default: warn from 30d]
    ///
    /// The age comes from IAM if the user may call `iam:ListAccessKeys` on itself. Otherwise, it
    /// is counted from the last write of the SSM parameters.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) max_key_age: Option<Duration>,

    #[command(flatten)]
    web_identity: WebIdentityArgs,

    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    check: CheckArgs,

    #[command(flatten)]
    home: HomeArgs,
}

impl Args {
    /// Returns the SSM parameters of the access key.
    fn keys(&self, ui: &Ui) -> Result<KeyStore, Failure> {
        self.keys.parameters(ui.settings())?.ok_or_else(|| {
            Failure::new(
                FailureKind::Input,
                "no SSM parameters for the access key were given",
            )
            .hint(
                "pass `--key-ssm`, or `--access-key-ssm` and `--secret-key-ssm`, or set \
                 `USER_ACCESS_KEY_SSM` and `USER_SECRET_KEY_SSM`",
            )
        })
    }

    /// Returns the profile of a task that supports only one.
    pub(crate) fn only_profile(&self) -> Result<&ProfileArg, Failure> {
        let [profile] = self.profile.as_slice() else {
            let message = "several profiles were given, but this task takes one";
            return Err(Failure::new(FailureKind::Usage, message).hint("pass `--profile` once"));
        };
        Ok(profile)
    }

    /// Returns the identity of a profile: its own key, else the web identity, else the key of all
    /// profiles.
    pub(crate) fn identity(&self, profile: &ProfileArg, ui: &Ui) -> Result<Identity, Failure> {
        if let Some(key) = &profile.key {
            return Ok(Identity::Parameters(key.clone()));
        }
        match self.web_identity.request(ui)? {
            Some(identity) => Ok(Identity::WebIdentity(identity)),
            None => Ok(Identity::Parameters(self.keys(ui)?)),
        }
    }

    /// Returns the session request of a profile.
    pub(crate) fn session(&self, profile: &ProfileArg, ui: &Ui) -> SessionRequest {
        let mut request = SessionRequest::new(ui.environment().clone());
        request.region.clone_from(&self.region);
        request.profile = Some(profile.name.clone());
        self.check.apply(&mut request);
        self.home.apply(&mut request);
        request
    }

    /// Returns the command that serves the same credentials.
    pub(crate) fn process(
        &self,
        program: String,
        profile: &ProfileArg,
        session: &Session,
        home: &Home,
    ) -> ProcessCommand {
        let mut command = ProcessCommand::new(
            program,
            profile.name.clone(),
            session.region().clone(),
            session.identity().clone(),
            home.region().clone(),
        );
        command.home_profile.clone_from(&self.home.home_profile);
        command
    }
}
