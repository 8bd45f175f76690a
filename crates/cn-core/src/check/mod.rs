//! Checking templates for regions, offline.
//!
//! [`read`] gathers templates and the files they point at, [`check`] decides
//! what to say about them, [`fix`] what could be written instead, and
//! [`apply`] writes it. No credentials and no network take part.

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
    /// By file, then by place.
    pub findings: Vec<Diagnostic>,
    /// The number of templates.
    pub templates: usize,
    /// The number of suppressed findings.
    pub suppressed: usize,
    /// The number of findings that a baseline records.
    pub known: usize,
}

/// A template that could be written in portable form.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The file as it is.
    pub before: Source,
    /// The text as it would be.
    pub after: String,
    /// The number of literals that would change.
    pub changes: usize,
}

/// The edits that [`fix`] decided on.
#[derive(Clone, Debug, Default)]
pub struct Fixes {
    /// The templates that change.
    pub fixed: Vec<Fixed>,
    /// Templates with literals that stay, because aliases or merge keys stand for parts of them.
    pub aliased: Vec<Utf8PathBuf>,
    /// Literals of other templates that stay, by file and reason.
    pub left: Vec<Left>,
}

/// Literals of a template that [`fix`] leaves as they are, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The template.
    pub path: Utf8PathBuf,
    /// The reason.
    pub reason: Reason,
    /// The lines of the literals, from 1, in order.
    pub lines: Vec<usize>,
}

/// Checks the templates.
///
/// Cost: one look at each template for all regions; files are checked in parallel.
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

/// The templates at hand, by their files.
type Templates<'a> = HashMap<&'a Utf8Path, &'a Template>;

fn of_file(request: &Request, file: &File, templates: &Templates<'_>) -> Checked {
    // A discovered file may be a document of another kind; a named file may not.
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

/// The nested templates of a template that are at hand, each with the logical ID of its stack.
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

/// A file that was named, or was meant to be a template, has to be readable; any
/// other that was come across may be anything.
fn unreadable(file: &File, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    debug_assert!(has_errors(&findings), "no tree without an error");
    if file.is_named || find::was_meant_as_template(file.source.text()) {
        findings
    } else {
        Vec::new()
    }
}

/// Findings about the files that a template points at.
fn pointed_at(request: &Request, file: &File, template: &Template) -> Vec<Diagnostic> {
    let references = artifact::references(template, &[]);
    let code: BTreeMap<_, _> = file.code.iter().map(|one| (one.path(), one)).collect();
    let (mut found, mut looked) = (Vec::new(), HashSet::new());
    for reference in references.local {
        let path = find::beside(template.source().path(), &reference.path);
        // Many functions may have one folder: what it holds is said once.
        if !looked.insert((path.clone(), reference.row.takes)) {
            continue;
        }
        // Paths are ordered by their parts: those of a folder stand together.
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

/// Says what the templates would be in portable form; those that stay are left out.
///
/// Cost: two looks at each template.
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
        // Aliases are written out in the text that the edits are for: that is not the author's.
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

/// Returns the literals that a region needs changed and that stay, with the reasons.
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

/// Returns true if two spans have a byte in common, or are one place.
fn meet(one: Span, other: Span) -> bool {
    one == other || (one.start < other.end && other.start < one.end)
}

/// Finds the files that cannot be read as templates: what is written instead of them does not exist.
pub fn broken(facts: &Facts) -> Vec<Diagnostic> {
    let of_files = facts.files.iter().flat_map(|file| {
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
    facts.findings.iter().cloned().chain(of_files).collect()
}

/// The facts after the fixes.
pub fn after(facts: &Facts, fixed: &[Fixed]) -> Facts {
    let mut facts = facts.clone();
    let fixed: BTreeMap<_, _> = fixed.iter().map(|fix| (fix.before.path(), fix)).collect();
    for file in &mut facts.files {
        if let Some(fix) = fixed.get(file.source.path()) {
            let source = Source::new(file.source.path(), fix.after.as_str());
            let code = std::mem::take(&mut file.code);
            *file = File::parse(source, file.is_named);
            file.code = code;
        }
    }
    facts
}

/// Writes the fixes.
///
/// # Errors
///
/// [`WriteError`] for the first file that cannot be written; those before it are.
pub fn apply(fixed: &[Fixed]) -> Result<(), WriteError> {
    for fix in fixed {
        write_atomic(fix.before.path(), fix.after.as_bytes(), Readers::Anybody)?;
    }
    Ok(())
}

/// The text of a file as it would be packaged for a region, artifacts left alone, and what is
/// wrong with it; no text for a file that cannot be parsed.
pub fn rewrite(file: &File, region: &Region) -> (Option<String>, Vec<Diagnostic>) {
    let mut findings = file.parsed.findings.clone();
    let Some(template) = &file.parsed.template else {
        return (None, findings);
    };
    let done = portability::rewrite_template(template, region);
    findings.extend(done.findings);
    let text = edit::apply(template.source().text(), &done.edits);
    (Some(text), findings)
}

#[cfg(test)]
mod tests;
