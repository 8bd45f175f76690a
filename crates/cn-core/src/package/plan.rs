//! Plans the uploads and the packaged template, without I/O.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::artifact::{self, Reference, Takes, Text, code};
use cn_template::diag::{Remedy, short};
use cn_template::edit::{Edit, apply, merge};
use cn_template::portability::{self, Suppressions};
use cn_template::tree::{Parsed, Template};
use cn_template::{Diagnostic, Source};
use sha2::{Digest, Sha256};

use super::delta::ABOVE_BYTES;
use super::files::FileFact;
use super::key::ArtifactKey;
use super::read::{Facts, Found, TemplateFacts, findings};
use super::request::{Destination, Portability, Request};
use crate::findings::Planned;
use crate::s3::{Prefix, S3Location};

/// Bytes of the largest function or layer when unpacked.
///
/// # Source
///
/// AWS Lambda developer guide, "Lambda quotas": 250 MB, which are MiB in practice.
const LARGEST_LAMBDA_BYTES: u64 = 250 * 1024 * 1024;
/// Bytes of the largest object: 10,000 parts of 5 GiB, which are 48.8 TiB.
///
/// # Source
///
/// Amazon S3 user guide, "Multipart upload limits".
const LARGEST_OBJECT_BYTES: u64 = 10_000 * 5 * 1024 * 1024 * 1024;

/// Bytes of the largest template, which must come from a bucket.
///
/// # Source
///
/// CloudFormation user guide, "Understand CloudFormation quotas": 1 MB; read as MiB, so that no
/// template within the quota is reported.
const LARGEST_TEMPLATE_BYTES: usize = 1024 * 1024;

/// The objects to upload and the template to write, for one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(super) template: Utf8PathBuf,
    pub(super) destination: Destination,
    pub(super) prefix: Prefix,
    pub(super) uploads: Vec<Upload>,
    pub(super) packaged: String,
    pub(super) rewrites: Vec<Rewritten>,
    pub(super) left_out: Vec<Utf8PathBuf>,
}

impl Plan {
    /// Returns the region and its bucket.
    pub const fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Returns the objects that the template needs, each once, in the order of the template.
    pub fn uploads(&self) -> &[Upload] {
        &self.uploads
    }

    /// Returns the packaged template.
    pub fn packaged(&self) -> &str {
        &self.packaged
    }

    /// Returns the literals that are rewritten for the target, in all texts.
    pub fn rewrites(&self) -> &[Rewritten] {
        &self.rewrites
    }

    /// Returns the files that are deliberately not packaged, sorted.
    pub fn left_out(&self) -> &[Utf8PathBuf] {
        &self.left_out
    }
}

/// An object that must be in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub(super) key: ArtifactKey,
    pub(super) source: Utf8PathBuf,
    pub(super) needed_by: Vec<String>,
    pub(super) body: Body,
}

/// The content of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// An archive of these files.
    Archive(Arc<[FileFact]>),
    /// A file that is uploaded unchanged.
    File(FileFact),
    /// A text.
    Text(String),
}

impl Upload {
    /// Returns the object's key.
    pub const fn key(&self) -> &ArtifactKey {
        &self.key
    }

    /// Returns the file or folder that the object is made from.
    pub fn source(&self) -> &Utf8Path {
        &self.source
    }

    /// Returns the properties that name the object, as `LogicalId.Property`.
    pub fn needed_by(&self) -> &[String] {
        &self.needed_by
    }

    /// Returns the bytes before compression, usually more than the archive will have.
    pub fn input_bytes(&self) -> u64 {
        match &self.body {
            Body::Archive(files) => files.iter().map(|file| file.bytes).sum(),
            Body::File(file) => file.bytes,
            Body::Text(text) => text.len() as u64,
        }
    }

    /// Returns whether the object may be composed of ranges or sent in parts.
    pub(super) fn is_large(&self) -> bool {
        self.input_bytes() > ABOVE_BYTES
    }
}

/// A literal that differs between partitions, before and after the rewrite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The rule that requires the rewrite.
    pub rule: &'static str,
    /// The file.
    pub file: Utf8PathBuf,
    /// The line number, from 1.
    pub line: usize,
    /// The text of the line before.
    pub before: String,
    /// The text of the line after.
    pub after: String,
}

/// Decides which objects a destination needs, and creates its packaged template.
///
/// Equal requests, destinations and facts give an equal plan.
pub fn plan(request: &Request, destination: &Destination, facts: &Facts) -> Planned<Plan> {
    let mut planner = Planner {
        request,
        destination,
        facts,
        packaged: Vec::with_capacity(facts.templates.len()),
        uploads: Vec::new(),
        places: BTreeMap::new(),
        documents: HashMap::new(),
        rewrites: Vec::new(),
        findings: findings(facts).cloned().collect(),
    };
    for (place, template) in facts.templates.iter().enumerate() {
        planner.template(template, place + 1 == facts.templates.len());
    }
    let packaged = planner.packaged.pop().unwrap_or_default();
    let mut left_out: Vec<_> = facts
        .left_out
        .iter()
        .map(|path| facts.shown(path).to_owned())
        .collect();
    left_out.sort();
    left_out.dedup();
    let plan = Plan {
        template: facts.template.clone(),
        destination: destination.clone(),
        prefix: request.prefix.clone(),
        uploads: planner.uploads,
        packaged: packaged.text,
        rewrites: planner.rewrites,
        left_out,
    };
    Planned::new(plan, planner.findings)
}

#[derive(Default)]
struct Packaged {
    path: Utf8PathBuf,
    text: String,
}

struct Planner<'a> {
    request: &'a Request,
    destination: &'a Destination,
    facts: &'a Facts,
    /// The packaged templates, at the same indexes as their facts.
    packaged: Vec<Packaged>,
    uploads: Vec<Upload>,
    /// The index of each key in `uploads`.
    places: BTreeMap<ArtifactKey, usize>,
    /// The packaged form of each document, by its file and its kind.
    documents: HashMap<(Utf8PathBuf, Takes), Body>,
    rewrites: Vec<Rewritten>,
    findings: Vec<Diagnostic>,
}

impl Planner<'_> {
    /// Plans a template: its objects, rewrites, findings and packaged text.
    ///
    /// * `is_outermost`: true for the requested template.
    fn template(&mut self, facts: &TemplateFacts, is_outermost: bool) {
        let path = facts.path.clone();
        let Some(template) = &facts.parsed.template else {
            self.packaged.push(Packaged {
                path,
                text: String::new(),
            });
            return;
        };
        let mut located = Vec::with_capacity(facts.references.len());
        for (reference, found) in &facts.references {
            self.check_size(template.source(), reference, found);
            match self.upload(reference, found) {
                Some(key) => located.push((reference, self.location(&key))),
                None => self.unusable(template.source(), reference, found),
            }
        }
        if !self.request.allow_outside {
            for (place, path) in &facts.outside {
                let (reference, _) = &facts.references[*place];
                self.findings
                    .push(outside(template.source(), reference, path));
            }
        }
        if self.request.portability != Portability::Off {
            self.passed(template);
        }
        let mut edits = facts.remote.clone();
        edits.extend(artifact::edits(
            template,
            &located,
            &self.destination.region,
        ));
        let rewritten = match self.request.portability {
            Portability::Off => Vec::new(),
            Portability::Check => {
                let found = portability::check_template(template, &self.destination.region);
                self.report(template, found);
                Vec::new()
            }
            Portability::Rewrite => {
                let mut rewritten =
                    portability::rewrite_template(template, &self.destination.region);
                self.found(std::mem::take(&mut rewritten.lacking));
                self.rewrite(template, rewritten)
            }
        };
        let edits = merge(edits, rewritten);
        let text = apply(template.source().text(), &edits);
        let text = self.spelled(text, is_outermost);
        if text.len() > LARGEST_TEMPLATE_BYTES {
            let bytes = text.len();
            self.findings.push(
                Diagnostic::warning(
                    code::TOO_LARGE,
                    format!("`{path}` is larger than CloudFormation accepts"),
                )
                .help(format!(
                    "it has {bytes} bytes when packaged, but at most {LARGEST_TEMPLATE_BYTES} are \
                     allowed: move resources to nested stacks"
                )),
            );
        }
        self.packaged.push(Packaged { path, text });
    }

    /// Reports values that do not fit the parameters of the nested templates they are passed to.
    fn passed(&mut self, template: &Template) {
        let all = &self.facts.templates;
        let nested = |template: &Template| {
            let is_it = |facts: &&TemplateFacts| {
                let parsed = facts.parsed.template.as_ref();
                parsed.is_some_and(|parsed| std::ptr::eq(parsed, template))
            };
            let references = all.iter().find(is_it).map(|facts| &facts.references);
            let found = references
                .into_iter()
                .flatten()
                .filter_map(|(reference, found)| {
                    let Found::Template(place) = found else {
                        return None;
                    };
                    Some((
                        reference.owner.clone(),
                        all[*place].parsed.template.as_ref()?,
                    ))
                });
            found.collect()
        };
        let region = std::slice::from_ref(&self.destination.region);
        let found = portability::check_passed(template, &nested, region);
        self.report(template, found);
    }

    /// Returns a packaged template in the requested form.
    fn spelled(&self, text: String, is_outermost: bool) -> String {
        let is_ascii = self.request.ascii;
        let is_json = self.request.json && is_outermost;
        if !is_json && !is_ascii {
            return text;
        }
        let parse = |text: &str| Template::parse_document(&Source::new("", text)).template;
        let Some(template) = parse(&text) else {
            return text;
        };
        if !is_json {
            return apply(&text, &template.ascii_edits());
        }
        let json = template.to_json();
        match parse(&json).filter(|_| is_ascii) {
            Some(template) => apply(&json, &template.ascii_edits()),
            None => json,
        }
    }

    /// Records the findings that the author of the document has not suppressed.
    fn report(&mut self, document: &Template, found: Vec<Diagnostic>) {
        let accepted = Suppressions::of(document);
        self.found(accepted.apply(document.source(), found).findings);
    }

    /// Records the findings about portability that the request does not ignore.
    fn found(&mut self, found: Vec<Diagnostic>) {
        let ignored = &self.request.ignored;
        let worth = found
            .into_iter()
            .filter(|finding| !finding.is_one_of(ignored));
        self.findings.extend(worth);
    }

    /// Records rewrites and their findings, and returns the edits.
    fn rewrite(&mut self, document: &Template, rewritten: portability::Rewritten) -> Vec<Edit> {
        self.found(rewritten.findings);
        let source = document.source();
        self.rewrites
            .extend(rewritten.rewrites.into_iter().map(|rewrite| Rewritten {
                rule: rewrite.rule.code.id,
                file: source.path().to_owned(),
                line: source.position(rewrite.span.start).line,
                before: rewrite.before,
                after: rewrite.after,
            }));
        rewritten.edits
    }

    /// Compares the size of an artifact with the limits of the services.
    fn check_size(&mut self, source: &Source, reference: &Reference, found: &Found) {
        let (path, bytes) = match found {
            Found::Archive { path, files, .. } => (path, files.iter().map(|file| file.bytes).sum()),
            Found::File(file) => (&file.path, file.bytes),
            _ => return,
        };
        let what = format!("`{}` of `{}`", reference.property, reference.owner);
        let is_lambda = reference.row.takes == Takes::Archive
            && (reference.row.kind.contains("::Function")
                || reference.row.kind.contains("::LayerVersion"));
        if bytes > LARGEST_OBJECT_BYTES {
            self.findings.push(
                Diagnostic::error(
                    code::TOO_LARGE,
                    format!("{what} is larger than an object in S3 can be"),
                )
                .at(
                    source,
                    reference.span,
                    format!(
                        "`{path}` has {bytes} bytes; S3 accepts at most {LARGEST_OBJECT_BYTES}"
                    ),
                )
                .help("exclude files with a `.cnignore` file, or split the artifact"),
            );
        } else if is_lambda
            && matches!(found, Found::Archive { .. })
            && bytes > LARGEST_LAMBDA_BYTES
        {
            self.findings.push(
                Diagnostic::warning(
                    code::TOO_LARGE,
                    format!("{what} is larger than Lambda accepts"),
                )
                .at(
                    source,
                    reference.span,
                    format!(
                        "`{path}` has {bytes} bytes; with its layers, a function may have \
                         {LARGEST_LAMBDA_BYTES}"
                    ),
                )
                .help("exclude files with a `.cnignore` file, or use a container image"),
            );
        }
    }

    /// Plans the object that a reference needs. `None` if there is nothing to upload.
    fn upload(&mut self, reference: &Reference, found: &Found) -> Option<ArtifactKey> {
        let prefix = &self.request.prefix;
        let (key, source, body) = match found {
            Found::Archive {
                path,
                files,
                digest,
            } => (
                ArtifactKey::of_object(prefix, digest, "zip"),
                path.clone(),
                Body::Archive(Arc::clone(files)),
            ),
            Found::File(file) => {
                let key = ArtifactKey::of_object(prefix, &file.digest, extension(&file.path));
                (key, file.path.clone(), Body::File(file.clone()))
            }
            Found::Text { file, parsed } => {
                let body = self.document(file, parsed, reference.row.takes);
                let digest = match &body {
                    Body::Text(text) => Sha256::digest(text).into(),
                    _ => file.digest,
                };
                let key = ArtifactKey::of_object(prefix, &digest, extension(&file.path));
                (key, file.path.clone(), body)
            }
            Found::Template(place) => {
                let packaged = self.packaged.get(*place)?;
                let digest = Sha256::digest(&packaged.text);
                let key = ArtifactKey::of_object(prefix, &digest, "template");
                (
                    key,
                    packaged.path.clone(),
                    Body::Text(packaged.text.clone()),
                )
            }
            Found::Missing { .. }
            | Found::NotAFile { .. }
            | Found::Cycle { .. }
            | Found::Unusable { .. } => return None,
        };
        let place = *self.places.entry(key.clone()).or_insert_with(|| {
            self.uploads.push(Upload {
                key: key.clone(),
                source: self.facts.shown(&source).to_owned(),
                needed_by: Vec::new(),
                body,
            });
            self.uploads.len() - 1
        });
        self.uploads[place]
            .needed_by
            .push(format!("{}.{}", reference.owner, reference.property));
        Some(key)
    }

    /// Returns a document, rewritten for the target where necessary.
    fn document(&mut self, file: &FileFact, parsed: &Parsed, takes: Takes) -> Body {
        let known = (file.path.clone(), takes);
        if let Some(body) = self.documents.get(&known) {
            return body.clone();
        }
        let body = self.rewritten_document(parsed, takes);
        let body = body.map_or_else(|| Body::File(file.clone()), Body::Text);
        self.documents.insert(known, body.clone());
        body
    }

    /// Returns the text of a document if it differs from the file's text.
    fn rewritten_document(&mut self, parsed: &Parsed, takes: Takes) -> Option<String> {
        let Some(document) = &parsed.template else {
            if self.request.portability != Portability::Off {
                self.found(parsed.findings.clone());
            }
            return None;
        };
        let text = document.source().text();
        let Takes::Text(kind) = takes else {
            return None;
        };
        let edits = match self.request.portability {
            Portability::Off => Vec::new(),
            Portability::Check => {
                let found = portability::check_document(
                    document,
                    std::slice::from_ref(&self.destination.region),
                );
                self.report(document, found);
                Vec::new()
            }
            Portability::Rewrite => {
                let rewritten = portability::rewrite_document(document, &self.destination.region);
                self.rewrite(document, rewritten)
            }
        };
        // A snippet becomes part of a template, where CloudFormation refuses aliases.
        let is_expanded = kind == Text::Snippet
            && parsed
                .findings
                .iter()
                .any(|finding| finding.code == cn_template::tree::code::ALIASES_EXPANDED);
        (!edits.is_empty() || is_expanded).then(|| apply(text, &edits))
    }

    fn location(&self, key: &ArtifactKey) -> S3Location {
        S3Location {
            bucket: self.destination.bucket.as_str().to_owned(),
            key: key.as_str().to_owned(),
            version: None,
        }
    }

    /// Reports why a reference yields no object.
    fn unusable(&mut self, source: &Source, reference: &Reference, found: &Found) {
        let what = format!("`{}` of `{}`", reference.property, reference.owner);
        let finding = match found {
            Found::Missing { .. } | Found::Unusable { .. } if is_inline(&reference.path) => {
                let named = short(&reference.path);
                Diagnostic::error(
                    code::NOT_A_PATH,
                    format!("{what} is `{named}`, which is not a path"),
                )
                .at(source, reference.span, "a path is expected here")
                .help(match inline_property(reference) {
                    Some(property) => {
                        format!("put inline text under `{property}`")
                    }
                    None => "name a local file or folder".to_owned(),
                })
            }
            Found::Missing { path } => {
                let (named, path) = (short(&reference.path), short(path.as_str()));
                Diagnostic::error(code::MISSING, format!("{what} names `{named}`, which does not exist"))
                    .at(source, reference.span, format!("`{path}` does not exist"))
                    .help("paths are relative to the folder of the template that names them; build the artifact first, or correct the path")
            }
            Found::NotAFile { path } => Diagnostic::error(
                code::WRONG_KIND,
                format!("{what} names a folder, but the service expects a file"),
            )
            .at(source, reference.span, format!("`{path}` is a folder"))
            .help("name the file itself"),
            Found::Cycle { path } => {
                let circle = path
                    .iter()
                    .map(|path| format!("`{path}`"))
                    .collect::<Vec<_>>()
                    .join(" -> ");
                Diagnostic::error(
                    code::CYCLE,
                    format!("{what} leads back to a template that contains it"),
                )
                .at(source, reference.span, circle)
                .help("a stack cannot contain itself: remove one of the references")
            }
            Found::Unusable { path, reason } => {
                Diagnostic::error(code::UNREADABLE, format!("{what} cannot be packaged"))
                    .at(source, reference.span, format!("`{path}`: {reason}"))
                    .help("make it a readable file, remove it, or name it in a `.cnignore` file")
            }
            // A document or template that could not be parsed has its own findings.
            Found::Archive { .. } | Found::File(_) | Found::Text { .. } | Found::Template(_) => {
                return;
            }
        };
        self.findings.push(finding);
    }
}

/// Returns the warning for an artifact outside the project.
fn outside(source: &Source, reference: &Reference, path: &Utf8Path) -> Diagnostic {
    let Reference {
        owner, property, ..
    } = reference;
    let message =
        format!("`{property}` of `{owner}` packages `{path}`, which is outside of the project");
    let label = "neither below the template's folder nor below the working folder";
    Diagnostic::warning(code::OUTSIDE, message)
        .at(source, reference.span, label)
        .help("copy it below the template's folder, or accept artifacts from anywhere")
        .remedy(Remedy::Outside)
}

/// Bytes of the longest path of a file.
///
/// # Source
///
/// `PATH_MAX` of Linux.
const LONGEST_PATH_BYTES: usize = 4096;

/// Returns true if a value is the content of a file instead of its path.
fn is_inline(text: &str) -> bool {
    text.len() > LONGEST_PATH_BYTES
        || text.starts_with('{')
        || text.contains('\n')
        || text.contains(' ') && text.contains(['(', ';', '='])
}

/// Returns the property that takes inline content instead of a path.
fn inline_property(reference: &Reference) -> Option<String> {
    let property = reference.property.as_str();
    let inline = match property {
        "Code" => "Code.ZipFile",
        "CodeUri" => "InlineCode",
        "DefinitionUri" if reference.row.kind.ends_with("Api") => "DefinitionBody",
        "DefinitionUri" => "Definition",
        _ => property.strip_suffix("S3Location")?,
    };
    Some(inline.to_owned())
}

fn extension(path: &Utf8Path) -> &str {
    path.extension().unwrap_or_default()
}

#[cfg(test)]
mod tests;
