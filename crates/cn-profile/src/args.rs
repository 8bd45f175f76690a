//! The command line of `cn-profile`, and what it asks for.

use cn_cli::{CheckArgs, Failure, FailureKind, HomeArgs, KeyArgs, Ui};
use cn_core::profile::ProfileName;
use cn_core::session::{Home, KeyParameters, ProcessCommand, Session, SessionRequest};
use cn_core::template::Region;

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
        cn-profile --write-process && aws s3 ls --profile china"
)]
pub(crate) struct Args {
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

    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    check: CheckArgs,

    #[command(flatten)]
    home: HomeArgs,
}

impl Args {
    /// The SSM parameters of the access key.
    fn keys(&self) -> Result<KeyParameters, Failure> {
        self.keys.parameters()?.ok_or_else(|| {
            Failure::new(
                FailureKind::Input,
                "the SSM parameters of the access key are not named",
            )
            .hint(
                "pass `--access-key-ssm` and `--secret-key-ssm`, or set `USER_ACCESS_KEY_SSM` and \
                 `USER_SECRET_KEY_SSM`",
            )
        })
    }

    /// The session of the profile, and the parameters with its key.
    pub(crate) fn session(&self, ui: &Ui) -> Result<(SessionRequest, KeyParameters), Failure> {
        let mut request = SessionRequest::new(ui.environment().clone());
        request.target.region.clone_from(&self.region);
        request.target.profile = Some(self.profile.clone());
        self.check.apply(&mut request);
        self.home.apply(&mut request);
        Ok((request, self.keys()?))
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
