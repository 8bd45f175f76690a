//! Building a request from what people write: reads files, merges words, fetches values.

use std::collections::{BTreeMap, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::tree::Template;
use cn_template::{Diagnostic, Region, Source};
use secrecy::ExposeSecret as _;

use super::doubts::{shown_secret, swallowed, swallowed_tags, unpackaged, visible_secrets};
use super::location::{FetchError, fetch_template};
use super::word::{Misread, Word, WordError, Written, parse_tag_word, parse_word};
use super::{
    CHANGED_PACKAGE, Inputs, STACK_POLICY, parse_parameters, parse_stack_policy, parse_tags,
    ssm_parameter, unreadable,
};
use crate::deploy::request::MAX_INLINE_TEMPLATE_BYTES;
use crate::deploy::{
    Confidential, Mode, ParameterOverride, Request, StackPolicy, StackSettings, TemplateBucket,
    TemplateParameters, check,
};
use crate::file::{self, Accepts};
use crate::findings::Planned;
use crate::manifest::{RecordError, recorded};
use crate::parameter::ParameterName;
use crate::s3::{BucketNames, BucketNamesError, LocationError, Prefix, S3Location, Sse};
use crate::session::{AccountId, Session, SessionError};
use crate::stack::{ChangeSetName, StackName, Tag};

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
    /// The settings that no change set can contain.
    pub settings: GivenSettings,
    /// The bucket for a template that does not fit into a request.
    pub bucket: Option<GivenBucket>,
    /// The use of the change set: execute, review or preview.
    pub mode: Mode,
    /// The manifest of the template; `None` uses the one next to the template, if it exists.
    pub manifest: Option<Utf8PathBuf>,
    /// The change set's name: unique among all runs.
    pub change_set: ChangeSetName,
}

/// Returns the files named in words for parameters and tags: no result may overwrite them.
pub fn named_files<'a>(words: impl IntoIterator<Item = &'a String>) -> Vec<Utf8PathBuf> {
    let named = words.into_iter().filter_map(|word| match parse_word(word) {
        Ok(Word::File(path)) => Some(path),
        _ => None,
    });
    named.collect()
}

/// Settings that no change set can contain, as people write them.
#[derive(Clone, Debug, Default)]
pub struct GivenSettings {
    /// A stack policy: JSON, or the path of a file with JSON, with or without `file://`.
    pub stack_policy: Option<String>,
    /// The stack's protection against deletion; `None` keeps the current setting.
    pub termination_protection: Option<bool>,
}

/// A bucket for the template.
#[derive(Clone, Debug)]
pub struct GivenBucket {
    /// The bucket, or the SSM parameter that contains its name.
    ///
    /// A bucket given by name takes templates of any size; a parameter is read only for a template
    /// that does not fit into a request.
    pub names: BucketNames,
    /// The prefix of the object's key.
    pub prefix: Prefix,
    /// The KMS key that encrypts the object; `None` uses the bucket's default.
    pub kms_key_id: Option<String>,
    /// The encryption without a KMS key; `None` uses the bucket's default.
    pub sse: Option<Sse>,
    /// True if the template is uploaded even if it is already in the bucket.
    pub force_upload: bool,
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
            settings: GivenSettings::default(),
            bucket: None,
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

/// Failure to read the inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// A word for a parameter cannot be read.
    #[error(transparent)]
    Parameter(Misread),
    /// A word for a tag cannot be read.
    #[error(transparent)]
    Tag(Misread),
    /// The template was packaged for another region.
    #[error(
        "the template `{template}` was packaged for `{packaged}`, but the target is `{target}`"
    )]
    OtherRegion {
        /// The packaged template.
        template: String,
        /// The region in its manifest.
        packaged: String,
        /// The region of the session.
        target: Region,
        /// The manifest.
        manifest: Utf8PathBuf,
    },
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(Box<RecordError>),
    /// The template's address is invalid.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The template cannot be read from S3.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// The home or target identity, or an SSM parameter, cannot be used.
    #[error(transparent)]
    Session(Box<SessionError>),
    /// The SSM parameter that contains the bucket's name cannot be used.
    #[error(transparent)]
    Bucket(Box<BucketNamesError>),
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
    let tags = tags(given, inputs.tags.take(), &mut findings)?;
    let configured = inputs.stack_policy.take();
    let settings = settings(&given.settings, configured, given.mode, &mut findings);
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
    findings.extend(swallowed(&request.declared, &request.overrides));
    findings.extend(swallowed_tags(request.tags.as_deref().unwrap_or_default()));
    findings.extend(visible_secrets(&template, &request.overrides));
    fetch_values(session, &mut request, &mut origins, &mut findings).await?;
    if let Some(given) = &given.bucket {
        request.bucket = bucket(session, given, &request).await?;
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

/// Reads the settings that no change set can contain.
///
/// Warns if a review is given a stack policy or termination protection, which it does not set.
pub fn gather_settings(given: &GivenSettings, mode: Mode) -> Planned<StackSettings> {
    let mut findings = Vec::new();
    let settings = settings(given, None, mode, &mut findings);
    Planned::new(settings, findings)
}

/// Reads the values to redact for a run without a template.
///
/// Such a run starts from a change set or an operation.
///
/// # Errors
///
/// Fails if a word has no known form, or if an SSM parameter cannot be read.
pub async fn gather_confidential(
    session: &Session,
    words: &[Written],
) -> Result<Confidential, GatherError> {
    let mut confidential = Confidential::default();
    let mut asked: Vec<(String, ParameterName)> = Vec::new();
    for given in parameters(words, &mut Vec::new())?.0.parameters {
        match ssm_parameter(&given.value) {
            Some(name) => asked.push((given.key, name)),
            None => confidential.given.push(given),
        }
    }
    let names: Vec<ParameterName> = asked.iter().map(|(_, name)| name.clone()).collect();
    let values = if names.is_empty() {
        Vec::new()
    } else {
        session.parameters(&names).await?
    };
    for ((key, _), value) in asked.iter().zip(values) {
        confidential.secrets.add(key, value);
    }
    Ok(confidential)
}

impl From<SessionError> for GatherError {
    fn from(error: SessionError) -> Self {
        Self::Session(Box::new(error))
    }
}

impl From<FetchError> for GatherError {
    fn from(error: FetchError) -> Self {
        Self::Fetch(Box::new(error))
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

/// Returns the finding for a file that cannot be read, without repeating its path.
fn unreadable_file(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "that is not allowed".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    unreadable(path, &why)
}

fn document(path: &Utf8Path, accepts: Accepts, findings: &mut Vec<Diagnostic>) -> Option<Source> {
    match file::read_text(path, accepts) {
        Ok(text) => Some(Source::new(path, text)),
        Err(error) => {
            findings.push(unreadable_file(path, &error));
            None
        }
    }
}

/// Origins of parameters, by name.
type Origins = BTreeMap<String, String>;

/// Reads parameters, word by word; a later value overrides an earlier one.
fn parameters(
    words: &[Written],
    findings: &mut Vec<Diagnostic>,
) -> Result<(Inputs, Origins), GatherError> {
    let mut all = Inputs::default();
    let mut origins = Origins::new();
    for (number, written) in numbered(words) {
        let word = parse_word(&written.text)
            .map_err(|error| GatherError::Parameter(misread(number, written, error)))?;
        let (given, origin) = match opened(word, written, findings) {
            None => continue,
            Some(Opened::Pair(key, value)) => {
                let parameters = vec![ParameterOverride { key, value }];
                let given = Inputs {
                    parameters,
                    ..Inputs::default()
                };
                (given, written.place.clone())
            }
            Some(Opened::Document(source)) => match parse_parameters(&source) {
                Ok(given) => (given, Some(source.path().to_string())),
                Err(errors) => {
                    findings.extend(errors);
                    continue;
                }
            },
        };
        for item in &given.parameters {
            match &origin {
                Some(origin) => origins.insert(item.key.clone(), origin.clone()),
                None => origins.remove(&item.key),
            };
        }
        all.parameters.extend(given.parameters);
        all.tags = given.tags.or(all.tags);
        all.stack_policy = given.stack_policy.or(all.stack_policy);
    }
    Ok((all, origins))
}

/// Merges the tags; `None` if no tags are given, so that the stack keeps its tags.
///
/// * `configured`: the tags from a parameter file.
fn tags(
    given: &Given,
    configured: Option<Vec<Tag>>,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<Tag>>, GatherError> {
    if given.clear_tags {
        return Ok(Some(Vec::new()));
    }
    let is_any = configured.is_some() || numbered(&given.tags).next().is_some();
    let mut all = configured.unwrap_or_default();
    for (number, written) in numbered(&given.tags) {
        let word = parse_tag_word(&written.text)
            .map_err(|error| GatherError::Tag(misread(number, written, error)))?;
        match opened(word, written, findings) {
            None => {}
            Some(Opened::Pair(key, value)) => all.push(Tag { key, value }),
            Some(Opened::Document(source)) => match parse_tags(&source) {
                Ok(tags) => all.extend(tags),
                Err(errors) => findings.extend(errors),
            },
        }
    }
    Ok(is_any.then(|| last_of_each(all)))
}

/// Numbers the words of each place from 1; skips empty words.
fn numbered(words: &[Written]) -> impl Iterator<Item = (usize, &Written)> {
    let mut place = None;
    let mut number = 0;
    let all = words.iter().map(move |word| {
        number = if place == Some(&word.place) {
            number + 1
        } else {
            1
        };
        place = Some(&word.place);
        (number, word)
    });
    all.filter(|(_, word)| !word.text.trim().is_empty())
}

fn misread(number: usize, written: &Written, source: WordError) -> Misread {
    Misread {
        number,
        place: written.place.clone(),
        source,
    }
}

/// A word after reading its file.
enum Opened {
    Pair(String, String),
    Document(Source),
}

/// Reads the file that a word names; `None` if the file cannot be read, which is a finding.
fn opened(word: Word, written: &Written, findings: &mut Vec<Diagnostic>) -> Option<Opened> {
    Some(match (word, &written.place) {
        (Word::Pair(key, value), _) => Opened::Pair(key, value),
        (Word::File(path), _) => Opened::Document(document(&path, Accepts::Pipes, findings)?),
        (Word::Document(source), Some(place)) => {
            Opened::Document(Source::new(place.as_str(), source.text()))
        }
        (Word::Document(source), None) => Opened::Document(source),
    })
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

/// Returns each tag once: in its first position, with its last value.
fn last_of_each(tags: Vec<Tag>) -> Vec<Tag> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Tag> = Vec::new();
    for tag in tags {
        let place = *places.entry(tag.key.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(present) => present.value = tag.value,
            None => kept.push(tag),
        }
    }
    kept
}

/// * `configured`: the policy from a parameter file, which `given` overrides.
fn settings(
    given: &GivenSettings,
    configured: Option<String>,
    mode: Mode,
    findings: &mut Vec<Diagnostic>,
) -> StackSettings {
    let source = match &given.stack_policy {
        Some(text) if text.trim_start().starts_with('{') => {
            Some(Source::new("<command line>", text.as_str()))
        }
        Some(path) => {
            let path = Utf8Path::new(path.trim_start_matches("file://"));
            document(path, Accepts::Descriptors, findings)
        }
        None => configured.map(|text| Source::new("StackPolicy", text)),
    };
    let stack_policy = source.and_then(|source| policy(&source, findings));
    let termination_protection = given.termination_protection;
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

fn policy(source: &Source, findings: &mut Vec<Diagnostic>) -> Option<StackPolicy> {
    match parse_stack_policy(source) {
        Ok(policy) => Some(policy),
        Err(finding) => {
            findings.push(*finding);
            None
        }
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
    let values = if names.is_empty() {
        Vec::new()
    } else {
        session.parameter_values(&names).await?
    };
    for ((at, name), value) in asked.into_iter().zip(values) {
        let given = &mut request.overrides[at];
        if value.is_secure {
            findings.extend(shown_secret(
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
    given: &GivenBucket,
    request: &Request,
) -> Result<Option<TemplateBucket>, GatherError> {
    let always = matches!(given.names, BucketNames::Given(_));
    let is_large = request.template.text().len() > MAX_INLINE_TEMPLATE_BYTES;
    if request.template_url.is_some() || !(always || is_large) {
        return Ok(None);
    }
    let names = given.names.read(session).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_thousand_words_for_tags_the_last_of_each_key_counts() {
        let words = (0..100_000).map(|at| format!("k{}=v{at}", at % 90_000));
        let mut given = Given::new("s".parse().unwrap(), "t.yaml", ChangeSetName::new("c", 1));
        given.tags = words.map(|word| word.as_str().into()).collect();
        let configured = vec![Tag {
            key: "k89999".to_owned(),
            value: "file".to_owned(),
        }];
        let mut findings = Vec::new();
        let tags = tags(&given, Some(configured), &mut findings)
            .unwrap()
            .unwrap();
        let shown = |tag: &Tag| format!("{}={}", tag.key, tag.value);
        assert_eq!(tags.len(), 90_000);
        assert_eq!(shown(&tags[0]), "k89999=v89999");
        assert_eq!(shown(&tags[1]), "k0=v90000");
        assert!(findings.is_empty());
    }
}
