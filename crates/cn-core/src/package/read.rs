//! Reads the files that a template references, as facts for the plan.

use std::collections::HashMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::artifact::{Reference, Takes, Text, code, references};
use cn_template::edit::Edit;
use cn_template::tree::{Parsed, Template};
use cn_template::{Diagnostic, Source};
use fs_err as fs;

use super::files::{self, FileFact, FilesError, FilesErrorKind};
use super::key::digest_of;
use super::request::{Request, Symlinks, TEMPLATE_NAMES};
use crate::file::{self, Accepts, Known, OutputError, known};
use crate::manifest::{digests, manifest_path, was_packaged};

/// Bytes of the largest text that is searched for ARNs; a larger file is uploaded unchanged.
///
/// # Source
///
/// A state machine is at most 1 MB, an imported API 6 MB (quotas of Step
/// Functions and API Gateway).
const LARGEST_TEXT_BYTES: u64 = 8 * 1024 * 1024;

/// Everything on disk that the plan depends on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The requested template, as the request names it.
    pub(super) template: Utf8PathBuf,
    /// The templates, each after the templates it nests; the requested template is last.
    pub(super) templates: Vec<TemplateFacts>,
    /// Files that were deliberately not packaged.
    pub(super) left_out: Vec<Utf8PathBuf>,
    /// The request's folder. Paths below it are shown relative to it.
    base: Utf8PathBuf,
}

impl Facts {
    /// Returns a path as it appears in messages and manifests.
    pub(super) fn shown<'a>(&self, path: &'a Utf8Path) -> &'a Utf8Path {
        path.strip_prefix(&self.base).unwrap_or(path)
    }
}

/// A template and its references.
#[derive(Clone, Debug)]
pub(super) struct TemplateFacts {
    /// The file, as messages show it.
    pub path: Utf8PathBuf,
    /// The result of parsing its text.
    pub parsed: Parsed,
    /// Its references, with the result of looking up each.
    pub references: Vec<(Reference, Found)>,
    /// References (by index) that lead outside the project, each with the first file outside.
    pub outside: Vec<(usize, Utf8PathBuf)>,
    /// Edits to S3 locations that only change their form.
    pub remote: Vec<Edit>,
}

/// The file, folder or text that a reference points at.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Nothing.
    Missing {
        /// The path that was looked up.
        path: Utf8PathBuf,
    },
    /// A folder where a file is required.
    NotAFile {
        /// The folder.
        path: Utf8PathBuf,
    },
    /// Files for an archive.
    Archive {
        /// The folder or file that the files come from.
        path: Utf8PathBuf,
        /// Sorted by name.
        files: Arc<[FileFact]>,
        /// The digest of names, modes and contents.
        digest: [u8; 32],
    },
    /// A file that is uploaded unchanged.
    File(FileFact),
    /// A text that is rewritten for the target first.
    Text {
        /// The file, which is uploaded unchanged if nothing has to be rewritten.
        file: FileFact,
        /// The result of parsing its text.
        parsed: Arc<Parsed>,
    },
    /// A template, by its index in [`Facts::templates`].
    Template(usize),
    /// A template that contains the template that references it.
    Cycle {
        /// The templates from the first to the one that closes the cycle.
        path: Vec<Utf8PathBuf>,
    },
    /// A file or folder that cannot be packaged, with the reason.
    Unusable {
        /// The file or folder.
        path: Utf8PathBuf,
        /// The reason.
        reason: String,
    },
}

/// An error in reading a template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The request names no template, and its folder has no template with a default name.
    #[error("no template was given, and `{base}` has no `{}`", TEMPLATE_NAMES[0])]
    NoTemplate {
        /// The request's folder.
        base: Utf8PathBuf,
    },
    /// The template cannot be read as UTF-8 text.
    #[error("cannot read the template `{path}`")]
    Template {
        /// The template's file, as the request names it.
        path: Utf8PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A result would overwrite a file that the run reads.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Reads a template, its nested templates, and the files they reference.
///
/// The facts apply to every destination and prefix, so one read serves the plans of many regions. A
/// missing file is a fact, not an error. Each file and folder is read once, however many resources
/// reference it.
///
/// # Errors
///
/// [`ReadError`] if there is no template or it cannot be read as UTF-8 text.
pub fn read(request: &Request) -> Result<Facts, ReadError> {
    let base = normalized(&request.base);
    let template = template_of(request)?;
    let path = normalized(&base.join(&template));
    let text = file::read_text(&path, Accepts::Pipes).map_err(|source| ReadError::Template {
        path: template.clone(),
        source,
    })?;
    let outputs = request.outputs.iter();
    let outputs = outputs.flat_map(|path| [path.clone(), manifest_path(path)]);
    // The root folder never counts as a project: everything would be inside it.
    let folders = [Some(base.as_path()), path.parent()].into_iter().flatten();
    let folders = folders.filter_map(|folder| folder.canonicalize_utf8().ok());
    let project = folders.filter(|folder| folder.parent().is_some()).collect();
    let mut reader = Reader {
        request,
        outputs: outputs.map(|path| known(&base, &path)).collect(),
        overwritten: None,
        facts: Facts {
            template,
            templates: Vec::new(),
            left_out: Vec::new(),
            base,
        },
        seen: HashMap::new(),
        project,
        followed: HashMap::new(),
        ancestors: Vec::new(),
    };
    reader.meets(&path);
    reader.template(&path, text);
    match reader.overwritten {
        Some(error) => Err(error.into()),
        None => Ok(reader.facts),
    }
}

/// Returns true if an earlier run wrote the file.
///
/// Such a file is a manifest, the packaged template next to a manifest, or a template that
/// references no local file.
fn is_result(path: &Utf8Path) -> bool {
    if was_packaged(path) {
        return true;
    }
    let Ok(text) = file::read_text(path, Accepts::Files) else {
        return false;
    };
    // An object without members can be overwritten: nothing is lost.
    if digests(&text).is_ok() || text.trim() == "{}" {
        return true;
    }
    let parsed = Template::parse(&Source::new(path, text));
    parsed.template.is_some_and(|template| {
        let is_template = template.resources().next().is_some();
        is_template && references(&template, &[]).local.is_empty()
    })
}

/// Returns the template that a request names, or else the default template of its folder.
pub(crate) fn template_of(request: &Request) -> Result<Utf8PathBuf, ReadError> {
    if let Some(template) = &request.template {
        return Ok(template.clone());
    }
    let mut usual = TEMPLATE_NAMES.into_iter();
    let found = usual.find(|name| request.base.join(name).exists());
    found.map(Into::into).ok_or_else(|| ReadError::NoTemplate {
        base: request.base.clone(),
    })
}

struct Reader<'a> {
    request: &'a Request,
    /// Files that the run will write. They never become part of an archive.
    outputs: Vec<Known>,
    /// The first file that the run both reads and would write.
    overwritten: Option<OutputError>,
    facts: Facts,
    /// The results of earlier lookups, by path and by the form that the property takes.
    seen: HashMap<(Utf8PathBuf, Takes), Found>,
    /// The project folders, with links resolved.
    project: Vec<Utf8PathBuf>,
    /// The links that were followed in each folder.
    followed: HashMap<Utf8PathBuf, Vec<Utf8PathBuf>>,
    /// The templates being read, outermost first.
    ancestors: Vec<Utf8PathBuf>,
}

impl Reader<'_> {
    /// Reads a template and the templates nested below it; returns its index.
    fn template(&mut self, path: &Utf8Path, text: String) -> usize {
        let shown = self.facts.shown(path).to_owned();
        let parsed = Template::parse(&Source::new(&shown, text));
        let found = parsed
            .template
            .as_ref()
            .map(|template| references(template, &self.request.extra_rows));
        let found = found.unwrap_or_default();
        let mut facts = TemplateFacts {
            path: shown,
            parsed,
            references: Vec::with_capacity(found.local.len()),
            outside: Vec::new(),
            remote: found.remote,
        };
        facts.parsed.findings.extend(found.findings);
        self.ancestors.push(path.to_owned());
        let folder = path.parent().unwrap_or(path);
        for reference in found.local {
            let found = self.find(folder, &reference);
            let path = normalized(&folder.join(&reference.path));
            let outside = self.outside(&path);
            let place = facts.references.len();
            facts.outside.extend(outside.map(|path| (place, path)));
            facts.references.push((reference, found));
        }
        self.ancestors.pop();
        self.facts.templates.push(facts);
        self.facts.templates.len() - 1
    }

    fn find(&mut self, folder: &Utf8Path, reference: &Reference) -> Found {
        let path = normalized(&folder.join(&reference.path));
        let key = (path, reference.row.takes);
        if let Some(found) = self.seen.get(&key) {
            return found.clone();
        }
        if self.request.symlinks == Symlinks::Error
            && let Some(error) = files::link_on_the_way(folder, &key.0)
        {
            return unusable_file(&error);
        }
        let found = self.look(&key.0, reference.row.takes);
        // A cycle depends on the path that led to it; all other results do not.
        if !matches!(found, Found::Cycle { .. }) {
            self.seen.insert(key, found.clone());
        }
        found
    }

    fn look(&mut self, path: &Utf8Path, takes: Takes) -> Found {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Found::Missing {
                    path: path.to_owned(),
                };
            }
            Err(_) if files::is_circle(path) => {
                return unusable_file(&FilesError::new(path, FilesErrorKind::Circle));
            }
            Err(error) => return unusable(path, &error),
        };
        if metadata.is_dir() {
            return match takes {
                Takes::Template | Takes::Text(_) => Found::NotAFile {
                    path: path.to_owned(),
                },
                Takes::Archive | Takes::Anything => self.folder(path),
            };
        }
        self.meets(path);
        match takes {
            Takes::Template => self.nested(path),
            Takes::Text(kind) => text(path, self.facts.shown(path), kind, metadata.len()),
            Takes::Anything => file(path),
            Takes::Archive => code_file(path),
        }
    }

    fn folder(&mut self, path: &Utf8Path) -> Found {
        let outputs = self.outputs.iter();
        let outputs = outputs
            .filter_map(|output| output.identity.clone())
            .collect();
        match files::folder(path, &outputs, self.request.symlinks) {
            Ok(folder) => {
                // A file that an earlier run wrote is not a source file.
                let sources = folder.outputs.iter().filter(|path| !is_result(path));
                sources.for_each(|path| self.meets(path));
                self.facts.left_out.extend(folder.left_out);
                self.followed.insert(path.to_owned(), folder.followed);
                archive(path, folder.files)
            }
            Err(error) => unusable_file(&error),
        }
    }

    /// Returns the first file outside the project that a path, or a link below it, leads to.
    fn outside(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let links = self.followed.get(path).into_iter().flatten();
        let mut paths = std::iter::once(path).chain(links.map(Utf8PathBuf::as_path));
        let is_outside = |path: &&Utf8Path| {
            let real = path.canonicalize_utf8();
            real.is_ok_and(|real| !self.project.iter().any(|folder| real.starts_with(folder)))
        };
        paths
            .find(is_outside)
            .map(|path| self.facts.shown(path).to_owned())
    }

    /// Records a conflict if the run would write a file that it reads.
    fn meets(&mut self, path: &Utf8Path) {
        let input = known(Utf8Path::new(""), path);
        let is_it = |output: &&Known| input.identity.is_some() && output.identity == input.identity;
        if let Some(output) = self.outputs.iter().find(is_it) {
            self.overwritten.get_or_insert(OutputError::Input {
                output: output.shown.clone(),
                input: self.facts.shown(path).to_owned(),
            });
        }
    }

    fn nested(&mut self, path: &Utf8Path) -> Found {
        if let Some(first) = self.ancestors.iter().position(|ancestor| ancestor == path) {
            let mut circle = self.ancestors[first..].to_vec();
            circle.push(path.to_owned());
            return Found::Cycle { path: circle };
        }
        match file::read_text(path, Accepts::Files) {
            Ok(text) => Found::Template(self.template(path, text)),
            Err(error) => unusable(path, &error),
        }
    }
}

/// Reads a text that may contain ARNs.
///
/// A text that cannot be searched is uploaded unchanged, with a warning.
fn text(path: &Utf8Path, shown: &Utf8Path, kind: Text, bytes: u64) -> Found {
    let found = file(path);
    let Found::File(file) = found else {
        return found;
    };
    let text = if bytes > LARGEST_TEXT_BYTES {
        Err(format!("it is larger than {LARGEST_TEXT_BYTES} bytes"))
    } else {
        match file::read_text(path, Accepts::Files) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Err("it is not UTF-8 text".to_owned())
            }
            Err(error) => return unusable(path, &error),
        }
    };
    let parsed = match text {
        Ok(text) => kind.parse(&Source::new(shown, text)),
        Err(reason) => Parsed {
            template: None,
            findings: vec![
                Diagnostic::warning(
                    code::UNREADABLE,
                    format!("`{shown}` is uploaded as it is: {reason}"),
                )
                .help("its ARNs and hosts are not rewritten: save it as UTF-8, or make it smaller"),
            ],
        },
    };
    Found::Text {
        file,
        parsed: Arc::new(parsed),
    }
}

fn file(path: &Utf8Path) -> Found {
    match files::file(path, path.file_name().unwrap_or_default().to_owned()) {
        Ok(file) => Found::File(file),
        Err(error) => unusable_file(&error),
    }
}

/// Returns the archive for a single code file.
///
/// An archive is uploaded unchanged; any other file is put into a new archive.
fn code_file(path: &Utf8Path) -> Found {
    let found = match files::is_archive(path) {
        Ok(true) => return file(path),
        Ok(false) => file(path),
        Err(error) => return unusable(path, &error),
    };
    match found {
        Found::File(file) => archive(path, vec![file]),
        other => other,
    }
}

fn archive(path: &Utf8Path, files: Vec<FileFact>) -> Found {
    Found::Archive {
        path: path.to_owned(),
        digest: digest_of(&files),
        files: files.into(),
    }
}

fn unusable(path: &Utf8Path, error: &std::io::Error) -> Found {
    Found::Unusable {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn unusable_file(error: &FilesError) -> Found {
    Found::Unusable {
        path: error.path.clone(),
        reason: error.kind.to_string(),
    }
}

/// Returns the findings of all templates, nested templates first.
pub(super) fn findings(facts: &Facts) -> impl Iterator<Item = &Diagnostic> {
    facts
        .templates
        .iter()
        .flat_map(|template| &template.parsed.findings)
}

/// Returns a path without `.` and `..`, computed from its text only.
///
/// That is enough for messages and comparisons.
fn normalized(path: &Utf8Path) -> Utf8PathBuf {
    use camino::Utf8Component;
    let mut out = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir => {}
            // The root folder is its own parent.
            Utf8Component::ParentDir if out.file_name().is_some() || out.has_root() => {
                out.pop();
            }
            component => out.push(component),
        }
    }
    out
}
