//! The plan of a deployment, decided only from the request and the facts.

use std::collections::BTreeSet;

use cn_template::diag::Remedy;
use cn_template::{Code, Diagnostic, Source, rules};
use sha2::{Digest as _, Sha256};

use super::facts::Facts;
use super::gate::{Gate, GateKind};
use super::params::{self, ParameterValue};
use super::request::{
    Completion, MAX_INLINE_TEMPLATE_BYTES, MAX_TEMPLATE_BYTES, Mode, OnFailure, Request,
    RollbackTrigger, StackPolicy, TemplateBucket,
};
use crate::advice::Advice;
use crate::findings::Planned;
use crate::hex::hex;
use crate::s3::Prefix;
use crate::secret::Secrets;
use crate::stack::Reaction;
use crate::stack::facts::StackFacts;
use crate::stack::{
    ChangeSetKind, ChangeSetName, Express, Output, REVISION_TAG, StackName, StackStatus, Tag,
};

/// A template that CloudFormation would reject.
pub(super) const TEMPLATE_SIZE: Code = rules::code("CN613");

/// Tags that CloudFormation would reject.
pub(super) const TAGS: Code = rules::code("CN614");

/// Alarms that CloudFormation would reject.
pub(super) const ROLLBACK: Code = rules::code("CN618");

/// Deployment settings that CloudFormation does not accept together.
pub(super) const SETTINGS: Code = rules::code("CN622");

/// A validation that is switched off.
pub(super) const NO_VALIDATION: Code = rules::code("CN623");

/// The steps of a deployment, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The stack.
    pub stack: StackName,
    /// The steps before the change set.
    pub(crate) prepare: Vec<Step>,
    /// The change set to create and wait for.
    pub change_set: ChangeSetSpec,
    /// The use of the change set: execute, review or preview.
    pub mode: Mode,
    /// The execution of the change set.
    pub(crate) execution: Execution,
    /// The stack's current outputs, reported if nothing changes.
    pub outputs: Vec<Output>,
    /// Everything to redact.
    pub(super) secrets: Secrets,
}

/// Settings of a stack that no change set can contain.
///
/// They are set before an update is executed, after a stack is created, and also if nothing else
/// changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackSettings {
    /// The stack policy; `None` keeps the current one.
    pub stack_policy: Option<StackPolicy>,
    /// The protection against deletion; `None` keeps the current setting.
    pub termination_protection: Option<bool>,
}

/// A step before the change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Uploads the template to a bucket from which CloudFormation fetches it.
    UploadTemplate {
        /// The bucket.
        bucket: TemplateBucket,
        /// The object's key: equal templates have equal keys.
        key: String,
        /// The address that CloudFormation gets.
        url: String,
        /// The template.
        template: Source,
    },
    /// Deletes an empty stack whose creation was rolled back.
    DeleteStack {
        /// The stack's ARN, so that no other stack of the same name can be meant.
        stack_id: String,
    },
    /// Continues the rollback of an update, once.
    ContinueRollback {
        /// The stack's ARN.
        stack_id: String,
        /// The role to assume; `None` uses the stack's role.
        role_arn: Option<String>,
    },
}

/// The execution of a change set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Execution {
    /// The `DisableRollback` to send; `None` if the change set defines the reaction to a failure.
    pub disable_rollback: Option<bool>,
    /// True if a rollback also deletes new resources whose policy would retain them.
    pub retain_except_on_create: bool,
    /// The settings that no change set can contain.
    pub settings: StackSettings,
}

/// All inputs of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a choice of its own, named as in the API"
)]
pub struct ChangeSetSpec {
    /// The name, which is also the client token of the request.
    pub name: ChangeSetName,
    /// The description, for a person who finds the change set in the console.
    pub description: String,
    /// The kind of the operation: creation or update.
    pub kind: ChangeSetKind,
    /// The template.
    pub template: TemplateRef,
    /// The value to send for each parameter.
    pub parameters: Vec<(String, ParameterValue)>,
    /// Capabilities, passed on unchanged.
    pub capabilities: Vec<String>,
    /// The tags; `None` omits the member, so that the stack keeps its tags.
    pub tags: Option<Vec<Tag>>,
    /// The role; `None` keeps the stack's role.
    pub role_arn: Option<String>,
    /// The topics; `None` keeps the stack's topics.
    pub notification_arns: Option<Vec<String>>,
    /// Alarms that roll the operation back, as [`Request::rollback_triggers`].
    pub rollback_triggers: Option<Vec<RollbackTrigger>>,
    /// Minutes, as [`Request::monitoring_minutes`].
    pub monitoring_minutes: Option<u16>,
    /// True if a stack whose creation fails is deleted.
    pub delete_on_failure: bool,
    /// Express mode and its reaction to a failure; `None` for the standard mode.
    pub express: Option<Express>,
    /// True if drift is reverted.
    pub revert_drift: bool,
    /// True if CloudFormation skips its validation.
    pub disable_validation: bool,
    /// True if nested stacks get change sets of their own.
    pub include_nested_stacks: bool,
    /// True if CloudFormation imports existing resources of the given names.
    pub import_existing_resources: bool,
}

/// The place from which CloudFormation gets the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateRef {
    /// In the request.
    Body(Source),
    /// From this address.
    Url(String),
}

/// A stack whose state allows no deployment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stack `{stack}` cannot be deployed to: it is in {status}")]
pub struct StuckError {
    /// The stack.
    pub stack: StackName,
    /// Its status.
    pub status: StackStatus,
    /// The reason for the status, from the service's text or the status table.
    #[source]
    pub(crate) reason: ReasonError,
    /// The next step for a person.
    pub advice: Advice,
}

/// The reason for a stack's status, as the cause of a [`StuckError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ReasonError(pub String);

/// Checks a request independently of the stack's state.
pub(crate) fn check(request: &Request) -> Vec<Diagnostic> {
    let mut findings = params::unknown(&request.template, &request.declared, &request.overrides);
    findings.extend(check_size(request));
    findings.extend(check_tags(request));
    findings.extend(check_rollback(request));
    findings.extend(check_settings(request));
    findings
}

/// # Source
///
/// CloudFormation API reference, `RollbackConfiguration` and `RollbackTrigger`.
fn check_rollback(request: &Request) -> Vec<Diagnostic> {
    let triggers = request.rollback_triggers.as_deref().unwrap_or_default();
    let mut findings = Vec::new();
    if triggers.len() > 5 {
        let message = format!(
            "{} rollback triggers are given; CloudFormation accepts at most 5",
            triggers.len()
        );
        findings.push(
            Diagnostic::error(ROLLBACK, message).help("combine alarms into a composite alarm"),
        );
    }
    for trigger in triggers.iter().map(|trigger| &trigger.arn) {
        let arn = cn_template::partition::Arn::parse(trigger);
        let partition = request.region.partition().id();
        let why = match arn {
            Some(arn) if arn.service != "cloudwatch" || !arn.resource.starts_with("alarm") => {
                "is not a CloudWatch alarm".to_owned()
            }
            Some(arn) if arn.partition != partition => {
                format!(
                    "is in partition `{}`, but the stack is in `{partition}`",
                    arn.partition
                )
            }
            Some(_) => continue,
            None => "is not an ARN".to_owned(),
        };
        let message = format!("rollback trigger `{trigger}` {why}");
        findings.push(Diagnostic::error(ROLLBACK, message).help(format!(
            "write `arn:{partition}:cloudwatch:{}:ACCOUNT:alarm:NAME`",
            request.region
        )));
    }
    findings
}

/// # Source
///
/// Express mode: aws-sam-cli 9106, CloudFormation rejects `OnStackFailure` together with
/// `DeploymentConfig`, which has no deletion. Validation: CloudFormation user guide, "Validate
/// stack deployments".
fn check_settings(request: &Request) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if request.completion == Completion::Express && request.on_failure == OnFailure::Delete {
        let message = "Express mode cannot delete a stack whose creation fails";
        findings.push(
            Diagnostic::error(SETTINGS, message)
                .help("roll back on failure, or keep what succeeded"),
        );
    }
    if request.disable_validation {
        let is_gate = |gate: &Gate| gate.kind == GateKind::ValidationWarning;
        findings.push(match request.gates.iter().find(|gate| is_gate(gate)) {
            Some(gate) => {
                let message =
                    format!("gate `{gate}` needs CloudFormation's validation, which is off");
                Diagnostic::error(SETTINGS, message)
                    .help("turn the validation on, or remove the gate")
            }
            None => Diagnostic::warning(
                NO_VALIDATION,
                "CloudFormation's validation is off: invalid properties and name conflicts are \
                 found only while resources are created",
            )
            .help("turn it off only if it refuses a correct change"),
        });
    }
    findings
}

fn check_size(request: &Request) -> Option<Diagnostic> {
    let path = request.template.path();
    let size = request.template.text().len();
    if size > MAX_TEMPLATE_BYTES {
        let message = format!(
            "template `{path}` has {size} bytes; CloudFormation accepts at most \
             {MAX_TEMPLATE_BYTES}"
        );
        return Some(
            Diagnostic::error(TEMPLATE_SIZE, message)
                .help("move some of its resources into a nested stack"),
        );
    }
    let has_address = request.bucket.is_some() || request.template_url.is_some();
    if size > MAX_INLINE_TEMPLATE_BYTES && !has_address {
        let message = format!(
            "template `{path}` has {size} bytes; without a bucket, CloudFormation accepts at most \
             {MAX_INLINE_TEMPLATE_BYTES}"
        );
        return Some(
            Diagnostic::error(TEMPLATE_SIZE, message)
                .help("name a bucket")
                .remedy(Remedy::Bucket),
        );
    }
    None
}

/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `Tags`, and `Tag`.
fn check_tags(request: &Request) -> Vec<Diagnostic> {
    let mut tags = request.tags.clone().unwrap_or_default();
    tags.extend(revision_tag(request));
    let tags = tags.as_slice();
    let mut findings = Vec::new();
    if tags.len() > 50 {
        let message = format!("{} tags are given; a stack can have at most 50", tags.len());
        findings.push(Diagnostic::error(TAGS, message));
    }
    for tag in tags {
        if tag.key.is_empty() || tag.key.chars().count() > 128 {
            let message = format!("tag `{}` needs a key of 1 to 128 characters", tag.key);
            findings.push(Diagnostic::error(TAGS, message));
        }
        if tag.key.starts_with("aws:") {
            let message = format!(
                "tag `{}` starts with `aws:`, which is reserved for AWS",
                tag.key
            );
            findings.push(Diagnostic::error(TAGS, message));
        }
        if tag.value.chars().count() > 256 {
            let message = format!("tag `{}` has a value of over 256 characters", tag.key);
            findings.push(Diagnostic::error(TAGS, message));
        }
    }
    findings
}

/// Decides the steps of a deployment.
///
/// The findings are those about the request and those that depend on the stack.
///
/// # Errors
///
/// Fails if the state of the stack allows no deployment.
pub fn plan(request: &Request, facts: &Facts) -> Result<Planned<Plan>, StuckError> {
    let present = facts.stack.as_ref();
    let kind = decide(request, present)?;
    let known = match (kind, present) {
        (Decision::Update | Decision::Continue, Some(stack)) => stack.parameter_keys.clone(),
        _ => BTreeSet::new(),
    };
    let mut findings = check(request);
    findings.extend(params::missing(
        &request.template,
        &request.declared,
        &request.overrides,
        &known,
    ));
    let mut prepare = Vec::new();
    let template = place_template(request, &mut prepare);
    if let (Decision::Replace, Some(stack)) = (kind, present) {
        prepare.push(Step::DeleteStack {
            stack_id: stack.id.clone(),
        });
    }
    if let (Decision::Continue, Some(stack)) = (kind, present) {
        prepare.push(Step::ContinueRollback {
            stack_id: stack.id.clone(),
            role_arn: request.role_arn.clone(),
        });
    }
    let kind = match kind {
        Decision::Update | Decision::Continue => ChangeSetKind::Update,
        Decision::Create | Decision::Replace => ChangeSetKind::Create,
    };
    let is_executed = request.mode == Mode::Execute;
    let stack = present.filter(|_| kind == ChangeSetKind::Update);
    let execution = Execution {
        disable_rollback: disable_rollback(request, kind),
        retain_except_on_create: request.retain_except_on_create,
        settings: if is_executed {
            settings(request, stack)
        } else {
            StackSettings::default()
        },
    };
    let plan = Plan {
        stack: request.stack.clone(),
        prepare,
        change_set: ChangeSetSpec {
            tags: tags(request, stack),
            ..change_set(request, kind, template, &known)
        },
        mode: request.mode,
        execution,
        outputs: present
            .map(|stack| stack.outputs.clone())
            .unwrap_or_default(),
        secrets: request.redaction(),
    };
    Ok(Planned::new(plan, findings))
}

fn revision_tag(request: &Request) -> Option<Tag> {
    request.revision.as_ref().map(|revision| Tag {
        key: REVISION_TAG.to_owned(),
        value: revision.clone(),
    })
}

/// Returns the tags to send.
///
/// If only a revision is given, it is added to the stack's existing tags, because the sent tags
/// replace all of them.
///
/// * `stack`: the stack to update.
fn tags(request: &Request, stack: Option<&StackFacts>) -> Option<Vec<Tag>> {
    let Some(revision) = revision_tag(request) else {
        return request.tags.clone();
    };
    let present = || stack.map(|stack| stack.tags.clone()).unwrap_or_default();
    let mut tags = request.tags.clone().unwrap_or_else(present);
    tags.retain(|tag| tag.key != revision.key);
    tags.push(revision);
    Some(tags)
}

/// Returns the settings outside the change set; protection only if it changes.
///
/// * `stack`: the stack to update.
fn settings(request: &Request, stack: Option<&StackFacts>) -> StackSettings {
    let is_protected = stack.is_some_and(|stack| stack.is_protected);
    StackSettings {
        stack_policy: request.stack_policy.clone(),
        termination_protection: request
            .termination_protection
            .filter(|wanted| *wanted != is_protected),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Create,
    Update,
    Replace,
    Continue,
}

fn decide(request: &Request, present: Option<&StackFacts>) -> Result<Decision, StuckError> {
    let Some(stack) = present else {
        return Ok(Decision::Create);
    };
    match stack.status.reaction() {
        Reaction::Create => Ok(Decision::Create),
        Reaction::Update => Ok(Decision::Update),
        Reaction::Paused if stack.is_express && !continues_express(request) => {
            Err(stuck(request, stack, Some(Advice::ContinueInExpress)))
        }
        Reaction::Paused if request.on_failure == OnFailure::Keep => Ok(Decision::Update),
        Reaction::Replace if request.replace_failed && request.mode != Mode::Execute => {
            Err(stuck(request, stack, Some(Advice::ExecuteToReplace)))
        }
        Reaction::Replace if request.replace_failed && stack.is_protected => Err(stuck(
            request,
            stack,
            Some(Advice::Do(
                "it is protected against deletion; run `aws cloudformation update-termination-protection --no-enable-termination-protection`, then deploy again",
            )),
        )),
        Reaction::Replace if request.replace_failed => Ok(Decision::Replace),
        Reaction::Continue if request.continue_rollback && request.mode != Mode::Execute => Err(
            stuck(request, stack, Some(Advice::ExecuteToContinueRollback)),
        ),
        Reaction::Continue if request.continue_rollback => Ok(Decision::Continue),
        Reaction::Replace
        | Reaction::Paused
        | Reaction::Busy
        | Reaction::Continue
        | Reaction::Stuck => Err(stuck(request, stack, None)),
    }
}

/// Returns true if a request continues a failed operation in Express mode.
///
/// # Source
///
/// The service's own text: "Follow-up operations must use the same `DeploymentConfig`
/// (mode=EXPRESS)", and "`RollbackStack` is not supported for stacks that were last updated using
/// EXPRESS deployment mode" (aws-cdk-cli 1973).
fn continues_express(request: &Request) -> bool {
    request.on_failure == OnFailure::Keep && request.completion == Completion::Express
}

fn stuck(request: &Request, stack: &StackFacts, advice: Option<Advice>) -> StuckError {
    let meaning = stack.status.meaning();
    let meaning = meaning.unwrap_or("this version does not know this status");
    let usual = stack.status.advice().unwrap_or(Advice::Do(
        "check the stack in the console, then deploy again",
    ));
    let reason = match &stack.reason {
        Some(said) => said.clone(),
        None => fragment(meaning),
    };
    StuckError {
        stack: request.stack.clone(),
        status: stack.status.clone(),
        reason: ReasonError(reason),
        advice: advice.unwrap_or(usual),
    }
}

/// Turns a sentence of the table into part of a message: lower case, without the period.
fn fragment(sentence: &str) -> String {
    let mut characters = sentence.trim_end_matches('.').chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Decides how CloudFormation gets the template, and adds the upload step if needed.
pub(crate) fn place_template(request: &Request, prepare: &mut Vec<Step>) -> TemplateRef {
    if let Some(url) = &request.template_url {
        return TemplateRef::Url(url.clone());
    }
    let is_large = request.template.text().len() > MAX_INLINE_TEMPLATE_BYTES;
    let Some(bucket) = request
        .bucket
        .as_ref()
        .filter(|bucket| is_large || bucket.always)
    else {
        return TemplateRef::Body(request.template.clone());
    };
    let key = template_key(&bucket.prefix, request.template.text());
    let url = request.region.s3_url(bucket.name.as_str(), &key);
    prepare.push(Step::UploadTemplate {
        bucket: bucket.clone(),
        key,
        url: url.clone(),
        template: request.template.clone(),
    });
    TemplateRef::Url(url)
}

/// Returns the object key of a template: `[PREFIX/]SHA256.template`.
fn template_key(prefix: &Prefix, text: &str) -> String {
    let digest = hex(&Sha256::digest(text.as_bytes()));
    format!("{}{digest}.template", prefix.as_str())
}

/// The end of the description of a change set for review.
pub(super) const FOR_REVIEW: &str = "waits for review";

fn change_set(
    request: &Request,
    kind: ChangeSetKind,
    template: TemplateRef,
    known: &BTreeSet<String>,
) -> ChangeSetSpec {
    let purpose = match request.mode {
        Mode::Execute => "to be executed at once",
        Mode::Review => FOR_REVIEW,
        Mode::Preview => "preview, to be deleted",
    };
    ChangeSetSpec {
        name: request.change_set.clone(),
        // A later run uses this description to find leftovers of dead runs.
        description: format!("Made by cn-deploy: {purpose}"),
        kind,
        template,
        parameters: params::merge(&request.declared, &request.overrides, known),
        capabilities: request.capabilities.clone(),
        tags: None,
        role_arn: request.role_arn.clone(),
        notification_arns: request.notification_arns.clone(),
        rollback_triggers: request.rollback_triggers.clone(),
        monitoring_minutes: request.monitoring_minutes,
        delete_on_failure: kind == ChangeSetKind::Create && request.on_failure == OnFailure::Delete,
        express: (request.completion == Completion::Express).then(|| Express {
            disable_rollback: request.on_failure == OnFailure::Keep,
        }),
        disable_validation: request.disable_validation,
        // A new stack has no drift.
        revert_drift: request.revert_drift && kind == ChangeSetKind::Update,
        // A gate must see the changes inside nested stacks.
        include_nested_stacks: request.include_nested_stacks || !request.gates.is_empty(),
        import_existing_resources: request.import_existing_resources,
    }
}

/// Returns the `DisableRollback` of `ExecuteChangeSet`.
///
/// `None` if the change set contains `OnStackFailure` or Express mode, which exclude it.
///
/// Otherwise always explicit: the reference gives `true` as the default.
///
/// # Source
///
/// CloudFormation API reference, `ExecuteChangeSet`, `DisableRollback`.
fn disable_rollback(request: &Request, kind: ChangeSetKind) -> Option<bool> {
    match request.on_failure {
        _ if request.completion == Completion::Express => None,
        OnFailure::Keep => Some(true),
        OnFailure::Delete if kind == ChangeSetKind::Create => None,
        OnFailure::Delete | OnFailure::Rollback => Some(false),
    }
}

#[cfg(test)]
pub(crate) mod tests;
