//! Offline checks of templates for regions.
//!
//! [`read`] reads templates and the files they refer to, [`check`] returns the findings, [`fix`]
//! the possible corrections, and [`apply`] writes them. Needs no credentials and no network.

mod baseline;
mod find;
mod read;
mod request;

use std::collections::{BTreeMap, HashMap, HashSet};

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::artifact::{self, Takes, Text};
use cn_template::diag::has_errors;
use cn_template::portability::{self, Reason, Rewritten, Suppressions};
use cn_template::tree::Template;
use cn_template::{Code, Diagnostic, Region, Severity, Source, Span, edit};
use rayon::prelude::*;

pub use baseline::{Baseline, BaselineError};
pub use read::{Facts, File, ReadError, read};
pub use request::Request;

use crate::file::{Readers, WriteError, write_atomic};

/// The findings of a check.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The findings, by file, then by position.
    pub findings: Vec<Diagnostic>,
    /// The number of templates.
    pub templates: usize,
    /// The number of suppressed findings.
    pub suppressed: usize,
    /// The number of findings in the baseline.
    pub known: usize,
}

/// A template with a portable form.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The current file.
    pub before: Source,
    /// The text after the fix.
    pub after: String,
    /// The number of changed literals.
    pub changes: usize,
}

/// The edits of [`fix`].
#[derive(Clone, Debug, Default)]
pub struct Fixes {
    /// The templates that change.
    pub fixed: Vec<Fixed>,
    /// Templates with literals that stay because the templates use aliases or merge keys.
    pub aliased: Vec<Utf8PathBuf>,
    /// Literals of other templates that stay, by file and reason.
    pub left: Vec<Left>,
}

/// Literals of a template that [`fix`] keeps for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The template.
    pub path: Utf8PathBuf,
    /// The reason.
    pub reason: Reason,
    /// The lines of the literals, counted from 1, in order.
    pub lines: Vec<usize>,
}

/// Checks the templates.
///
/// Cost: one pass over each template for all regions; files are checked in parallel.
pub fn check(request: &Request, facts: &Facts) -> Checked {
    let templates: Templates<'_> = facts
        .files
        .iter()
        .filter_map(|file| Some((file.source.path(), file.parsed.template.as_ref()?)))
        .collect();
    let each: Vec<Checked> = facts
        .files
        .par_iter()
        .map(|file| of_file(request, file, &templates))
        .collect();
    let mut all = Checked {
        findings: facts.findings.clone(),
        ..Checked::default()
    };
    for mut one in each {
        all.findings.append(&mut one.findings);
        all.templates += one.templates;
        all.suppressed += one.suppressed;
    }
    let before = all.findings.len();
    all.findings
        .retain(|finding| !finding.is_one_of(&request.ignored));
    all.suppressed += before - all.findings.len();
    all
}

/// The templates that were read, by file.
type Templates<'a> = HashMap<&'a Utf8Path, &'a Template>;

fn of_file(request: &Request, file: &File, templates: &Templates<'_>) -> Checked {
    // A discovered file may be another kind of document; a named file must be a template.
    let Some(template) = &file.parsed.template else {
        return Checked {
            findings: unreadable(file, file.parsed.findings.clone()),
            ..Checked::default()
        };
    };
    if !file.is_named && !find::is_template(template) {
        return Checked::default();
    }
    let mut findings = file.parsed.findings.clone();
    if !file.is_named {
        findings.extend(template.malformed());
    }
    findings.extend(portability::check_regions(template, &request.regions));
    let nested = |template: &Template| nested(template, templates);
    findings.extend(portability::check_passed(
        template,
        &nested,
        &request.regions,
    ));
    let own = Suppressions::of(template).apply(template.source(), findings);
    let mut findings = own.findings;
    findings.sort_by_key(|finding| finding.location.as_ref().map(|location| location.span));
    if request.code {
        findings.extend(pointed_at(request, file, template));
    }
    Checked {
        findings,
        templates: 1,
        suppressed: own.count,
        known: 0,
    }
}

/// Returns the nested templates that were read, each with the logical ID of its stack.
fn nested<'a>(template: &Template, templates: &Templates<'a>) -> Vec<(String, &'a Template)> {
    let references = artifact::references(template, &[]).local.into_iter();
    let nested = references.filter(|reference| reference.row.takes == Takes::Template);
    nested
        .filter_map(|reference| {
            let path = find::beside(template.source().path(), &reference.path);
            Some((reference.owner, *templates.get(path.as_path())?))
        })
        .collect()
}

/// Returns the findings about a file that cannot be parsed.
///
/// A file that was named, or was meant to be a template, must be readable; any other discovered
/// file may contain anything.
fn unreadable(file: &File, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    debug_assert!(has_errors(&findings), "no tree without an error");
    if file.is_named || find::was_meant_as_template(file.source.text()) {
        findings
    } else {
        Vec::new()
    }
}

/// Returns findings about the files that a template refers to.
fn pointed_at(request: &Request, file: &File, template: &Template) -> Vec<Diagnostic> {
    let references = artifact::references(template, &[]);
    let code: BTreeMap<_, _> = file.code.iter().map(|one| (one.path(), one)).collect();
    let (mut found, mut looked) = (Vec::new(), HashSet::new());
    for reference in references.local {
        let path = find::beside(template.source().path(), &reference.path);
        // Many functions may share a folder: its findings are reported once.
        if !looked.insert((path.clone(), reference.row.takes)) {
            continue;
        }
        // Paths are ordered by their components, so the files of a folder are adjacent.
        let from = code.range(path.as_path()..).map(|(_, source)| source);
        for source in from.take_while(|source| source.path().starts_with(&path)) {
            found.extend(match reference.row.takes {
                Takes::Text(kind) => of_document(source, kind, &request.regions),
                _ => portability::check_code(source, &request.regions),
            });
        }
    }
    found
}

fn of_document(source: &Source, kind: Text, regions: &[Region]) -> Vec<Diagnostic> {
    let parsed = kind.parse(source);
    let Some(document) = parsed.template else {
        return parsed.findings;
    };
    let found = portability::check_document(&document, regions);
    Suppressions::of(&document)
        .apply(document.source(), found)
        .findings
}

/// Returns the portable forms of the templates; skips templates that stay unchanged.
///
/// Cost: two passes over each template.
pub fn fix(request: &Request, facts: &Facts) -> Fixes {
    let each: Vec<(&File, &Template, Rewritten)> = facts
        .files
        .par_iter()
        .filter_map(|file| {
            let template = file.parsed.template.as_ref()?;
            Some((file, template, portability::make_portable(template)))
        })
        .collect();
    let mut fixes = Fixes::default();
    for (file, template, done) in each {
        // Aliases are expanded in the text that the edits refer to, which is not the author's text.
        if template.source() != &file.source {
            if !done.edits.is_empty() {
                fixes.aliased.push(file.source.path().to_owned());
            }
            continue;
        }
        fixes.left.extend(left(request, template, &done));
        if !done.edits.is_empty() {
            fixes.fixed.push(Fixed {
                before: file.source.clone(),
                after: edit::apply(file.source.text(), &done.edits),
                changes: done.rewrites.len(),
            });
        }
    }
    fixes
}

/// Returns the literals that violate a rule for a region but stay, with the reasons.
fn left(request: &Request, template: &Template, done: &Rewritten) -> Vec<Left> {
    let source = template.source();
    let found = portability::check_regions(template, &request.regions);
    let found = Suppressions::of(template).apply(source, found).findings;
    let mut lines: BTreeMap<Reason, Vec<usize>> = BTreeMap::new();
    for finding in found.iter().filter(|finding| finding.is_rewritten) {
        let Some(location) = finding.location.as_ref() else {
            continue;
        };
        let is_it = |code: Code, span: Span| code == finding.code && meet(span, location.span);
        let mut changed = done.rewrites.iter();
        if changed.any(|change| is_it(change.rule.code, change.span))
            || finding.is_one_of(&request.ignored)
        {
            continue;
        }
        let mut left = done.left.iter();
        let left = left.find(|left| is_it(left.rule.code, left.span));
        let reason = left.map_or(Reason::NoForm, |left| left.reason);
        let line = source.position(location.span.start).line;
        let lines = lines.entry(reason).or_default();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
        .into_iter()
        .map(|(reason, lines)| Left {
            path: source.path().to_owned(),
            reason,
            lines,
        })
        .collect()
}

/// Returns true if two spans share a byte, or are equal.
fn meet(one: Span, other: Span) -> bool {
    one == other || (one.start < other.end && other.start < one.end)
}

impl Facts {
    /// Returns the findings about files that cannot be read as templates, and so cannot be fixed.
    pub fn broken(&self) -> Vec<Diagnostic> {
        let of_files = self.files.iter().flat_map(|file| {
            let findings = file.parsed.findings.clone();
            match &file.parsed.template {
                None => unreadable(file, findings),
                Some(template) if file.is_named || find::is_template(template) => findings
                    .into_iter()
                    .chain(template.malformed().into_iter().filter(|_| !file.is_named))
                    .filter(|finding| finding.severity == Severity::Error)
                    .collect(),
                Some(_) => Vec::new(),
            }
        });
        self.findings.iter().cloned().chain(of_files).collect()
    }

    /// Returns the facts after the fixes.
    #[must_use]
    pub fn after(&self, fixes: &Fixes) -> Self {
        let mut facts = self.clone();
        let by_path: BTreeMap<_, _> = fixes
            .fixed
            .iter()
            .map(|fix| (fix.before.path(), fix))
            .collect();
        for file in &mut facts.files {
            if let Some(fix) = by_path.get(file.source.path()) {
                let source = Source::new(file.source.path(), fix.after.as_str());
                let code = std::mem::take(&mut file.code);
                *file = File::parse(source, file.is_named);
                file.code = code;
            }
        }
        facts
    }
}

impl Fixes {
    /// Writes the fixes.
    ///
    /// # Errors
    ///
    /// [`WriteError`] for the first file that cannot be written; the files before it are written.
    pub fn apply(&self) -> Result<(), WriteError> {
        for fix in &self.fixed {
            write_atomic(fix.before.path(), fix.after.as_bytes(), Readers::Anybody)?;
        }
        Ok(())
    }
}

impl File {
    /// Returns a file's text as packaged for a region, and its findings.
    ///
    /// Artifacts stay unchanged. The text is `None` if the file cannot be parsed.
    pub fn rewrite(&self, region: &Region) -> (Option<String>, Vec<Diagnostic>) {
        let mut findings = self.parsed.findings.clone();
        let Some(template) = &self.parsed.template else {
            return (None, findings);
        };
        let done = portability::rewrite_template(template, region);
        findings.extend(done.findings);
        let text = edit::apply(template.source().text(), &done.edits);
        (Some(text), findings)
    }
}

#[cfg(test)]
mod tests;
