//! The requests to the library that the arguments come to.

use camino::Utf8PathBuf;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::Timestamp;
use cn_core::deploy::{
    Completion, Confidential, Mode, OnFailure, Request, ReviewedChangeSet, StackSettings,
};
use cn_core::inputs::{Given, Written};
use cn_core::manifest::manifest_path;
use cn_core::s3::BucketNames;
use cn_core::stack::{ChangeSetName, Pace, StackName};
use cn_core::template::Region;
use cn_core::template::partition::Arn;

use super::{Args, DriftWhen, FailureAction, NO_CHANGES, Task};

impl Args {
    pub(crate) fn task(&self) -> Task<'_> {
        match &self.run.execute_changeset {
            _ if !self.checks.compare.is_empty() => Task::Compare(&self.checks.compare),
            Some(change_set) => Task::Execute(change_set),
            None if self.run.attach => Task::Attach,
            None => Task::Deploy,
        }
    }

    /// Returns the stack that a reviewed change set must belong to. An ARN overrides a name that is
    /// set farther from the command line, such as in the configuration file.
    pub(crate) fn stack_of_review(&self, change_set: &str, ui: &Ui) -> Option<StackName> {
        let rank = |id| ui.settings().rank(id);
        let is_farther = rank("stack_name") > rank("execute_changeset");
        let is_overridden = is_farther && Arn::parse(change_set).is_some();
        self.stack_name.clone().filter(|_| !is_overridden)
    }

    pub(crate) fn stack(&self) -> Result<StackName, Failure> {
        self.stack_name.clone().ok_or_else(|| {
            Failure::new(FailureKind::Usage, "no stack was given").hint(
                "pass `--stack-name`, set `CN_STACK_NAME`, or put `stack_name` into `cn.toml`",
            )
        })
    }

    /// Returns the files that are written when the run has succeeded.
    pub(crate) fn outputs(&self) -> Vec<Utf8PathBuf> {
        let files = [&self.run.outputs_file, &self.run.env_file];
        let files = files.into_iter().flatten();
        files.chain(&self.run.changeset_file).cloned().collect()
    }

    /// Returns the files that the run reads, which its outputs must not overwrite.
    pub(crate) fn inputs(&self, ui: &Ui) -> Vec<Utf8PathBuf> {
        let settings = ui.settings();
        let words = ["parameter_overrides", "tags"].map(|id| settings.written(id));
        let mut files: Vec<_> = words.iter().flatten().filter_map(Written::file).collect();
        let policy = self.stack.stack_policy.iter();
        files.extend(policy.map(|path| path.trim_start_matches("file://").into()));
        files.extend(self.checks.manifest.clone());
        files.extend(ui.inputs());
        files.extend([
            manifest_path(&self.template_file),
            self.template_file.clone(),
        ]);
        files
    }

    /// Returns the inputs of a deployment, as they were typed.
    pub(crate) fn given(&self, stack: StackName, ui: &Ui) -> Result<Given, Failure> {
        let mut given = Given::new(stack, self.template_file.as_str(), change_set_name(ui));
        given.parameters = ui.settings().written("parameter_overrides");
        given.tags = ui.settings().written("tags");
        given.manifest.clone_from(&self.checks.manifest);
        given.clear_tags = self.stack.clear_tags;
        given.stack_policy.clone_from(&self.stack.stack_policy);
        given.termination_protection = self.termination_protection();
        let template = &self.template;
        let key = template.kms_key_id.as_deref();
        given.bucket = self.bucket(ui);
        given.prefix = template.s3_prefix.parse()?;
        given.sse = cn_cli::args::SseMode::with_key(template.sse, key)?;
        given.kms_key_id.clone_from(&template.kms_key_id);
        given.force_upload = template.force_upload;
        given.mode = match (self.run.no_execute_changeset, self.run.plan) {
            (_, true) => Mode::Preview,
            (true, false) => Mode::Review,
            (false, false) => Mode::Execute,
        };
        Ok(given)
    }

    pub(crate) fn termination_protection(&self) -> Option<bool> {
        let stack = &self.stack;
        match (
            stack.termination_protection,
            stack.no_termination_protection,
        ) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        }
    }

    fn bucket(&self, ui: &Ui) -> Option<BucketNames> {
        let template = &self.template;
        let rank = |id| ui.settings().rank(id);
        BucketNames::nearer(
            (
                Vec::from_iter(template.s3_bucket.clone()),
                rank("s3_bucket"),
            ),
            (
                Vec::from_iter(template.s3_bucket_ssm.clone()),
                rank("s3_bucket_ssm"),
            ),
        )
    }

    /// Completes a request with the settings that are not read from files or AWS.
    pub(crate) fn complete(&self, mut request: Request, ui: &Ui) -> Result<Request, Failure> {
        let stack = &self.stack;
        if stack.revert_drift && self.checks.drift == Some(DriftWhen::Deny) {
            let message = "`--drift deny` stops at any drift, which `--revert-drift` would revert";
            return Err(Failure::new(FailureKind::Usage, message)
                .hint("remove one of them; `--drift before` reports the drift and continues"));
        }
        request.capabilities.clone_from(&stack.capabilities);
        request.role_arn.clone_from(&stack.role_arn);
        let topics = &stack.notification_arns;
        request.notification_arns = (!topics.is_empty()).then(|| topics.clone());
        let triggers = &stack.rollback_triggers;
        request.rollback_triggers = (!triggers.is_empty() || stack.clear_rollback_triggers)
            .then(|| triggers.iter().map(|text| text.as_str().into()).collect());
        request.monitoring_minutes = stack.monitoring_minutes;
        request.revision = self.revision(ui)?;
        if stack.express {
            request.completion = Completion::Express;
        }
        request.on_failure = self.on_failure();
        request.retain_except_on_create = stack.retain_except_on_create;
        request.include_nested_stacks = stack.include_nested_stacks;
        request.revert_drift = stack.revert_drift;
        request.disable_validation = stack.no_validation;
        request.import_existing_resources = stack.import_existing_resources;
        request.gates.clone_from(&self.run.deny);
        request.replace_failed = !self.run.no_replace_failed;
        request.continue_rollback = self.run.continue_rollback;
        request.wait_busy = self.run.wait_busy;
        Ok(request)
    }

    fn revision(&self, ui: &Ui) -> Result<Option<String>, Failure> {
        if !self.stack.tag_revision {
            return Ok(self.stack.revision.clone());
        }
        match ui.build().revision {
            Some(revision) => Ok(Some(revision)),
            None => Err(Failure::new(
                FailureKind::Usage,
                "cannot tag the revision: `CODEBUILD_RESOLVED_SOURCE_VERSION` is not set",
            )
            .hint("outside of CodeBuild, pass the revision with `--revision`")),
        }
    }

    fn on_failure(&self) -> OnFailure {
        match self.stack.on_failure {
            _ if self.stack.disable_rollback => OnFailure::Keep,
            None | Some(FailureAction::Rollback) => OnFailure::Rollback,
            Some(FailureAction::DoNothing) => OnFailure::Keep,
            Some(FailureAction::Delete) => OnFailure::Delete,
        }
    }

    /// Returns the reviewed change set to execute, with its settings.
    ///
    /// * `region`: the target region, which its ARN must name.
    pub(crate) fn reviewed(
        &self,
        change_set: &str,
        region: &Region,
        settings: StackSettings,
        confidential: Confidential,
        ui: &Ui,
    ) -> Result<ReviewedChangeSet, Failure> {
        if change_set.is_empty() {
            return Err(Failure::new(FailureKind::Usage, "no change set was given")
                .hint(format!("check the output of the review: it prints `{NO_CHANGES}` when nothing changes, and nothing when it fails")));
        }
        let message = match Arn::parse(change_set) {
            None if self.stack_name.is_none() => {
                let message =
                    format!("the name `{change_set}` alone does not identify a change set");
                return Err(Failure::new(FailureKind::Usage, message)
                    .hint("pass its ARN, or its stack with `--stack-name`"));
            }
            Some(arn) if arn.region != region.as_str() => format!(
                "change set `{change_set}` is in `{}`, but the target is `{region}`",
                arn.region
            ),
            _ => {
                let stack = self.stack_of_review(change_set, ui);
                let mut reviewed = ReviewedChangeSet::new(change_set, stack, change_set_name(ui));
                reviewed.on_failure = self.on_failure();
                reviewed.retain_except_on_create = self.stack.retain_except_on_create;
                reviewed.settings = settings;
                reviewed.confidential = confidential;
                return Ok(reviewed);
            }
        };
        Err(Failure::new(FailureKind::Usage, message)
            .hint("pass the change set's region with `--region`"))
    }

    /// Returns the intervals of polls, and the deadline from the time limits.
    pub(crate) fn pace(&self, ui: &Ui) -> Pace {
        let seed = uuid::Uuid::new_v4().as_u64_pair().0;
        Pace::within(
            self.run.max_wait,
            ui.build_left(self.run.build_timeout),
            seed,
        )
    }
}

/// Returns a change set name with the build's ID; outside of a build, with the time.
fn change_set_name(ui: &Ui) -> ChangeSetName {
    let label = ui.build().id;
    let label = label.unwrap_or_else(|| Timestamp(ui.now_ms()).to_string());
    let random = uuid::Uuid::new_v4().as_fields().0;
    ChangeSetName::new(&label, random)
}
