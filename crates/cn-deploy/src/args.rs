//! The command line of `cn-deploy`.

mod requests;

use camino::Utf8PathBuf;
use clap::ValueEnum;
use cn_core::deploy::Gate;
use cn_core::parameter::ParameterName;
use cn_core::s3::Bucket;
use cn_core::stack::StackName;
use cn_core::stack_set::StackSetName;
use cn_core::template::Region;
use std::time::Duration;

use crate::stack_set::StackSetArgs;

const EXAMPLES: &str = "\
Examples:
  cn-deploy --stack-name orders --capabilities CAPABILITY_IAM
  cn-deploy --stack-name orders --plan
  cn-deploy --stack-name orders --no-execute-changeset --deny delete,replacement
  cn-deploy --attach --stack-name orders";

/// Flags that cannot be used with a StackSet, which has no change set, no outputs, and none of the
/// settings that only a stack has.
const NOT_OF_STACK_SETS: [&str; 31] = [
    "stack_name",
    "role_arn",
    "notification_arns",
    "stack_policy",
    "termination_protection",
    "no_termination_protection",
    "rollback_triggers",
    "clear_rollback_triggers",
    "monitoring_minutes",
    "include_nested_stacks",
    "import_existing_resources",
    "disable_rollback",
    "no_disable_rollback",
    "retain_except_on_create",
    "on_failure",
    "no_execute_changeset",
    "execute_changeset",
    "deny",
    "no_replace_failed",
    "continue_rollback",
    "express",
    "wait_ready",
    "revert_drift",
    "no_validation",
    "changeset_file",
    "on_interrupt",
    "outputs_file",
    "env_file",
    "verify",
    "drift",
    "compare",
];

/// Create or update a stack, follow it to its end, and print the root cause of a failure
#[derive(clap::Parser, Debug)]
#[command(name = "cn-deploy", version, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Stack to create or update; required except with `--execute-changeset ARN`
    #[arg(long, value_name = "NAME")]
    pub(crate) stack_name: Option<StackName>,

    /// StackSet to create or update instead: the template in many accounts and regions
    #[arg(long, conflicts_with_all = NOT_OF_STACK_SETS, value_name = "NAME")]
    pub(crate) stack_set: Option<StackSetName>,

    /// Template to deploy: a path, or an address in S3
    ///
    /// A path, `s3://BUCKET/KEY`, or an `https://` address of S3. An address may end in
    /// `?versionId=ID`, and CloudFormation fetches the template from there.
    #[arg(short, long, default_value = "packaged.yaml", value_name = "FILE")]
    pub(crate) template_file: Utf8PathBuf,

    #[command(flatten)]
    pub(crate) template: TemplateArgs,

    #[command(flatten)]
    pub(crate) stack: StackArgs,

    #[command(flatten)]
    pub(crate) fleet: StackSetArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    #[command(flatten)]
    pub(crate) checks: SafetyArgs,

    #[command(flatten)]
    pub(crate) target: cn_cli::TargetArgs,
}

/// The way of the template to CloudFormation.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Template")]
pub(crate) struct TemplateArgs {
    /// Bucket to upload the template to, whatever its size
    #[arg(long, value_name = "BUCKET")]
    pub(crate) s3_bucket: Option<Bucket>,

    /// SSM parameter with the name of a bucket, for templates of over 51,200 bytes
    ///
    /// The home identity reads it, and only when the template needs a bucket.
    #[arg(long, value_name = "PARAMETER")]
    pub(crate) s3_bucket_ssm: Option<ParameterName>,

    /// Prefix of the template's key in the bucket
    #[arg(long, default_value = "", value_name = "PREFIX")]
    pub(crate) s3_prefix: String,

    /// KMS key that encrypts the template in the bucket
    #[arg(long, value_name = "KEY")]
    pub(crate) kms_key_id: Option<String>,

    /// Encryption to request for the template, as some bucket policies demand
    #[arg(long, value_enum, value_name = "ENCRYPTION")]
    pub(crate) sse: Option<cn_cli::args::SseMode>,

    /// Upload the template even if it is already in the bucket
    #[arg(long)]
    pub(crate) force_upload: bool,
}

/// The properties of the stack.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Stack")]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub(crate) struct StackArgs {
    /// Values for parameters: KEY=VALUE, JSON, or file://PATH (JSON, YAML, TOML, .env)
    ///
    /// A later value overrides an earlier one. Parameters without a value keep the
    /// value of the stack, or take the template's default. A value `ssm:/PATH` is
    /// read from that SSM parameter with the home identity.
    #[arg(long, num_args = 1.., value_name = "KEY=VALUE")]
    parameter_overrides: Vec<String>,

    /// Acknowledged capabilities, such as CAPABILITY_NAMED_IAM
    #[arg(long, num_args = 1.., value_name = "CAPABILITY")]
    pub(crate) capabilities: Vec<String>,

    /// Tags of the stack: KEY=VALUE, JSON, or file://PATH [default: unchanged]
    #[arg(long, num_args = 1.., value_name = "KEY=VALUE")]
    tags: Vec<String>,

    /// Remove all tags of the stack
    #[arg(long, conflicts_with = "tags")]
    pub(crate) clear_tags: bool,

    /// Role that CloudFormation assumes [default: unchanged]
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,

    /// SNS topics for the stack's events [default: unchanged]
    #[arg(long, num_args = 1.., value_name = "ARN")]
    pub(crate) notification_arns: Vec<String>,

    /// Stack policy: JSON, or a file with JSON [default: unchanged]
    ///
    /// It is set before an update, so that it already applies to that update, and after a creation.
    #[arg(long, value_name = "FILE")]
    pub(crate) stack_policy: Option<String>,

    /// Turn on the termination protection of the stack
    #[arg(long, overrides_with = "no_termination_protection")]
    pub(crate) termination_protection: bool,

    /// Turn off the termination protection of the stack
    #[arg(long, overrides_with = "termination_protection")]
    pub(crate) no_termination_protection: bool,

    /// Alarms that roll an operation back: ARN, or composite:ARN [default: unchanged]
    #[arg(long, num_args = 1.., value_name = "ARN")]
    pub(crate) rollback_triggers: Vec<String>,

    /// Remove all rollback triggers of the stack
    #[arg(long, conflicts_with = "rollback_triggers")]
    pub(crate) clear_rollback_triggers: bool,

    /// Minutes to watch the alarms after an operation [default: unchanged]
    #[arg(long, value_parser = clap::value_parser!(u16).range(0..=180), value_name = "MINUTES")]
    pub(crate) monitoring_minutes: Option<u16>,

    /// Revision of the source, for the stack's tag `cn:source-revision`
    ///
    /// Each new revision then updates every resource that inherits the stack's tags.
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,

    /// Take the revision from CodeBuild's CODEBUILD_RESOLVED_SOURCE_VERSION
    #[arg(long, conflicts_with = "revision")]
    pub(crate) tag_revision: bool,

    /// Create change sets for nested stacks, too; implied by `--deny`
    #[arg(long)]
    pub(crate) include_nested_stacks: bool,

    /// Revert changes made outside of CloudFormation, in an update
    ///
    /// CloudFormation then compares the template with the actual resources. Values that services
    /// manage stay, such as the capacity that a scaling policy sets.
    #[arg(long)]
    pub(crate) revert_drift: bool,

    /// Skip CloudFormation's validation of the change set
    #[arg(long)]
    pub(crate) no_validation: bool,

    /// Import existing resources whose names are in the template
    #[arg(long)]
    pub(crate) import_existing_resources: bool,

    /// Use CloudFormation's Express mode: complete when resources are configured
    ///
    /// Some resources may not be ready yet; the last lines name them. A failure rolls back unless
    /// `--disable-rollback` is given. With that flag, replacements are refused, because
    /// CloudFormation cannot roll the stack back afterwards.
    #[arg(long)]
    pub(crate) express: bool,

    /// Keep successful resources when the operation fails
    #[arg(long, overrides_with = "no_disable_rollback")]
    pub(crate) disable_rollback: bool,

    /// Roll back when the operation fails; the default
    #[arg(long, overrides_with = "disable_rollback")]
    pub(crate) no_disable_rollback: bool,

    /// In a rollback, also delete new resources whose policy would retain them
    #[arg(long)]
    pub(crate) retain_except_on_create: bool,

    /// Action when the operation fails [default: rollback]
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        conflicts_with = "disable_rollback",
        value_name = "ACTION"
    )]
    pub(crate) on_failure: Option<FailureAction>,
}

/// The reaction to a failed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FailureAction {
    /// Return to the state before
    Rollback,
    /// Keep successful resources
    DoNothing,
    /// Delete a stack whose creation failed; roll an update back
    Delete,
}

/// The options of the run.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Run")]
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
pub(crate) struct RunArgs {
    /// Create the change set and leave it for review
    #[arg(long)]
    pub(crate) no_execute_changeset: bool,

    /// Print the changes, then delete the change set
    #[arg(long, conflicts_with = "no_execute_changeset")]
    pub(crate) plan: bool,

    /// Execute a reviewed change set
    ///
    /// Its ARN, as `--no-execute-changeset` printed it, or its name together
    /// with `--stack-name`. Refused when the stack has changed since. NO_CHANGES,
    /// which a review without changes prints, does nothing.
    #[arg(long, conflicts_with_all = ["no_execute_changeset", "plan"], value_name = "CHANGE_SET")]
    pub(crate) execute_changeset: Option<String>,

    /// Follow the newest operation on the stack, running or ended, and report how it ends
    #[arg(long, conflicts_with_all = ["no_execute_changeset", "plan", "execute_changeset"])]
    pub(crate) attach: bool,

    /// Refuse changes: replacement, delete, iam-widening, validation-warning
    ///
    /// Each can be narrowed with =PATTERN: a resource type, a logical ID, or the name of a
    /// validation; `*` matches any characters. A refused change set is deleted, not executed.
    #[arg(long, num_args = 1.., value_delimiter = ',', value_name = "CHANGE")]
    pub(crate) deny: Vec<Gate>,

    /// Fail with exit code 3 when there is nothing to change
    #[arg(long, overrides_with = "no_fail_on_empty_changeset")]
    pub(crate) fail_on_empty_changeset: bool,

    /// Succeed when there is nothing to change; the default
    #[arg(long, overrides_with = "fail_on_empty_changeset")]
    pub(crate) no_fail_on_empty_changeset: bool,

    /// Do not delete and recreate a stack in ROLLBACK_COMPLETE
    #[arg(long)]
    pub(crate) no_replace_failed: bool,

    /// Continue the rollback of a stack in UPDATE_ROLLBACK_FAILED once, then deploy
    #[arg(long)]
    pub(crate) continue_rollback: bool,

    /// Write the change set for reviewers to these files: Markdown as .md, else JSON
    ///
    /// The files have property values before and after; values of SSM parameters are redacted.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub(crate) changeset_file: Vec<Utf8PathBuf>,

    /// Wait for another operation on the stack to end, then deploy
    #[arg(long)]
    pub(crate) wait_busy: bool,

    /// After an operation in Express mode, wait until events report resources as ready
    ///
    /// The wait ends after five minutes without an event, because CloudFormation does not always
    /// report readiness.
    #[arg(long)]
    pub(crate) wait_ready: bool,

    /// Stop waiting after this time, such as 45m; the operation continues [default: no limit]
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) max_wait: Option<Duration>,

    /// Timeout of the CodeBuild project, such as 60m: stop waiting a minute before it
    ///
    /// Counts from CODEBUILD_START_TIME, and does nothing outside of CodeBuild.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) build_timeout: Option<Duration>,

    /// Effect of a signal on a running update
    #[arg(long, value_enum, default_value_t, value_name = "ACTION")]
    pub(crate) on_interrupt: Interrupt,

    /// Write the outputs to this file: {"STACK": {"KEY": "VALUE"}}
    #[arg(long, value_name = "FILE")]
    pub(crate) outputs_file: Option<Utf8PathBuf>,

    /// Write the outputs to this file as lines of `export KEY='VALUE'`
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<Utf8PathBuf>,

    /// Write a report to this folder: JUnit XML, Markdown and an HTML page
    ///
    /// The files are STACK.REGION.xml, .md and .html; of a StackSet the first. They are
    /// written however the run ends, and never change its exit code.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<Utf8PathBuf>,
}

/// The checks before and after a deployment.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Checks")]
pub(crate) struct SafetyArgs {
    /// After the deployment, verify the template and the function code of the stack
    ///
    /// Compares the template with that of the stack, and the code digest of each
    /// function with the manifest of `cn-package`, or with the object in S3 where
    /// the manifest has no digest.
    #[arg(long)]
    pub(crate) verify: bool,

    /// Manifest of `cn-package` [default: the one beside the template, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<Utf8PathBuf>,

    /// Detect changes made outside CloudFormation
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) drift: Option<DriftWhen>,

    /// Compare the stacks of these regions, and deploy nothing
    ///
    /// Regions of both partitions can be compared. The exit code is 4 when revision or template
    /// differ; differences that `cn-package` makes for a region are ignored.
    #[arg(
        long,
        num_args = 1..,
        conflicts_with_all = ["no_execute_changeset", "plan", "execute_changeset", "attach"],
        value_name = "REGION"
    )]
    pub(crate) compare: Vec<cn_core::template::Region>,
}

/// The moment of drift detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftWhen {
    /// Before the deployment, as a warning
    Before,
    /// After the deployment
    After,
    /// Before the deployment; any drift stops it
    Deny,
}

/// The effect of a signal on a running update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Interrupt {
    /// The update continues
    #[default]
    Leave,
    /// The update is canceled and rolls back; a creation continues
    Cancel,
}

/// The result of a review without changes, in place of an ARN. No change set can have this name,
/// because names contain no underscore.
pub(crate) const NO_CHANGES: &str = "NO_CHANGES";

/// The task of a run.
pub(crate) enum Task<'a> {
    /// Deploys a template.
    Deploy,
    /// Executes a reviewed change set.
    Execute(&'a str),
    /// Follows the newest operation.
    Attach,
    /// Compares the stacks of these regions.
    Compare(&'a [Region]),
}
