//! The command line of `cn-profile`, and what it asks for.

use cn_cli::{CheckArgs, Failure, FailureKind, HomeArgs, KeyArgs, Ui};
use cn_core::profile::{ProfileName, ProfileTexts};
use cn_core::session::{
    Identity, KeyParameters, Resolved, SessionError, SessionRequest, TargetRequest, check_home,
    region_of,
};
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
    pub(crate) fn keys(&self) -> Result<KeyParameters, Failure> {
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

    /// What the session is asked for: the key in the parameters, in the profile's region.
    pub(crate) fn session(
        &self,
        keys: &KeyParameters,
        texts: &ProfileTexts,
        ui: &Ui,
    ) -> Result<(SessionRequest, Resolved), Failure> {
        let request = SessionRequest {
            target: TargetRequest {
                region: self.region.clone(),
                profile: Some(self.profile.clone()),
                default_chain: false,
                keys: Some(keys.clone()),
                account: self.check.account.clone(),
                identity_check: !self.check.no_identity_check,
            },
            home: self.home.request(),
            environment: ui.environment().clone(),
        };
        let region = region_of(&request.target, texts).map_err(SessionError::from)?;
        // What would be home's profile is about to become the target's.
        let written = Resolved {
            region: region.clone(),
            identity: Identity::Profile(self.profile.clone()),
        };
        check_home(&request, &written, texts).map_err(SessionError::from)?;
        let resolved = Resolved {
            region,
            identity: Identity::Parameters(keys.clone()),
        };
        Ok((request, resolved))
    }

    /// The command line that serves the same credentials.
    ///
    /// * `program`: where this program is.
    pub(crate) fn process(
        &self,
        program: &str,
        keys: &KeyParameters,
        resolved: &Resolved,
        home_region: &Region,
    ) -> String {
        let quote = if program.contains(' ') { "\"" } else { "" };
        let mut command = format!(
            "{quote}{program}{quote} --credential-process --flags-only --no-identity-check \
             --profile {} --region {} --access-key-ssm {} --secret-key-ssm {} --home-region {home_region}",
            self.profile, resolved.region, keys.access_key, keys.secret_key,
        );
        if let Some(profile) = &self.home.home_profile {
            command.push_str(" --home-profile ");
            command.push_str(profile.as_str());
        }
        command
    }
}
