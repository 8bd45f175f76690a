//! Reading templates and the files they refer to.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::artifact::{self, Reference, Takes};
use cn_template::rules;
use cn_template::tree::{Parsed, Template};
use cn_template::{Code, Diagnostic, Source};
use fs_err as fs;
use ignore::WalkBuilder;
use rayon::prelude::*;

use super::find;
use super::request::Request;
use crate::file::{self, Accepts};
use crate::manifest::was_packaged;

/// Bytes of the largest program; a larger file was not written by people.
const LARGEST_PROGRAM_BYTES: u64 = 256 * 1024;

/// Largest number of files to read from one artifact.
const MOST_PROGRAMS: usize = 500;

const UNREADABLE: Code = rules::code("CN010");

/// The templates and code that were read.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Templates, and files that may be templates, without duplicates, in order of their paths.
    pub files: Vec<File>,
    /// Findings about discovered files that may be templates and cannot be read.
    pub findings: Vec<Diagnostic>,
}

/// A file that is, or may be, a template.
#[derive(Clone, Debug)]
pub struct File {
    /// The file's text.
    pub source: Source,
    /// True if the request names the file, or a template nests it: it must be a template then.
    pub is_named: bool,
    /// The result of parsing it.
    pub parsed: Arc<Parsed>,
    /// The programs and definitions that it refers to.
    pub code: Vec<Source>,
}

impl File {
    /// Parses a text; a named file must be a template.
    pub fn parse(source: Source, is_named: bool) -> Self {
        let parsed = if is_named {
            Template::parse(&source)
        } else {
            Template::parse_document(&source)
        };
        Self {
            source,
            is_named,
            parsed: Arc::new(parsed),
            code: Vec::new(),
        }
    }
}

/// A path that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`")]
pub struct ReadError {
    /// The path.
    pub path: Utf8PathBuf,
    /// The reason.
    #[source]
    pub source: io::Error,
}

/// Reads the files and folders of a request.
///
/// Also reads nested templates that the request does not name. The search in folders skips files
/// that `.gitignore` or convention excludes, and packaged templates.
///
/// # Errors
///
/// [`ReadError`] for a named file that does not exist or is not text, and for a folder that cannot
/// be searched.
pub fn read(request: &Request) -> Result<Facts, ReadError> {
    let mut texts: Vec<(Source, bool)> = Vec::new();
    let mut findings = Vec::new();
    let mut known: BTreeSet<Utf8PathBuf> = BTreeSet::new();
    for path in &request.paths {
        let is_folder = path.is_dir();
        let found = if is_folder {
            search(path)?
        } else {
            vec![path.clone()]
        };
        for path in found {
            if known.contains(&identity(&path)) {
                continue;
            }
            match read_one(&path, !is_folder) {
                Ok(Some(source)) => {
                    known.insert(identity(&path));
                    texts.push((source, !is_folder));
                }
                Ok(None) => {}
                Err(error) if is_folder => findings.push(unread(&error)),
                Err(error) => return Err(error),
            }
        }
    }
    let parsed = texts.into_par_iter();
    let mut files: Vec<File> = parsed
        .map(|(source, is_named)| File::parse(source, is_named))
        .collect();
    let pointed_at = if request.nested {
        nested(&mut files, &mut known, &mut findings)
    } else {
        files.iter().map(references).collect()
    };
    if request.code {
        for (file, references) in files.iter_mut().zip(pointed_at) {
            file.code = programs(&file.source, &references, &mut known);
            file.code
                .extend(definitions(&file.source, &references, &mut findings));
        }
    }
    Ok(Facts { files, findings })
}

fn search(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ReadError> {
    let fail = |source| ReadError {
        path: folder.to_owned(),
        source,
    };
    let is_made = |name: &str| find::MADE.contains(&name);
    let walk = WalkBuilder::new(folder)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| !entry.file_name().to_str().is_some_and(is_made))
        .build();
    let mut found = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| fail(io::Error::other(error)))?;
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        let path = Utf8PathBuf::from_path_buf(entry.into_path()).ok();
        let is_input =
            |path: &Utf8PathBuf| is_file && find::may_be_template(path) && !was_packaged(path);
        found.extend(path.filter(is_input));
    }
    Ok(found)
}

fn read_one(path: &Utf8Path, is_named: bool) -> Result<Option<Source>, ReadError> {
    let accepts = if is_named {
        Accepts::Pipes
    } else {
        Accepts::Files
    };
    let text = file::read_text(path, accepts).map_err(|source| ReadError {
        path: path.to_owned(),
        source,
    })?;
    if !is_named && !find::looks_like_template(&text) {
        return Ok(None);
    }
    let shown = path.strip_prefix(".").unwrap_or(path);
    Ok(Some(Source::new(shown, text)))
}

/// Reports a file that may be a template but was not checked.
fn unread(error: &ReadError) -> Diagnostic {
    let path = error.path.strip_prefix(".").unwrap_or(&error.path);
    let (reason, help) = match error.source.kind() {
        io::ErrorKind::InvalidData => (
            "it is not UTF-8 text".to_owned(),
            "save it as UTF-8, or list it in `.gitignore`",
        ),
        _ => (
            error.source.to_string(),
            "make it readable, or list it in `.gitignore`",
        ),
    };
    let message = format!("`{path}` was not checked: {reason}");
    Diagnostic::warning(UNREADABLE, message).help(help)
}

/// Returns the local files that a template refers to.
fn references(file: &File) -> Vec<Reference> {
    let template = file.parsed.template.as_ref();
    template
        .filter(|template| find::is_template(template))
        .map_or_else(Vec::new, |template| {
            artifact::references(template, &[]).local
        })
}

/// Reads nested templates, without duplicates; returns the references of each file.
///
/// `cn-package` reports missing files.
///
/// * `files`: nested templates are appended and searched in turn.
fn nested(
    files: &mut Vec<File>,
    known: &mut BTreeSet<Utf8PathBuf>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Vec<Reference>> {
    let mut pointed_at: Vec<Vec<Reference>> = Vec::new();
    while let Some(file) = files.get(pointed_at.len()) {
        let (parent, references) = (file.source.path().to_owned(), references(file));
        let children = references
            .iter()
            .filter(|reference| reference.row.takes == Takes::Template)
            .map(|reference| find::beside(&parent, &reference.path));
        for path in children {
            if !path.is_file() || !known.insert(identity(&path)) {
                continue;
            }
            match read_one(&path, true) {
                Ok(source) => files.extend(source.map(|source| File::parse(source, true))),
                Err(error) => findings.push(unread(&error)),
            }
        }
        pointed_at.push(references);
    }
    pointed_at
}

/// Returns the canonical path, so that links do not lead to duplicates.
fn identity(path: &Utf8Path) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned())
}

/// Returns the definitions that a template refers to, regardless of name and size.
///
/// `cn-package` rewrites them, and reports missing files.
fn definitions(
    source: &Source,
    references: &[Reference],
    findings: &mut Vec<Diagnostic>,
) -> Vec<Source> {
    let is_definition = |reference: &&Reference| matches!(reference.row.takes, Takes::Text(_));
    let paths: BTreeSet<Utf8PathBuf> = references
        .iter()
        .filter(is_definition)
        .map(|reference| find::beside(source.path(), &reference.path))
        .filter(|path| path.is_file())
        .collect();
    let mut found = Vec::new();
    for path in paths {
        match read_one(&path, true) {
            Ok(source) => found.extend(source),
            Err(error) => findings.push(unread(&error)),
        }
    }
    found
}

/// Returns the programs that a template refers to; other programs report missing files.
///
/// * `known`: files that are templates, or that another template refers to.
fn programs(
    source: &Source,
    references: &[Reference],
    known: &mut BTreeSet<Utf8PathBuf>,
) -> Vec<Source> {
    let mut found: Vec<Source> = Vec::new();
    for reference in references {
        // The template's own folder is code only if it is given explicitly.
        let is_code = matches!(reference.row.takes, Takes::Archive | Takes::Anything);
        if reference.path.is_empty() || !is_code {
            continue;
        }
        let path = find::beside(source.path(), &reference.path);
        for path in texts(&path) {
            if !known.insert(identity(&path)) {
                continue;
            }
            let text = file::read_text(&path, Accepts::Files).unwrap_or_default();
            if !find::looks_like_template(&text) {
                found.push(Source::new(path, text));
            }
        }
    }
    found
}

fn texts(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let is_small = |path: &Utf8Path| {
        fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LARGEST_PROGRAM_BYTES)
    };
    if path.is_file() {
        let is_text = find::is_program(path) && is_small(path);
        return if is_text {
            vec![path.to_owned()]
        } else {
            Vec::new()
        };
    }
    let is_made = |name: &str| find::MADE.contains(&name);
    WalkBuilder::new(path)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| !entry.file_name().to_str().is_some_and(is_made))
        .build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Utf8PathBuf::from_path_buf(entry.into_path()).ok())
        .filter(|path| find::is_program(path) && is_small(path))
        .take(MOST_PROGRAMS)
        .collect()
}
