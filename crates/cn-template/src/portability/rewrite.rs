//! Values to edits.

use super::arn::partition_fields;
use super::condition::Conditions;
use super::phrase::{HOLE, Phrase, is_mark};
use super::place::Treatment;
use super::rule::{self, Rule, code};
use super::walk::{self, Site};
use super::{DocumentKind, Rewrite, Rewritten, Target};
use crate::diag::Diagnostic;
use crate::edit::Edit;
use crate::source::{Source, Span};
use crate::tree::{Change, Template};

pub(super) fn template(template: &Template, target: &Target) -> Rewritten {
    let mut rewriter = Rewriter::new(template.source(), target);
    let conditions = Conditions::of(template, target);
    walk::template(template, target, &conditions, &mut |site| {
        rewriter.site(&site);
    });
    rewriter.finish()
}

pub(super) fn document(document: &Template, _kind: DocumentKind, target: &Target) -> Rewritten {
    let mut rewriter = Rewriter::new(document.source(), target);
    walk::document(document, target, &mut |site| rewriter.site(&site));
    rewriter.finish()
}

/// A literal in a text that does not fit the target.
struct Hit {
    rule: &'static Rule,
    change: Change,
}

struct Rewriter<'a> {
    source: &'a Source,
    target: &'a Target,
    done: Rewritten,
}

impl<'a> Rewriter<'a> {
    fn new(source: &'a Source, target: &'a Target) -> Self {
        Self {
            source,
            target,
            done: Rewritten {
                edits: Vec::new(),
                rewrites: Vec::new(),
                findings: Vec::new(),
            },
        }
    }

    fn finish(mut self) -> Rewritten {
        self.done.edits.sort();
        self.done.rewrites.sort_by_key(|rewrite| rewrite.span);
        self.done
    }

    fn site(&mut self, site: &Site<'_, '_>) {
        if !is_of_interest(&site.phrase.text) {
            return;
        }
        let treatment = site.place.treatment();
        if treatment == Treatment::Prose {
            return;
        }
        if self.nested(&site.phrase, treatment) {
            return;
        }
        let hits = self.hits(site, treatment);
        if hits.is_empty() || is_among(site, &hits) {
            return;
        }
        if is_code(&site.phrase.text, treatment) {
            return self.report(&site.phrase, &hits, "code is never changed by this tool");
        }
        self.apply(&site.phrase, &hits);
    }

    /// What in a text does not fit the target.
    fn hits(&self, site: &Site<'_, '_>, treatment: Treatment) -> Vec<Hit> {
        let text = &site.phrase.text;
        let partition = self.target.region.partition();
        let fields = partition_fields(text);
        // A pattern that has an alternative for the target already serves it.
        if treatment == Treatment::Pattern
            && fields.iter().any(|field| field.partition == partition)
        {
            return Vec::new();
        }
        fields
            .into_iter()
            .filter(|field| field.partition != partition)
            .map(|field| Hit {
                rule: rule::of(code::ARN),
                change: Change {
                    range: field.range,
                    text: partition.id().to_owned(),
                },
            })
            .collect()
    }

    fn apply(&mut self, phrase: &Phrase<'_>, hits: &[Hit]) {
        let changes: Vec<Change> = hits.iter().map(|hit| hit.change.clone()).collect();
        let Some(edits) = phrase.edits(self.source, &changes) else {
            return self.report(phrase, hits, "the ARN is cut into pieces here");
        };
        self.done.edits.extend(edits);
        for hit in hits {
            let line = line_around(&phrase.text, hit.change.range.start);
            let start = hit.change.range.start - line.start;
            let before = &phrase.text[line.clone()];
            let change = Change {
                range: start..start + hit.change.range.len(),
                text: hit.change.text.clone(),
            };
            self.done.rewrites.push(Rewrite {
                rule: hit.rule.code.id,
                reason: hit.rule.reason,
                span: phrase.span,
                before: shown(before),
                after: shown(&changed(before, std::iter::once(&change))),
            });
        }
    }

    fn report(&mut self, phrase: &Phrase<'_>, hits: &[Hit], label: &str) {
        let hit = &hits[0];
        let line = line_around(&phrase.text, hit.change.range.start);
        let partition = self.target.region.partition();
        self.done.findings.push(
            Diagnostic::warning(
                code::ARN_BY_HAND,
                format!(
                    "`{}` does not belong to partition `{partition}`",
                    shown(phrase.text[line].trim())
                ),
            )
            .at(self.source, phrase.span, label)
            .help("derive the partition at run time, or pass it in: `AWS::Partition` gives it"),
        );
    }

    /// Rewrites a document in a string; tells whether the text is one.
    fn nested(&mut self, phrase: &Phrase<'_>, treatment: Treatment) -> bool {
        if treatment == Treatment::Code {
            return false;
        }
        let is_template = treatment == Treatment::Template;
        let text = phrase.text.trim_start();
        let looks_like_one = text.starts_with(['{', '[']) && text.contains(['"', ':']);
        if !is_template && !looks_like_one {
            return false;
        }
        let inner_source = Source::new(self.source.path(), phrase.text.clone());
        let Some(inner) = Template::parse_document(&inner_source).template else {
            return false;
        };
        let is_structure = inner.root().is_mapping() || !inner.root().items().is_empty();
        if !is_structure || inner.source() != &inner_source {
            return false;
        }
        let rewritten = if is_template {
            template(&inner, self.target)
        } else {
            document(&inner, DocumentKind::Data, self.target)
        };
        self.lift(phrase, rewritten);
        true
    }

    /// Takes over what was found in a document that stands in a string.
    fn lift(&mut self, phrase: &Phrase<'_>, inner: Rewritten) {
        let changes: Vec<Change> = inner.edits.into_iter().map(change_of).collect();
        match phrase.edits(self.source, &changes) {
            Some(edits) => {
                self.done.edits.extend(edits);
                self.done
                    .rewrites
                    .extend(inner.rewrites.into_iter().map(|rewrite| Rewrite {
                        span: phrase.span,
                        ..rewrite
                    }));
            }
            None => self.done.findings.push(
                Diagnostic::warning(
                    code::ARN_BY_HAND,
                    "a document in a string names another partition",
                )
                .at(
                    self.source,
                    phrase.span,
                    "it is built from pieces that cannot be changed one by one",
                ),
            ),
        }
        for finding in inner.findings {
            let label = finding.label.clone();
            self.done
                .findings
                .push(finding.at(self.source, phrase.span, label));
        }
    }
}

/// Whether the list already holds what the text would become: it is written for both partitions.
fn is_among(site: &Site<'_, '_>, hits: &[Hit]) -> bool {
    if site.siblings.len() < 2 {
        return false;
    }
    let changed = changed(&site.phrase.text, hits.iter().map(|hit| &hit.change));
    site.siblings
        .iter()
        .filter_map(Phrase::of)
        .any(|sibling| sibling.text == changed)
}

/// Whether a text can hold anything that differs between partitions.
fn is_of_interest(text: &str) -> bool {
    text.contains("arn")
}

/// Whether a text is a program by its place, or by its look where the place does not tell.
fn is_code(text: &str, treatment: Treatment) -> bool {
    match treatment {
        Treatment::Code => true,
        Treatment::Argument => text.contains(char::is_whitespace),
        _ => text.trim().contains('\n'),
    }
}

fn change_of(edit: Edit) -> Change {
    Change {
        range: edit.span.into(),
        text: edit.text,
    }
}

fn changed<'a>(text: &str, changes: impl Iterator<Item = &'a Change>) -> String {
    let edits: Vec<Edit> = changes
        .map(|change| {
            Edit::replace(
                Span::new(change.range.start, change.range.end),
                change.text.clone(),
            )
        })
        .collect();
    crate::edit::apply(text, &edits)
}

/// The bytes of the line that holds a byte.
fn line_around(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    start..end
}

/// A phrase's text with its marks written out for people.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            super::phrase::PARTITION => out.push_str("${AWS::Partition}"),
            super::phrase::REGION => out.push_str("${AWS::Region}"),
            super::phrase::SUFFIX => out.push_str("${AWS::URLSuffix}"),
            super::phrase::ACCOUNT => out.push_str("${AWS::AccountId}"),
            HOLE => out.push_str("${...}"),
            other => out.push(other),
        }
    }
    debug_assert!(!out.contains(is_mark), "every mark is written out");
    out
}
