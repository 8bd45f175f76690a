//! From the command line to a request: files are read here, values checked.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use cn_cli::{Failure, FailureKind, Ui};
use cn_core::deploy::{
    Mode, OnFailure, ParameterOverride, Request, RollbackAlarms, StackPolicy, StackSettings,
    TemplateBucket, TemplateParameters,
};
use cn_core::inputs::{self, Inputs, Word};
use cn_core::parameter::ParameterName;
use cn_core::s3::S3Location;
use cn_core::session::{AccountId, Session};
use cn_core::stack::{ChangeSetName, Pace, StackName, Tag, Timestamp};
use cn_core::template::tree::Template;
use cn_core::template::{Diagnostic, Source};
use secrecy::ExposeSecret as _;

use crate::args::{Args, FailureAction};
use crate::hidden::Hidden;

/// Stop waiting so long before CodeBuild ends the build.
const RESERVE: Duration = Duration::from_mins(1);

/// What the arguments come to.
pub(crate) struct Input {
    pub(crate) request: Request,
    pub(crate) hidden: Hidden,
    pub(crate) pace: Pace,
    /// The template's resources, each with the line it begins in.
    pub(crate) lines: BTreeMap<String, usize>,
}

fn lines(template: &Template) -> BTreeMap<String, usize> {
    let line = |at: usize| template.source().position(at).line;
    let resources = template.resources();
    resources
        .map(|resource| {
            (
                resource.logical_id.to_owned(),
                line(resource.key.span.start),
            )
        })
        .collect()
}

/// Reads what the arguments name and says what is wanted.
///
/// Prints every finding about the template and the files before it fails.
pub(crate) async fn request(
    args: &Args,
    ui: &Ui,
    session: &Session,
    stack: StackName,
) -> Result<Input, Failure> {
    let mut findings = Vec::new();
    let location = S3Location::of_address(args.template_file.as_str(), session.region());
    let location = location.transpose()?;
    let template = match &location {
        Some(location) => template_at(args, session, location, &mut findings).await?,
        None => template(&args.template_file, &mut findings),
    };
    let mut given = parameters(&args.stack.parameter_overrides, &mut findings)?;
    let tags = tags(args, given.tags.take(), &mut findings)?;
    let settings = settings(args, given.stack_policy.take(), &mut findings);
    ui.findings(&findings)?;
    let template = template.expect("without a template there is a finding that is an error");
    let source = template.source().clone();
    let declared = TemplateParameters::of(&template);
    let mut hidden = from_ssm(ui, session, &declared, &source, &mut given.parameters).await?;
    hide_no_echo(&declared, &given.parameters, &mut hidden);
    let bucket = match location {
        Some(_) => None,
        None => bucket(args, ui, session, source.text().len()).await?,
    };
    let edge = Edge::new(args, ui);
    let request = Request {
        stack,
        region: session.region().clone(),
        declared,
        template: source,
        template_url: location.map(|location| location.url(session.region())),
        secrets: hidden.keys().iter().cloned().collect(),
        overrides: given.parameters,
        capabilities: args.stack.capabilities.clone(),
        tags,
        role_arn: args.stack.role_arn.clone(),
        notification_arns: some_if_any(&args.stack.notification_arns),
        rollback: rollback(args),
        stack_policy: settings.stack_policy,
        termination_protection: settings.termination_protection,
        revision: revision(args, ui)?,
        bucket,
        mode: mode(args),
        on_failure: on_failure(args),
        retain_except_on_create: args.stack.retain_except_on_create,
        include_nested_stacks: args.stack.include_nested_stacks,
        import_existing_resources: args.stack.import_existing_resources,
        gates: args.run.deny.clone(),
        replace_failed: !args.run.no_replace_failed,
        continue_rollback: args.run.continue_rollback,
        wait_busy: args.run.wait_busy,
        change_set: edge.change_set,
    };
    Ok(Input {
        request,
        pace: edge.pace,
        hidden,
        lines: lines(&template),
    })
}

/// The template alone, for what only compares it.
pub(crate) async fn template_of(
    args: &Args,
    ui: &Ui,
    session: &Session,
) -> Result<Source, Failure> {
    let mut findings = Vec::new();
    let location = S3Location::of_address(args.template_file.as_str(), session.region());
    let template = match location.transpose()? {
        Some(location) => template_at(args, session, &location, &mut findings).await?,
        None => template(&args.template_file, &mut findings),
    };
    ui.findings(&findings)?;
    let template = template.expect("without a template there is a finding that is an error");
    Ok(template.source().clone())
}

/// What no change set carries, from the flags and a configuration file.
///
/// * `configured`: the policy of a configuration file, which the flag replaces.
pub(crate) fn settings(
    args: &Args,
    configured: Option<String>,
    findings: &mut Vec<Diagnostic>,
) -> StackSettings {
    let source = match &args.stack.stack_policy {
        Some(text) if text.trim_start().starts_with('{') => {
            Some(Source::new("<command line>", text.as_str()))
        }
        Some(path) => document(Utf8Path::new(path.trim_start_matches("file://")), findings),
        None => configured.map(|text| Source::new("StackPolicy", text)),
    };
    let stack_policy = source.and_then(|source| stack_policy(&source, findings));
    let protection = (
        args.stack.termination_protection,
        args.stack.no_termination_protection,
    );
    let termination_protection = match protection {
        (true, _) => Some(true),
        (_, true) => Some(false),
        (false, false) => None,
    };
    let is_review = args.run.no_execute_changeset;
    if is_review && (stack_policy.is_some() || termination_protection.is_some()) {
        let message = "stack policy and termination protection are not set by a review";
        findings.push(Diagnostic::warning(inputs::STACK_POLICY, message).help(
            "pass `--stack-policy` and `--termination-protection` together with `--execute-changeset`",
        ));
    }
    StackSettings {
        stack_policy,
        termination_protection,
    }
}

fn stack_policy(source: &Source, findings: &mut Vec<Diagnostic>) -> Option<StackPolicy> {
    match inputs::parse_stack_policy(source) {
        Ok(policy) => Some(policy),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

fn rollback(args: &Args) -> Option<RollbackAlarms> {
    let stack = &args.stack;
    let is_given = !stack.rollback_triggers.is_empty() || stack.clear_rollback_triggers;
    let triggers = is_given.then(|| {
        let triggers = stack.rollback_triggers.iter();
        triggers.map(|text| text.as_str().into()).collect()
    });
    (is_given || stack.monitoring_minutes.is_some()).then_some(RollbackAlarms {
        triggers,
        monitoring_minutes: stack.monitoring_minutes,
    })
}

fn revision(args: &Args, ui: &Ui) -> Result<Option<String>, Failure> {
    if !args.stack.tag_revision {
        return Ok(args.stack.revision.clone());
    }
    match ui.build().revision {
        Some(revision) => Ok(Some(revision)),
        None => Err(Failure::new(
            FailureKind::Usage,
            "cannot tag the revision: `CODEBUILD_RESOLVED_SOURCE_VERSION` is not set",
        )
        .hint("outside of CodeBuild name it with `--revision`")),
    }
}

/// Replaces values that stand for SSM parameters by what these hold.
async fn from_ssm(
    ui: &Ui,
    session: &Session,
    declared: &TemplateParameters,
    template: &Source,
    overrides: &mut [ParameterOverride],
) -> Result<Hidden, Failure> {
    let asked: Vec<(usize, ParameterName)> = overrides
        .iter()
        .enumerate()
        .filter(|(_, given)| declared.find(&given.key).is_some())
        // What a later value replaces is not read.
        .filter(|(at, given)| {
            !overrides[at + 1..]
                .iter()
                .any(|later| later.key == given.key)
        })
        .filter_map(|(at, given)| Some((at, inputs::ssm_parameter(&given.value)?)))
        .collect();
    let mut hidden = Hidden::default();
    if asked.is_empty() {
        return Ok(hidden);
    }
    let names: Vec<ParameterName> = asked.iter().map(|(_, name)| name.clone()).collect();
    let values = session.parameter_values(&names).await?;
    let mut findings = Vec::new();
    for ((at, name), value) in asked.iter().zip(values) {
        let given = &mut overrides[*at];
        let is_shown = declared
            .find(&given.key)
            .filter(|parameter| !parameter.no_echo);
        if let Some(parameter) = is_shown.filter(|_| value.is_secure) {
            let message = format!(
                "the SecureString `{name}` goes into parameter `{}`, which anybody can read who may describe the stack",
                given.key
            );
            let finding = Diagnostic::warning(inputs::SHOWN_SECRET, message)
                .help("declare the parameter with `NoEcho: true`");
            findings.push(match parameter.span {
                Some(span) => finding.at(template, span, "without `NoEcho`"),
                None => finding,
            });
        }
        value.text.expose_secret().clone_into(&mut given.value);
        hidden.add(&given.key, value.text);
    }
    ui.findings(&findings)?;
    Ok(hidden)
}

/// Keeps what the template calls secret out of sight: a custom resource's function
/// may quote it.
fn hide_no_echo(
    declared: &TemplateParameters,
    overrides: &[ParameterOverride],
    hidden: &mut Hidden,
) {
    for given in overrides {
        let is_secret = declared
            .find(&given.key)
            .is_some_and(|parameter| parameter.no_echo);
        if is_secret && !given.value.is_empty() && !hidden.keys().contains(&given.key) {
            hidden.add(&given.key, given.value.as_str().into());
        }
    }
}

/// Reads a template that lies in S3, with the identity that deploys it.
async fn template_at(
    args: &Args,
    session: &Session,
    location: &S3Location,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<Template>, Failure> {
    let target = session.target().await?;
    let owner = session.account().map(AccountId::as_str);
    let text = inputs::fetch_template(location, target.s3(), owner).await?;
    let parsed = Template::parse(&Source::new(args.template_file.as_path(), text));
    findings.extend(parsed.findings);
    Ok(parsed.template)
}

/// What comes from clock and chance, which no plan knows.
pub(crate) struct Edge {
    pub(crate) change_set: ChangeSetName,
    pub(crate) pace: Pace,
}

impl Edge {
    pub(crate) fn new(args: &Args, ui: &Ui) -> Self {
        let now = now();
        let random = uuid::Uuid::new_v4().as_u128();
        Self {
            change_set: change_set_name(ui, now, random),
            pace: pace(args, ui, now, random),
        }
    }
}

fn mode(args: &Args) -> Mode {
    match (args.run.no_execute_changeset, args.run.plan) {
        (_, true) => Mode::Preview,
        (true, false) => Mode::Review,
        (false, false) => Mode::Execute,
    }
}

pub(crate) fn on_failure(args: &Args) -> OnFailure {
    match args.stack.on_failure {
        _ if args.stack.disable_rollback => OnFailure::Keep,
        None | Some(FailureAction::Rollback) => OnFailure::Rollback,
        Some(FailureAction::DoNothing) => OnFailure::Keep,
        Some(FailureAction::Delete) => OnFailure::Delete,
    }
}

fn some_if_any(values: &[String]) -> Option<Vec<String>> {
    (!values.is_empty()).then(|| values.to_vec())
}

fn template(path: &Utf8Path, findings: &mut Vec<Diagnostic>) -> Option<Template> {
    let text = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.push(
                unreadable(path, &error)
                    .help("run `cn-package` first, or name the template with `--template-file`"),
            );
            return None;
        }
    };
    let Ok(text) = String::from_utf8(text) else {
        findings.push(inputs::unreadable(path, "it is not UTF-8"));
        return None;
    };
    let parsed = Template::parse(&Source::new(path, text));
    findings.extend(parsed.findings);
    parsed.template
}

/// The finding for a file that cannot be read, without repeating its path.
fn unreadable(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "that is not allowed".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    inputs::unreadable(path, &why)
}

fn document(path: &Utf8Path, findings: &mut Vec<Diagnostic>) -> Option<Source> {
    match fs_err::read_to_string(path) {
        Ok(text) => Some(Source::new(path, text)),
        Err(error) => {
            findings.push(unreadable(path, &error));
            None
        }
    }
}

/// Reads `--parameter-overrides` word by word; what comes later wins.
fn parameters(words: &[String], findings: &mut Vec<Diagnostic>) -> Result<Inputs, Failure> {
    let mut all = Inputs::default();
    for word in words {
        let source = match parse_word(word, "parameter-overrides")? {
            Word::Pair(key, value) => {
                all.parameters.push(ParameterOverride { key, value });
                continue;
            }
            Word::Document(source) => Some(source),
            Word::File(path) => document(&path, findings),
        };
        let Some(source) = source else { continue };
        match inputs::parse_parameters(&source) {
            Ok(given) => {
                all.parameters.extend(given.parameters);
                all.tags = given.tags.or(all.tags);
                all.stack_policy = given.stack_policy.or(all.stack_policy);
            }
            Err(errors) => findings.extend(errors),
        }
    }
    Ok(all)
}

/// The tags: none mentioned anywhere leaves those of the stack.
fn tags(
    args: &Args,
    of_parameters: Option<Vec<Tag>>,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<Tag>>, Failure> {
    if args.stack.clear_tags {
        return Ok(Some(Vec::new()));
    }
    let mut all = of_parameters;
    for word in &args.stack.tags {
        let source = match parse_word(word, "tags")? {
            Word::Pair(key, value) => {
                merge_tags(&mut all, vec![Tag { key, value }]);
                continue;
            }
            Word::Document(source) => Some(source),
            Word::File(path) => document(&path, findings),
        };
        let Some(source) = source else { continue };
        match inputs::parse_tags(&source) {
            Ok(tags) => merge_tags(&mut all, tags),
            Err(errors) => findings.extend(errors),
        }
    }
    Ok(all)
}

fn merge_tags(all: &mut Option<Vec<Tag>>, more: Vec<Tag>) {
    let all = all.get_or_insert_default();
    for tag in more {
        match all.iter_mut().find(|present| present.key == tag.key) {
            Some(present) => present.value = tag.value,
            None => all.push(tag),
        }
    }
}

fn parse_word(word: &str, flag: &str) -> Result<Word, Failure> {
    inputs::parse_word(word).map_err(|error| {
        Failure::new(
            FailureKind::Usage,
            format!("cannot read `--{flag}`: {error}"),
        )
        .hint("a value with spaces needs quotes around the whole word: `\"Key=two words\"`")
    })
}

/// Where the template goes, when it goes anywhere.
async fn bucket(
    args: &Args,
    ui: &Ui,
    session: &Session,
    size: usize,
) -> Result<Option<TemplateBucket>, Failure> {
    let is_large = size > cn_core::deploy::request::MAX_INLINE_TEMPLATE_BYTES;
    let rank = |id| ui.settings().rank(id);
    let is_named = args.template.s3_bucket.is_some();
    let prefers_name = is_named
        && (args.template.s3_bucket_ssm.is_none() || rank("s3_bucket") <= rank("s3_bucket_ssm"));
    let name = match (&args.template.s3_bucket, &args.template.s3_bucket_ssm) {
        (Some(name), _) if prefers_name => name.clone(),
        (_, Some(parameter)) if is_large => {
            let values = session.parameters(std::slice::from_ref(parameter)).await?;
            let value = values.first().map(|value| value.expose_secret().to_owned());
            value.unwrap_or_default()
        }
        _ => return Ok(None),
    };
    Ok(Some(TemplateBucket {
        name,
        owner: session.account().map(|account| account.as_str().to_owned()),
        prefix: args.template.s3_prefix.clone(),
        kms_key_id: args.template.kms_key_id.clone(),
        force_upload: args.template.force_upload,
        always: prefers_name,
    }))
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: the time goes into a name and a limit, never into a plan"
)]
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Named after the build, outside of one after the time.
fn change_set_name(ui: &Ui, now: Duration, random: u128) -> ChangeSetName {
    let now_ms = i64::try_from(now.as_millis()).unwrap_or_default();
    let label = ui
        .build()
        .id
        .unwrap_or_else(|| Timestamp(now_ms).to_string());
    let random = u32::try_from(random >> 96).unwrap_or_default();
    ChangeSetName::new(&label, random)
}

/// The nearer of the two limits.
fn pace(args: &Args, ui: &Ui, now: Duration, random: u128) -> Pace {
    let of_build = || {
        let start = Duration::from_millis(ui.build().start_ms?);
        let end = start.saturating_add(args.run.build_timeout?);
        Some(end.saturating_sub(now).saturating_sub(RESERVE))
    };
    let limit = [args.run.max_wait, of_build()].into_iter().flatten().min();
    // A limit beyond all clocks is none.
    let deadline = limit.and_then(|limit| tokio::time::Instant::now().checked_add(limit));
    Pace::standard(
        deadline,
        u64::try_from(random & u128::from(u64::MAX)).unwrap_or(1),
    )
}
