//! The command line of `cn-profile`, and what it asks for.

use std::ffi::OsString;
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

/// Write a verified AWS profile from access keys kept in SSM parameters
///
/// Reads both halves of the access key from the home account in one request,
/// asks STS of the region whose they are, and only then writes them to the AWS
/// credentials file, the region to the AWS config file. A profile that is as it
/// should be is left alone.
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
#[derive(clap::Parser, Debug)]
#[command(
    name = "cn-profile",
    version,
    after_long_help = "Examples:\n  \
        cn-profile --region cn-north-1 --access-key-ssm /china/id --secret-key-ssm /china/secret\n  \
        cn-profile --write-process && aws s3 ls --profile china\n  \
        cn-profile exec --region cn-north-1 --key-ssm /china/key -- docker compose up"
)]
pub(crate) struct Args {
    /// Task; without one, a profile is written
    #[arg(value_enum)]
    pub(crate) action: Option<Action>,

    /// Command to run with `exec`, and its arguments
    ///
    /// It gets the credentials and the region of the target in its environment
    /// and nothing of the home identity.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,

    /// Profile to write
    #[arg(long, default_value_t = ProfileName::china(), value_name = "NAME")]
    pub(crate) profile: ProfileName,

    /// Region of the profile [default: the one it has]
    ///
    /// `AWS_REGION` and `AWS_DEFAULT_REGION` name the build's own region and
    /// are never used for this.
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Write a profile that calls this program for its credentials
    ///
    /// No secret is written to a file: whoever uses the profile runs
    /// `cn-profile --credential-process`, which reads the parameters again.
    #[arg(long)]
    pub(crate) write_process: bool,

    /// Print the credentials for a `credential_process`, and write nothing
    ///
    /// The output has the secret in it and is meant for the AWS tools alone.
    #[arg(long, conflicts_with_all = ["dry_run", "write_process"])]
    pub(crate) credential_process: bool,

    /// Take all settings from the command line alone
    ///
    /// Stands in the command that `--write-process` writes: whoever uses the
    /// profile may have variables and a `cn.toml` for something else.
    #[arg(long, hide = true)]
    flags_only: bool,

    /// Age of the stored key from which a warning is printed
    #[arg(long, default_value = "30d", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) max_key_age: Duration,

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
    /// The SSM parameters of the access key.
    fn keys(&self, ui: &Ui) -> Result<KeyStore, Failure> {
        self.keys.parameters(ui.settings())?.ok_or_else(|| {
            Failure::new(
                FailureKind::Input,
                "the SSM parameters of the access key are not named",
            )
            .hint(
                "pass `--key-ssm`, or `--access-key-ssm` and `--secret-key-ssm`, or set \
                 `USER_ACCESS_KEY_SSM` and `USER_SECRET_KEY_SSM`",
            )
        })
    }

    /// The identity of a command that is run: the web identity, else the key.
    pub(crate) fn identity(&self, ui: &Ui) -> Result<Identity, Failure> {
        match self.web_identity.request(ui)? {
            Some(identity) => Ok(Identity::WebIdentity(identity)),
            None => Ok(Identity::Parameters(self.keys(ui)?)),
        }
    }

    /// The session of the profile.
    pub(crate) fn session(&self, ui: &Ui) -> SessionRequest {
        let mut request = SessionRequest::new(ui.environment().clone());
        request.target.region.clone_from(&self.region);
        request.target.profile = Some(self.profile.clone());
        self.check.apply(&mut request);
        self.home.apply(&mut request);
        request
    }

    /// The command that serves the same credentials.
    pub(crate) fn process(
        &self,
        program: String,
        session: &Session,
        home: &Home,
    ) -> ProcessCommand {
        let mut command = ProcessCommand::new(
            program,
            self.profile.clone(),
            session.region().clone(),
            session.identity().clone(),
            home.region().clone(),
        );
        command.home_profile.clone_from(&self.home.home_profile);
        command
    }
}
