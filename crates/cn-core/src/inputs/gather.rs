//! Building a request from what people write: reads files, merges words, fetches values.

use std::collections::{BTreeMap, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::tree::Template;
use cn_template::{Diagnostic, Region, Source};
use secrecy::ExposeSecret as _;

use super::doubts::{
    exposed_secure_string, unpackaged, unported, unsplit_pairs, unsplit_tags, visible_secrets,
};
use super::error::GatherError;
use super::location::fetch_template;
use super::merge::{Origins, document, parameters, tags, unreadable_file};
use super::word::Written;
use super::{CHANGED_PACKAGE, STACK_POLICY, parse_stack_policy, ssm_parameter, unreadable};
use crate::deploy::request::MAX_INLINE_TEMPLATE_BYTES;
use crate::deploy::{
    Confidential, Mode, ParameterOverride, Request, StackPolicy, StackSettings, TemplateBucket,
    TemplateParameters, check,
};
use crate::file::{self, Accepts};
use crate::findings::Planned;
use crate::manifest::recorded;
use crate::parameter::ParameterName;
use crate::s3::{BucketNames, LocationError, Prefix, S3Location, Sse};
use crate::session::{AccountId, Session};
use crate::stack::{ChangeSetName, StackName};

/// The inputs of a deployment, as people write them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Given {
    /// The stack to create or update.
    pub stack: StackName,
    /// The template: a path, or an S3 address in a form that [`S3Location::of_address`] accepts.
    pub template: String,
    /// Words for parameters; a later value overrides an earlier one.
    ///
    /// Each is `KEY=VALUE`, `ParameterKey=KEY,ParameterValue=VALUE`, `file://PATH` or JSON. A value
    /// `ssm:/PATH` is read from that SSM parameter.
    pub parameters: Vec<Written>,
    /// Words for tags, in the same forms. If there are none, the stack keeps its tags.
    pub tags: Vec<Written>,
    /// True if all tags of the stack are deleted, even if `tags` contains tags.
    pub clear_tags: bool,
    /// A stack policy: JSON, or the path of a JSON file, with or without `file://`.
    pub stack_policy: Option<String>,
    /// The protection of the stack against deletion; `None` keeps it as it is.
    pub termination_protection: Option<bool>,
    /// The bucket for a template that does not fit into a request, or the SSM parameter that
    /// contains its name.
    ///
    /// A bucket given by name takes templates of any size; a parameter is read only for a template
    /// that does not fit into a request.
    pub bucket: Option<BucketNames>,
    /// The prefix of the template's key in the bucket.
    pub prefix: Prefix,
    /// The KMS key that encrypts the template in the bucket; `None` uses the bucket's default.
    pub kms_key_id: Option<String>,
    /// The template's encryption without a KMS key; `None` uses the bucket's default.
    pub sse: Option<Sse>,
    /// True if the template is uploaded even if it is already in the bucket.
    pub force_upload: bool,
    /// The use of the change set: execute, review or preview.
    pub mode: Mode,
    /// The manifest of the template; `None` uses the one next to the template, if it exists.
    pub manifest: Option<Utf8PathBuf>,
    /// The change set's name: unique among all runs.
    pub change_set: ChangeSetName,
}

impl Given {
    /// Returns a deployment with only a template, which is executed.
    pub fn new(stack: StackName, template: impl Into<String>, change_set: ChangeSetName) -> Self {
        Self {
            stack,
            template: template.into(),
            parameters: Vec::new(),
            tags: Vec::new(),
            clear_tags: false,
            stack_policy: None,
            termination_protection: None,
            bucket: None,
            prefix: Prefix::default(),
            kms_key_id: None,
            sse: None,
            force_upload: false,
            mode: Mode::Execute,
            manifest: None,
            change_set,
        }
    }
}

/// The request built from the inputs, the origins of its values, and the line of each resource.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The request; everything that [`Given`] does not contain has its default.
    pub request: Request,
    /// The origin of each given parameter: a file, an SSM parameter, or the place in [`Written`].
    ///
    /// Contains no entry for a parameter without a place.
    pub origins: BTreeMap<String, String>,
    /// The first line of each resource in the template, counted from 1.
    pub lines: BTreeMap<String, usize>,
}

/// Reads everything that the inputs refer to.
///
/// Reads files first, and reports all their findings. Reads values from SSM in one request, and
/// only if no finding is an error.
///
/// # Errors
///
/// Fails if a word has no known form, or if an identity, a parameter or an object cannot be used.
/// Invalid files are findings.
pub async fn gather(session: &Session, given: &Given) -> Result<Planned<Gathered>, GatherError> {
    let mut findings = Vec::new();
    let location = location(session, &given.template)?;
    let template = match &location {
        Some(location) => template_at(session, &given.template, location, &mut findings).await?,
        None => template_file(given.template.as_str().into(), &mut findings),
    };
    if location.is_none() || given.manifest.is_some() {
        let template = template.as_ref().map(Template::source);
        findings.extend(check_manifest(session.region(), given, template)?);
    }
    let (mut inputs, mut origins) = parameters(&given.parameters, &mut findings)?;
    let configured = inputs.tags.take();
    let tags = if given.clear_tags {
        Some(Vec::new())
    } else {
        tags(&given.tags, configured, &mut findings)?
    };
    let configured = inputs.stack_policy.take();
    let policy = given.stack_policy.as_deref();
    let stack_policy = stack_policy(policy, configured, &mut findings);
    let settings = settings(
        stack_policy,
        given.termination_protection,
        given.mode,
        &mut findings,
    );
    let Some(template) = template.filter(|_| !cn_template::diag::has_errors(&findings)) else {
        return Ok(Planned::impossible(findings));
    };
    let mut request = Request::new(
        given.stack.clone(),
        session.region().clone(),
        &template,
        given.change_set.clone(),
    );
    request.template_url = location.map(|location| location.url(session.region()));
    request.overrides = inputs.parameters;
    request.tags = tags;
    request.stack_policy = settings.stack_policy;
    request.termination_protection = settings.termination_protection;
    request.mode = given.mode;
    findings.extend(unpackaged(&template));
    findings.extend(unported(&template, session.region()));
    findings.extend(unsplit_pairs(&request.declared, &request.overrides));
    findings.extend(unsplit_tags(request.tags.as_deref().unwrap_or_default()));
    findings.extend(visible_secrets(&template, &request.overrides));
    fetch_values(session, &mut request, &mut origins, &mut findings).await?;
    if let Some(names) = &given.bucket {
        request.bucket = bucket(session, names, given, &request).await?;
    }
    findings.extend(check(&request));
    let lines = lines(&template);
    let gathered = Gathered {
        request,
        origins,
        lines,
    };
    Ok(Planned::new(gathered, findings))
}

/// Reads only the template, for a comparison.
///
/// # Errors
///
/// Fails like [`gather`].
pub async fn gather_template(
    session: &Session,
    template: &str,
) -> Result<Planned<Source>, GatherError> {
    let mut findings = Vec::new();
    let parsed = match location(session, template)? {
        Some(location) => template_at(session, template, &location, &mut findings).await?,
        None => template_file(template.into(), &mut findings),
    };
    Ok(match parsed {
        Some(template) => Planned::new(template.source().clone(), findings),
        None => Planned::impossible(findings),
    })
}

impl StackSettings {
    /// Reads the settings from the forms that people write, for a change set without a template.
    ///
    /// Warns if a review is given a stack policy or termination protection, which it does not set.
    ///
    /// * `policy`: as [`Given::stack_policy`].
    pub fn gather(
        policy: Option<&str>,
        termination_protection: Option<bool>,
        mode: Mode,
    ) -> Planned<Self> {
        let mut findings = Vec::new();
        let policy = stack_policy(policy, None, &mut findings);
        let settings = settings(policy, termination_protection, mode, &mut findings);
        Planned::new(settings, findings)
    }
}

impl Confidential {
    /// Reads the values to redact for a run without a template.
    ///
    /// Such a run starts from a change set or an operation.
    ///
    /// * `words`: as [`Given::parameters`].
    ///
    /// # Errors
    ///
    /// Fails if a word has no known form, or if an SSM parameter cannot be read.
    pub async fn gather(session: &Session, words: &[Written]) -> Result<Self, GatherError> {
        let mut confidential = Self::default();
        let mut asked: Vec<(String, ParameterName)> = Vec::new();
        for given in parameters(words, &mut Vec::new())?.0.parameters {
            match ssm_parameter(&given.value) {
                Some(name) => asked.push((given.key, name)),
                None => confidential.given.push(given),
            }
        }
        let names: Vec<ParameterName> = asked.iter().map(|(_, name)| name.clone()).collect();
        let values = session.parameters(&names).await?;
        for ((key, _), value) in asked.iter().zip(values) {
            confidential.secrets.add(key, value);
        }
        Ok(confidential)
    }
}

fn location(session: &Session, template: &str) -> Result<Option<S3Location>, LocationError> {
    S3Location::of_address(template, session.region()).transpose()
}

fn lines(template: &Template) -> BTreeMap<String, usize> {
    let line = |at: usize| template.source().position(at).line;
    let resources = template.resources();
    resources
        .map(|resource| {
            let line = line(resource.key.span.start);
            (resource.logical_id.to_owned(), line)
        })
        .collect()
}

/// Reads a template from S3, with the identity that deploys it.
async fn template_at(
    session: &Session,
    address: &str,
    location: &S3Location,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<Template>, GatherError> {
    let target = session.target().await?;
    let owner = session.account().map(AccountId::as_str);
    let text = fetch_template(location, target.s3(), owner).await?;
    let parsed = Template::parse(&Source::new(address, text));
    findings.extend(parsed.findings);
    Ok(parsed.template)
}

fn template_file(path: &Utf8Path, findings: &mut Vec<Diagnostic>) -> Option<Template> {
    let text = match file::read(path, Accepts::Pipes) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.push(
                unreadable_file(path, &error)
                    .help("run `cn-package` first, or name the template that it wrote"),
            );
            return None;
        }
    };
    let Ok(text) = String::from_utf8(text) else {
        findings.push(unreadable(path, "it is not UTF-8"));
        return None;
    };
    let parsed = Template::parse(&Source::new(path, text));
    findings.extend(parsed.findings);
    parsed.template
}

/// Refuses a template that was packaged for another region, and warns of one that changed since.
fn check_manifest(
    region: &Region,
    given: &Given,
    template: Option<&Source>,
) -> Result<Option<Diagnostic>, GatherError> {
    let path = Utf8Path::new(&given.template);
    let packaged = recorded(path, given.manifest.as_deref())
        .map_err(|error| GatherError::Manifest(Box::new(error)))?;
    let Some(packaged) = packaged else {
        return Ok(None);
    };
    if packaged.region != region.as_str() {
        return Err(GatherError::OtherRegion {
            template: given.template.clone(),
            packaged: packaged.region,
            target: region.clone(),
            manifest: packaged.path,
        });
    }
    let changed = template.filter(|template| !packaged.is_of(template.text()));
    Ok(changed.map(|_| {
        let (template, manifest) = (&given.template, &packaged.path);
        let message = format!("`{template}` is not the text that `{manifest}` describes");
        Diagnostic::warning(CHANGED_PACKAGE, message)
            .help("run `cn-package` again, or delete the manifest if the change is meant")
    }))
}

/// Returns the stack policy.
///
/// * `given`: JSON, or the path of a JSON file.
/// * `configured`: the policy from a parameter file, which `given` overrides.
fn stack_policy(
    given: Option<&str>,
    configured: Option<String>,
    findings: &mut Vec<Diagnostic>,
) -> Option<StackPolicy> {
    let source = match given {
        Some(text) if text.trim_start().starts_with('{') => Source::new("<command line>", text),
        Some(path) => {
            let path = Utf8Path::new(path.trim_start_matches("file://"));
            document(path, Accepts::Descriptors, findings)?
        }
        None => Source::new("StackPolicy", configured?),
    };
    let policy = parse_stack_policy(&source);
    policy.map_err(|finding| findings.push(*finding)).ok()
}

fn settings(
    stack_policy: Option<StackPolicy>,
    termination_protection: Option<bool>,
    mode: Mode,
    findings: &mut Vec<Diagnostic>,
) -> StackSettings {
    let is_given = stack_policy.is_some() || termination_protection.is_some();
    if mode == Mode::Review && is_given {
        let message = "a review does not set the stack policy or termination protection";
        findings.push(
            Diagnostic::warning(STACK_POLICY, message)
                .help("pass them again when you execute the change set"),
        );
    }
    StackSettings {
        stack_policy,
        termination_protection,
    }
}

/// Reads the values of the SSM parameters in one request.
async fn fetch_values(
    session: &Session,
    request: &mut Request,
    origins: &mut Origins,
    findings: &mut Vec<Diagnostic>,
) -> Result<(), GatherError> {
    let asked = asked(&request.declared, &request.overrides);
    let names: Vec<ParameterName> = asked.iter().map(|(_, name)| name.clone()).collect();
    let values = session.parameter_values(&names).await?;
    for ((at, name), value) in asked.into_iter().zip(values) {
        let given = &mut request.overrides[at];
        if value.is_secure {
            findings.extend(exposed_secure_string(
                &request.declared,
                &request.template,
                &given.key,
                &name,
            ));
        }
        origins.insert(given.key.clone(), format!("SSM parameter `{name}`"));
        value.text.expose_secret().clone_into(&mut given.value);
        request.secrets.add(&given.key, value.text);
    }
    Ok(())
}

/// Decides which bucket a template is uploaded to, if any.
async fn bucket(
    session: &Session,
    names: &BucketNames,
    given: &Given,
    request: &Request,
) -> Result<Option<TemplateBucket>, GatherError> {
    let always = matches!(names, BucketNames::Given(_));
    let is_large = request.template.text().len() > MAX_INLINE_TEMPLATE_BYTES;
    if request.template_url.is_some() || !(always || is_large) {
        return Ok(None);
    }
    let names = names.read(session).await;
    let names = names.map_err(|error| GatherError::Bucket(Box::new(error)))?;
    Ok(names.into_iter().next().map(|name| TemplateBucket {
        name,
        owner: session.account().cloned(),
        prefix: given.prefix.clone(),
        kms_key_id: given.kms_key_id.clone(),
        sse: given.sse,
        force_upload: given.force_upload,
        always,
    }))
}

/// Returns the values that refer to SSM parameters, by their position among the overrides.
fn asked(
    declared: &TemplateParameters,
    overrides: &[ParameterOverride],
) -> Vec<(usize, ParameterName)> {
    let places = overrides.iter().enumerate();
    let last: HashMap<&str, usize> = places.map(|(at, given)| (given.key.as_str(), at)).collect();
    overrides
        .iter()
        .enumerate()
        .filter(|(at, given)| {
            last.get(given.key.as_str()) == Some(at) && declared.find(&given.key).is_some()
        })
        .filter_map(|(at, given)| Some((at, ssm_parameter(&given.value)?)))
        .collect()
}
