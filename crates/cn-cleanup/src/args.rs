//! The command line of `cn-cleanup`, and its conversion to a request.

use std::time::Duration;

use cn_cli::args::BucketArgs;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::cleanup::{Access, Artifacts, Request};
use cn_core::parameter::ParameterName;
use cn_core::stack::{Pace, StackName};
use cn_core::web_identity::RoleArn;

/// Delete a stack, its artifacts, parameters and key, or collect old artifacts
///
/// Always shows first what would be deleted. On a terminal, it then asks; in a build, it deletes
/// only with `--yes`. Artifacts that a live stack of the region needs always stay.
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
#[derive(clap::Parser, Clone, Debug)]
#[command(name = "cn-cleanup", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Delete the stack of `--stack-name`, with the stacks nested in it
    #[arg(long, help_heading = "Parts")]
    stack: bool,

    /// Delete the artifacts that only this stack needs, and unfinished uploads
    #[arg(long, help_heading = "Parts")]
    artifacts: bool,

    /// Delete the SSM parameters of `--parameter` and `--s3-bucket-ssm`
    #[arg(long, help_heading = "Parts")]
    parameters: bool,

    /// Delete the access key and the SSM parameters that hold it, or the role
    ///
    /// Deleting a role needs the profile of an administrator (`--profile`).
    #[arg(long, help_heading = "Parts")]
    key: bool,

    /// Delete all parts that are configured
    #[arg(long, help_heading = "Parts")]
    everything: bool,

    /// Delete artifacts of this age that no live stack needs, such as 30d
    ///
    /// A live stack needs the artifacts of its current template, and those of earlier templates
    /// that its events still show.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Parts")]
    artifacts_older_than: Option<Duration>,

    /// Delete what is shown, without asking
    #[arg(short, long)]
    yes: bool,

    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,

    /// Stack to clean up
    #[arg(long, value_name = "NAME", help_heading = "Stack")]
    stack_name: Option<StackName>,

    /// Bucket of the stack to empty before it is deleted; may be repeated
    ///
    /// Name or logical ID. Without it, a bucket that is not empty stops the cleanup.
    #[arg(long, value_name = "BUCKET", help_heading = "Stack")]
    empty_bucket: Vec<String>,

    /// Longest time to wait for the stack [default: as long as it takes]
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Stack")]
    max_wait: Option<Duration>,

    /// The bucket.
    #[command(flatten, next_help_heading = "Artifacts")]
    bucket: BucketArgs,

    /// Prefix to look under; may be repeated [default: the whole bucket]
    ///
    /// Only objects with the keys that `cn-package` and `cn-deploy` make are deleted.
    #[arg(
        long,
        value_name = "PREFIX",
        value_delimiter = ',',
        help_heading = "Artifacts"
    )]
    s3_prefix: Vec<String>,

    /// Prefix under which any object may be deleted, whoever uploaded it; may be repeated
    #[arg(
        long,
        value_name = "PREFIX",
        value_delimiter = ',',
        help_heading = "Artifacts"
    )]
    prefix: Vec<String>,

    /// Age from which an unfinished upload is aborted
    #[arg(long, default_value = "1d", value_parser = humantime::parse_duration, value_name = "TIME", help_heading = "Artifacts")]
    unfinished_older_than: Duration,

    /// SSM parameter of the home account to delete; may be repeated
    #[arg(
        long,
        value_name = "PARAMETER",
        value_delimiter = ',',
        help_heading = "Parameters"
    )]
    parameter: Vec<ParameterName>,

    /// Role that `--key` deletes [default: that of --web-identity-role]
    #[arg(long, value_name = "ARN", help_heading = "Access")]
    role: Option<RoleArn>,

    #[command(flatten)]
    pub(crate) target: cn_cli::TargetArgs,
}

const EXAMPLES: &str = "\
Examples:
  cn-cleanup --stack --artifacts --stack-name orders-dev
  cn-cleanup --everything --stack-name orders-dev --yes
  cn-cleanup --artifacts-older-than 30d --s3-bucket my-bucket --yes";

/// The decision about the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// The plan is applied.
    Given,
    /// A person is asked.
    Asked,
    /// The plan is only shown, because nobody can be asked.
    Missing,
    /// The plan is only shown, as requested.
    DryRun,
}

impl Args {
    /// Returns the decision that the flags and the terminal allow.
    pub(crate) fn consent(&self, ui: &Ui) -> Consent {
        if self.dry_run {
            Consent::DryRun
        } else if self.yes {
            Consent::Given
        } else if ui.is_interactive() && !ui.is_json() {
            Consent::Asked
        } else {
            Consent::Missing
        }
    }

    /// Returns the interval and deadline of polls for the stack's deletion.
    pub(crate) fn pace(&self, ui: &Ui) -> Pace {
        let deadline = self.max_wait.map(|wait| tokio::time::Instant::now() + wait);
        Pace::standard(deadline, ui.now_ms().unsigned_abs())
    }

    /// Returns the clean-up that the flags request.
    ///
    /// # Errors
    ///
    /// When no part is selected, or a selected part is not named.
    pub(crate) fn request(&self, ui: &Ui) -> Result<Request, Failure> {
        let has_parts = self.stack || self.artifacts || self.parameters || self.key;
        if !has_parts && !self.everything && self.artifacts_older_than.is_none() {
            let message = "nothing to clean up was selected";
            return Err(Failure::new(FailureKind::Usage, message).hint(
                "pass `--stack`, `--artifacts`, `--parameters`, `--key`, `--everything` or \
                 `--artifacts-older-than`",
            ));
        }
        let mut request = Request {
            empty_buckets: self.empty_bucket.iter().cloned().collect(),
            artifacts: self.artifacts(ui)?,
            parameters: self.parameters()?,
            access: self.access(ui)?,
            ..Request::default()
        };
        if self.stack || self.everything {
            request.stack = Some(self.stack_name()?);
        }
        if request.stack.is_none() && !request.empty_buckets.is_empty() {
            let message = "`--empty-bucket` works only when the stack is deleted";
            return Err(Failure::new(FailureKind::Usage, message).hint("pass `--stack`, too"));
        }
        Ok(request)
    }

    fn stack_name(&self) -> Result<StackName, Failure> {
        self.stack_name.clone().ok_or_else(|| {
            Failure::new(FailureKind::Input, "no stack to clean up was given")
                .hint("pass `--stack-name`, or set `CN_STACK_NAME`")
        })
    }

    fn artifacts(&self, ui: &Ui) -> Result<Option<Artifacts>, Failure> {
        let is_chosen = self.artifacts || self.everything || self.artifacts_older_than.is_some();
        if !is_chosen {
            return Ok(None);
        }
        let Some(buckets) = self.bucket.names(ui.settings()) else {
            if self.everything && !self.artifacts && self.artifacts_older_than.is_none() {
                return Ok(None);
            }
            let message = "no artifact bucket was given";
            return Err(Failure::new(FailureKind::Input, message)
                .hint("pass `--s3-bucket` or `--s3-bucket-ssm`"));
        };
        let prefixes = |all: &[String]| {
            all.iter()
                .map(|text| text.parse())
                .collect::<Result<_, _>>()
        };
        Ok(Some(Artifacts {
            buckets,
            of_stack: if self.artifacts || self.everything {
                Some(self.stack_name()?)
            } else {
                None
            },
            older_than: self.artifacts_older_than,
            unfinished_after: self.unfinished_older_than,
            prefixes: prefixes(&self.s3_prefix)?,
            whole_prefixes: prefixes(&self.prefix)?,
        }))
    }

    fn parameters(&self) -> Result<Vec<ParameterName>, Failure> {
        if !self.parameters && !self.everything {
            return Ok(Vec::new());
        }
        let mut names = self.parameter.clone();
        names.extend(self.bucket.s3_bucket_ssm.iter().cloned());
        names.sort();
        names.dedup();
        if names.is_empty() && self.parameters {
            let message = "no SSM parameters to delete were given";
            return Err(Failure::new(FailureKind::Input, message)
                .hint("pass `--parameter` or `--s3-bucket-ssm`"));
        }
        for name in &names {
            name.check_writable()?;
        }
        Ok(names)
    }

    fn access(&self, ui: &Ui) -> Result<Option<Access>, Failure> {
        if !self.key && !self.everything {
            return Ok(None);
        }
        let identity = &self.target.identity;
        let of_identity = identity.web_identity.web_identity_role.as_ref();
        if let Some(role) = self.role.as_ref().or(of_identity) {
            return Ok(Some(Access::Role(role.clone())));
        }
        let Some(store) = identity.keys.parameters(ui.settings())? else {
            if self.key {
                let message = "neither an access key nor a role was given";
                return Err(Failure::new(FailureKind::Input, message)
                    .hint("pass `--key-ssm`, the two parameters of the key, or `--role`"));
            }
            return Ok(None);
        };
        store.check_writable()?;
        Ok(Some(Access::Key(store)))
    }
}
