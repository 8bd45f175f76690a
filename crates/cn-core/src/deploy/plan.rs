//! What will be done, decided from the request and the facts alone.

use std::collections::BTreeSet;

use cn_template::{Code, Diagnostic, Source};
use sha2::{Digest as _, Sha256};

use super::facts::{Facts, Output, StackFacts};
use super::gate::Gate;
use super::params::{self, Setting};
use super::request::{
    ChangeSetName, MAX_INLINE_TEMPLATE_BYTES, MAX_TEMPLATE_BYTES, Mode, OnFailure, Request,
    StackName, Tag, TemplateBucket, Waits,
};
use super::state::{Action, StackStatus};

/// A template that CloudFormation would not take.
pub(super) const TEMPLATE_SIZE: Code = Code {
    id: "CN613",
    title: "template too large",
};

/// Tags that CloudFormation would not take.
pub(super) const TAGS: Code = Code {
    id: "CN614",
    title: "tags that cannot be set",
};

/// What will be done, and what is wrong with what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The steps; or why the stack's state allows none.
    pub plan: Result<Plan, StuckError>,
    /// What is wrong; with an error among them the plan must not be applied.
    pub findings: Vec<Diagnostic>,
}

/// The steps of a deployment, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The stack.
    pub stack: StackName,
    /// What comes before the change set.
    pub prepare: Vec<Step>,
    /// The change set, which is created and waited for.
    pub change_set: ChangeSetSpec,
    /// Changes for which it is removed and not executed.
    pub gates: Vec<Gate>,
    /// What is done with it.
    pub then: Then,
    /// The stack's outputs as they are: all there is to report when nothing changes.
    pub outputs: Vec<Output>,
    /// How long and how often to ask.
    pub waits: Waits,
}

/// What comes before a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Puts the template where CloudFormation can fetch it.
    UploadTemplate {
        /// Where.
        bucket: TemplateBucket,
        /// The object's name: equal templates have equal names.
        key: String,
        /// The address CloudFormation will be given.
        url: String,
        /// The text.
        template: Source,
    },
    /// Deletes a stack in which nothing lives: its creation was rolled back.
    DeleteStack {
        /// Its ARN, so that no other stack of the name can be meant.
        stack_id: String,
    },
}

/// What is done with a change set that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is executed, and the operation is followed to its end.
    Execute {
        /// Sent as it is; absent when the change set itself says what happens on failure.
        disable_rollback: Option<bool>,
    },
    /// It stays for a person to review.
    Keep,
    /// It is removed again, and the stack too if the change set made it.
    Remove,
}

/// All that a change set is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSetSpec {
    /// Its name, which is also the client token of the request.
    pub name: ChangeSetName,
    /// For a person who meets it in the console.
    pub description: String,
    /// Whether it makes or changes a stack.
    pub kind: ChangeSetKind,
    /// The template.
    pub template: TemplateRef,
    /// What is sent for each parameter.
    pub parameters: Vec<(String, Setting)>,
    /// Passed on as they are.
    pub capabilities: Vec<String>,
    /// Absent: the member is not sent, and the stack keeps its tags.
    pub tags: Option<Vec<Tag>>,
    /// Absent: the stack keeps its role.
    pub role_arn: Option<String>,
    /// Absent: the stack keeps its topics.
    pub notification_arns: Option<Vec<String>>,
    /// Whether a stack whose creation fails is deleted.
    pub delete_on_failure: bool,
    /// Whether nested stacks get change sets of their own.
    pub include_nested_stacks: bool,
    /// Whether existing resources of the given names are imported.
    pub import_existing_resources: bool,
}

/// Whether a change set makes a stack or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// Makes one.
    Create,
    /// Changes one.
    Update,
}

/// How CloudFormation gets the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateRef {
    /// Within the request.
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
    /// Why it is in that status, in the service's words or the table's.
    #[source]
    pub reason: ReasonError,
    /// What a person can do.
    pub advice: String,
}

/// Why a stack is in its status, as the cause of a [`StuckError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReasonError(pub String);

/// Finds what is wrong with a request whatever the state of the stack.
pub fn check(request: &Request) -> Vec<Diagnostic> {
    let mut findings = params::unknown(&request.template, &request.declared, &request.overrides);
    findings.extend(check_size(request));
    findings.extend(check_tags(request));
    findings
}

fn check_size(request: &Request) -> Option<Diagnostic> {
    let path = request.template.path();
    let size = request.template.text().len();
    if size > MAX_TEMPLATE_BYTES {
        let message = format!(
            "template `{path}` has {size} bytes; CloudFormation takes at most {MAX_TEMPLATE_BYTES}"
        );
        return Some(
            Diagnostic::error(TEMPLATE_SIZE, message)
                .help("move some of its resources into a nested stack"),
        );
    }
    if size > MAX_INLINE_TEMPLATE_BYTES && request.bucket.is_none() {
        let message = format!(
            "template `{path}` has {size} bytes; without a bucket CloudFormation takes at most {MAX_INLINE_TEMPLATE_BYTES}"
        );
        return Some(
            Diagnostic::error(TEMPLATE_SIZE, message)
                .help("pass `--s3-bucket BUCKET` or `--s3-bucket-ssm PARAMETER`"),
        );
    }
    None
}

/// # Source
///
/// CloudFormation API reference, `CreateChangeSet`, `Tags`, and `Tag`.
fn check_tags(request: &Request) -> Vec<Diagnostic> {
    let tags = request.tags.as_deref().unwrap_or_default();
    let mut findings = Vec::new();
    if tags.len() > 50 {
        let message = format!("{} tags are given; a stack takes at most 50", tags.len());
        findings.push(Diagnostic::error(TAGS, message));
    }
    for tag in tags {
        if tag.key.is_empty() || tag.key.chars().count() > 128 {
            let message = format!("tag `{}` needs a key of 1 to 128 characters", tag.key);
            findings.push(Diagnostic::error(TAGS, message));
        }
        if tag.key.starts_with("aws:") {
            let message = format!("tag `{}` starts with `aws:`, which is AWS's own", tag.key);
            findings.push(Diagnostic::error(TAGS, message));
        }
        if tag.value.chars().count() > 256 {
            let message = format!("tag `{}` has a value of over 256 characters", tag.key);
            findings.push(Diagnostic::error(TAGS, message));
        }
    }
    findings
}

/// Decides what is done.
///
/// [`check`] finds what is wrong with the request alone; the findings here
/// are those that depend on the stack.
pub fn plan(request: &Request, facts: &Facts) -> Planned {
    let present = facts.stack.as_ref();
    let kind = match decide(request, present) {
        Ok(decision) => decision,
        Err(stuck) => {
            return Planned {
                plan: Err(stuck),
                findings: Vec::new(),
            };
        }
    };
    let known = match (kind, present) {
        (Decision::Update, Some(stack)) => stack.parameter_keys.clone(),
        _ => BTreeSet::new(),
    };
    let findings = params::missing(
        &request.template,
        &request.declared,
        &request.overrides,
        &known,
    );
    let mut prepare = Vec::new();
    let template = place_template(request, &mut prepare);
    if let (Decision::Replace, Some(stack)) = (kind, present) {
        prepare.push(Step::DeleteStack {
            stack_id: stack.id.clone(),
        });
    }
    let kind = match kind {
        Decision::Update => ChangeSetKind::Update,
        Decision::Create | Decision::Replace => ChangeSetKind::Create,
    };
    let then = match request.mode {
        Mode::Execute => Then::Execute {
            disable_rollback: disable_rollback(request.on_failure, kind),
        },
        Mode::Review => Then::Keep,
        Mode::Preview => Then::Remove,
    };
    Planned {
        plan: Ok(Plan {
            stack: request.stack.clone(),
            prepare,
            change_set: change_set(request, kind, template, &known),
            gates: request.gates.clone(),
            then,
            outputs: present
                .map(|stack| stack.outputs.clone())
                .unwrap_or_default(),
            waits: request.waits,
        }),
        findings,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Create,
    Update,
    Replace,
}

fn decide(request: &Request, present: Option<&StackFacts>) -> Result<Decision, StuckError> {
    let Some(stack) = present else {
        return Ok(Decision::Create);
    };
    match stack.status.action() {
        Action::Create => Ok(Decision::Create),
        Action::Update => Ok(Decision::Update),
        Action::Paused if request.on_failure == OnFailure::Keep => Ok(Decision::Update),
        Action::Replace if request.replace_failed && request.mode != Mode::Execute => Err(stuck(
            request,
            stack,
            Some(
                "deploy without `--no-execute-changeset` and `--plan`: the stack is deleted before a change set can be made",
            ),
        )),
        Action::Replace if request.replace_failed && stack.is_protected => Err(stuck(
            request,
            stack,
            Some(
                "it is protected against deletion; run `aws cloudformation update-termination-protection --no-enable-termination-protection`, then deploy again",
            ),
        )),
        Action::Replace if request.replace_failed => Ok(Decision::Replace),
        Action::Replace | Action::Paused | Action::Busy | Action::Stuck => {
            Err(stuck(request, stack, None))
        }
    }
}

fn stuck(request: &Request, stack: &StackFacts, advice: Option<&str>) -> StuckError {
    let row = stack.status.row();
    let meaning = row.map_or("this version does not know the status", |row| row.meaning);
    let usual = row.map_or(
        "look at the stack in the console, then deploy again",
        |row| row.advice,
    );
    let reason = match &stack.reason {
        Some(said) => said.clone(),
        None => fragment(meaning),
    };
    StuckError {
        stack: request.stack.clone(),
        status: stack.status.clone(),
        reason: ReasonError(reason),
        advice: advice.unwrap_or(usual).to_owned(),
    }
}

/// A sentence of the table as part of a message: lower case, without the period.
fn fragment(sentence: &str) -> String {
    let mut characters = sentence.trim_end_matches('.').chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Decides how CloudFormation gets the template, and adds the step that makes it so.
fn place_template(request: &Request, prepare: &mut Vec<Step>) -> TemplateRef {
    let is_large = request.template.text().len() > MAX_INLINE_TEMPLATE_BYTES;
    let Some(bucket) = request
        .bucket
        .as_ref()
        .filter(|bucket| is_large || bucket.always)
    else {
        return TemplateRef::Body(request.template.clone());
    };
    let key = template_key(&bucket.prefix, request.template.text());
    let url = request.region.s3_url(&bucket.name, &key);
    prepare.push(Step::UploadTemplate {
        bucket: bucket.clone(),
        key,
        url: url.clone(),
        template: request.template.clone(),
    });
    TemplateRef::Url(url)
}

/// The object name of a template: `[PREFIX/]SHA256.template`.
fn template_key(prefix: &str, text: &str) -> String {
    let mut digest = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        digest.push(char::from(HEX[usize::from(byte >> 4)]));
        digest.push(char::from(HEX[usize::from(byte & 15)]));
    }
    match prefix.trim_end_matches('/') {
        "" => format!("{digest}.template"),
        prefix => format!("{prefix}/{digest}.template"),
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn change_set(
    request: &Request,
    kind: ChangeSetKind,
    template: TemplateRef,
    known: &BTreeSet<String>,
) -> ChangeSetSpec {
    let purpose = match request.mode {
        Mode::Execute => "to be executed at once",
        Mode::Review => "waits for review",
        Mode::Preview => "preview, to be deleted",
    };
    ChangeSetSpec {
        name: request.change_set.clone(),
        description: format!("Made by cn-deploy: {purpose}"),
        kind,
        template,
        parameters: params::merge(&request.declared, &request.overrides, known),
        capabilities: request.capabilities.clone(),
        tags: request.tags.clone(),
        role_arn: request.role_arn.clone(),
        notification_arns: request.notification_arns.clone(),
        delete_on_failure: kind == ChangeSetKind::Create && request.on_failure == OnFailure::Delete,
        include_nested_stacks: request.include_nested_stacks,
        import_existing_resources: request.import_existing_resources,
    }
}

/// What `ExecuteChangeSet` is told; absent when `OnStackFailure` was set, which excludes it.
///
/// Always explicit otherwise: the reference gives `true` as the default.
///
/// # Source
///
/// CloudFormation API reference, `ExecuteChangeSet`, `DisableRollback`.
fn disable_rollback(on_failure: OnFailure, kind: ChangeSetKind) -> Option<bool> {
    match on_failure {
        OnFailure::Keep => Some(true),
        OnFailure::Delete if kind == ChangeSetKind::Create => None,
        OnFailure::Delete | OnFailure::Rollback => Some(false),
    }
}

#[cfg(test)]
pub(super) mod tests;
