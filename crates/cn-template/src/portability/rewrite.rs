//! Values to edits.

use std::collections::BTreeSet;
use std::ops::Range;

use super::condition::Conditions;
use super::matches::{Aim, Match, Outcome, To};
use super::phrase::{self, Phrase};
use super::place::{Place, Section, Treatment};
use super::rule::{self, code};
use super::scene::Scene;
use super::suppress::Suppressions;
use super::walk::{self, Site};
use super::{DocumentKind, Rewrite, Rewritten, Target, features, uses};
use crate::diag::{Diagnostic, Severity};
use crate::edit::Edit;
use crate::source::{Source, Span};
use crate::tree::{Change, Kind, Node, Style, Template, locate, quoted};

/// * `accepted`: what the author wants to stay as it is.
pub(super) fn template(template: &Template, target: &Target, accepted: &Suppressions) -> Rewritten {
    if template.root().get("Resources").is_none() {
        return document(template, DocumentKind::Snippet, target, accepted);
    }
    let mut rewriter = Rewriter::new(template.source(), target, accepted);
    rewriter.of_principals = uses::of_principals(template);
    let conditions = Conditions::of(template, target);
    walk::template(
        template,
        Aim::Region(&target.region),
        &conditions,
        &mut |site| rewriter.site(&site),
    );
    features::rewrite(template, target, &conditions, &mut rewriter.done);
    rewriter.finish()
}

pub(super) fn document(
    document: &Template,
    _kind: DocumentKind,
    target: &Target,
    accepted: &Suppressions,
) -> Rewritten {
    let mut rewriter = Rewriter::new(document.source(), target, accepted);
    walk::document(document, Aim::Region(&target.region), &mut |site| {
        rewriter.site(&site);
    });
    rewriter.finish()
}

struct Rewriter<'a> {
    source: &'a Source,
    target: &'a Target,
    accepted: &'a Suppressions,
    /// Parameters and mappings whose values become service principals.
    of_principals: BTreeSet<&'a str>,
    done: Rewritten,
}

impl<'a> Rewriter<'a> {
    fn new(source: &'a Source, target: &'a Target, accepted: &'a Suppressions) -> Self {
        Self {
            source,
            target,
            accepted,
            of_principals: BTreeSet::new(),
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
            .findings
            .sort_by_key(|finding| finding.location.as_ref().map(|location| location.span));
        self.done
    }

    fn site(&mut self, site: &Site<'_, '_>) {
        let treatment = site.place.treatment();
        if treatment == Treatment::Prose || !is_of_interest(&site.phrase.text) {
            return;
        }
        if self.nested(&site.phrase, treatment) {
            return;
        }
        let scene = Scene {
            place: site.place,
            treatment,
            text: &site.phrase.text,
            aim: Aim::Region(&self.target.region),
            siblings: site.siblings,
            serves_principals: self.serves_principals(site.place),
        };
        let found = scene.matches().into_iter().filter(|hit| {
            let place = self.place_of(&site.phrase, &hit.range);
            !self.accepted.has(hit.rule.code.id, place)
        });
        let (replaced, reported): (Vec<Match>, Vec<Match>) =
            found.partition(|hit| matches!(hit.outcome, Outcome::Replace(_)));
        for hit in reported {
            self.report(&site.phrase, hit);
        }
        let replaced = without_overlaps(replaced);
        if replaced.is_empty() || self.is_among(site, &replaced) {
            return;
        }
        if is_code(site.place, &site.phrase.text, treatment) {
            return self.report_code(&site.phrase, &replaced);
        }
        self.apply(site, &replaced);
    }

    /// Whether the value is one that a parameter or mapping lends to a principal.
    fn serves_principals(&self, place: &Place<'_>) -> bool {
        matches!(place.section, Section::Parameters | Section::Mappings)
            && place
                .path
                .first()
                .is_some_and(|name| self.of_principals.contains(name))
    }

    /// Whether the list already holds what the text would become: it is written for both partitions.
    fn is_among(&self, site: &Site<'_, '_>, hits: &[Match]) -> bool {
        if site.siblings.len() < 2 {
            return false;
        }
        let also = hits.iter().find_map(|hit| match &hit.outcome {
            Outcome::Replace(To::Also(text)) => Some(text.clone()),
            _ => None,
        });
        let changed = also.unwrap_or_else(|| self.changed(&site.phrase.text, hits));
        site.siblings
            .iter()
            .filter_map(Phrase::of)
            .any(|sibling| sibling.text == changed)
    }

    fn changed(&self, text: &str, hits: &[Match]) -> String {
        let edits: Vec<Edit> = hits
            .iter()
            .filter_map(|hit| {
                let literal = hit.literal(&self.target.region)?;
                Some(Edit::replace(
                    Span::new(hit.range.start, hit.range.end),
                    literal,
                ))
            })
            .collect();
        crate::edit::apply(text, &edits)
    }

    fn apply(&mut self, site: &Site<'_, '_>, hits: &[Match]) {
        if let [hit] = hits
            && let Outcome::Replace(To::Also(other)) = &hit.outcome
        {
            return self.add_beside(site, hit, other);
        }
        let phrase = &site.phrase;
        let changes: Vec<Change> = hits
            .iter()
            .filter_map(|hit| {
                Some(Change {
                    range: hit.range.clone(),
                    text: hit.literal(&self.target.region)?,
                })
            })
            .collect();
        let Some(edits) = phrase.edits(self.source, &changes) else {
            return self.report_pieces(phrase, hits);
        };
        self.done.edits.extend(edits);
        for (token, hits) in by_token(&phrase.text, hits) {
            let before = &phrase.text[token.clone()];
            let inner: Vec<Match> = hits
                .iter()
                .map(|hit| Match {
                    range: hit.range.start - token.start..hit.range.end - token.start,
                    ..(*hit).clone()
                })
                .collect();
            let after = self.changed(before, &inner);
            // What differs beside the partition is worth more words.
            let hit = hits
                .iter()
                .find(|hit| hit.rule.code != code::ARN)
                .unwrap_or(&hits[0]);
            self.done.rewrites.push(Rewrite {
                rule: hit.rule.code.id,
                reason: hit.rule.reason,
                span: self.place_of(phrase, &hit.range),
                before: shown(before),
                after: shown(&after),
            });
        }
    }

    /// Puts a second value beside one that has to stay.
    fn add_beside(&mut self, site: &Site<'_, '_>, hit: &Match, other: &str) {
        let Some(node) = site
            .phrase
            .written(&hit.range)
            .map(|written| written.scalar)
        else {
            return self.report_pieces(&site.phrase, std::slice::from_ref(hit));
        };
        if node.span != site.phrase.span {
            return self.report_pieces(&site.phrase, std::slice::from_ref(hit));
        }
        self.done
            .edits
            .push(beside(self.source, node, site.siblings, other));
        self.done.rewrites.push(Rewrite {
            rule: hit.rule.code.id,
            reason: hit.rule.reason,
            span: node.span,
            before: site.phrase.text.clone(),
            after: format!("{}, {other}", site.phrase.text),
        });
    }

    fn report(&mut self, phrase: &Phrase<'_>, hit: Match) {
        let Outcome::Report {
            severity,
            message,
            help,
        } = hit.outcome
        else {
            return;
        };
        let span = self.place_of(phrase, &hit.range);
        self.done.findings.push(
            Diagnostic {
                severity,
                ..Diagnostic::note(hit.rule.code, message)
            }
            .at(self.source, span, "")
            .help(help),
        );
    }

    fn report_code(&mut self, phrase: &Phrase<'_>, hits: &[Match]) {
        for hit in hits {
            let token = token_around(&phrase.text, &hit.range);
            let before = shown(&phrase.text[token]);
            self.done.findings.push(
                Diagnostic::warning(
                    code::CODE,
                    format!("code names `{before}`, which is not in partition `{}`", self.target.region.partition()),
                )
                .at(self.source, self.place_of(phrase, &hit.range), "code is never changed")
                .help("pass `AWS::Partition` and `AWS::URLSuffix` in as environment variables, or ask at run time: the second field of any ARN is the partition"),
            );
        }
    }

    fn report_pieces(&mut self, phrase: &Phrase<'_>, hits: &[Match]) {
        let partition = self.target.region.partition();
        for hit in hits {
            let token = token_around(&phrase.text, &hit.range);
            let before = shown(&phrase.text[token]);
            self.done.findings.push(
                Diagnostic::error(code::IN_PIECES, format!("`{before}` is cut into pieces and does not fit partition `{partition}`"))
                    .at(self.source, phrase.span, rule::of(hit.rule.code).code.title)
                    .help("write it in one piece, with `${AWS::Partition}` and `${AWS::URLSuffix}` in `Fn::Sub`"),
            );
        }
    }

    /// The bytes of the source that say a part of a phrase.
    fn place_of(&self, phrase: &Phrase<'_>, range: &Range<usize>) -> Span {
        place_of(self.source, phrase, range)
    }

    /// Rewrites a document in a string; tells whether the text is one.
    fn nested(&mut self, phrase: &Phrase<'_>, treatment: Treatment) -> bool {
        let Some((inner, is_template)) = parse_nested(self.source, phrase, treatment) else {
            return false;
        };
        let rewritten = if is_template {
            template(&inner, self.target, &Suppressions::default())
        } else {
            let kind = DocumentKind::Data;
            document(&inner, kind, self.target, &Suppressions::default())
        };
        self.lift(phrase, rewritten);
        true
    }

    /// Takes over what was found in a document that stands in a string.
    fn lift(&mut self, phrase: &Phrase<'_>, mut inner: Rewritten) {
        inner.leave(|rewrite| {
            let place = self.place_of(phrase, &rewrite.span.into());
            self.accepted.has(rewrite.rule, place)
        });
        let changes: Vec<Change> = inner.edits.into_iter().map(change_of).collect();
        match phrase.edits(self.source, &changes) {
            Some(edits) => {
                self.done.edits.extend(edits);
                for rewrite in inner.rewrites {
                    let span = self.place_of(phrase, &rewrite.span.into());
                    self.done.rewrites.push(Rewrite { span, ..rewrite });
                }
            }
            None => self.done.findings.push(
                Diagnostic::error(code::IN_PIECES, "a document in a string does not fit the partition, and it is built from pieces")
                    .at(self.source, phrase.span, "the pieces cannot be changed one by one")
                    .help("write the document in one `Fn::Sub`, with `${AWS::Partition}` and `${AWS::URLSuffix}`"),
            ),
        }
        for finding in inner.findings {
            let span = match &finding.location {
                Some(location) => self.place_of(phrase, &location.span.into()),
                None => phrase.span,
            };
            let label = finding.label.clone();
            self.done
                .findings
                .push(finding.at(self.source, span, label));
        }
    }
}

/// The bytes of the source that say a part of a phrase.
pub(super) fn place_of(source: &Source, phrase: &Phrase<'_>, range: &Range<usize>) -> Span {
    let Some(written) = phrase.written(range) else {
        return phrase.span;
    };
    let span = written.scalar.span;
    match &written.scalar.kind {
        Kind::Scalar(scalar) => locate(source, span, scalar, &written.range),
        _ => span,
    }
}

/// The document that a string holds, and whether it is a template.
pub(super) fn parse_nested(
    source: &Source,
    phrase: &Phrase<'_>,
    treatment: Treatment,
) -> Option<(Template, bool)> {
    let is_template = treatment == Treatment::Template;
    let text = phrase.text.trim_start();
    let is_reference = text.starts_with("{{");
    let looks_like_one = text.starts_with(['{', '[']) && text.contains(['"', ':']) && !is_reference;
    if treatment == Treatment::Code
        || treatment == Treatment::Pattern
        || !(is_template || looks_like_one)
    {
        return None;
    }
    let inner_source = Source::new(source.path(), phrase.text.clone());
    let inner = Template::parse_document(&inner_source).template?;
    let is_structure = inner.root().is_mapping() || !inner.root().items().is_empty();
    (is_structure && inner.source() == &inner_source).then_some((inner, is_template))
}

/// The edit that puts a second value beside a scalar: in its list, or in a list of both.
fn beside(source: &Source, node: &Node, siblings: &[Node], other: &str) -> Edit {
    let raw = source.slice(node.span);
    let is_quoted =
        matches!(&node.kind, Kind::Scalar(scalar) if scalar.style == Style::DoubleQuoted);
    let other = if is_quoted {
        quoted(other)
    } else {
        other.to_owned()
    };
    if siblings.is_empty() {
        return Edit::replace(node.span, format!("[{raw}, {other}]"));
    }
    // At the end, so that the items before keep their places.
    let node = siblings.last().unwrap_or(node);
    let text = source.text();
    let line_start = text[..node.span.start].rfind('\n').map_or(0, |at| at + 1);
    let lead = &text[line_start..node.span.start];
    if lead.trim() == "-" {
        let line_end =
            if source.line_at(node.span.start).len() < text.len() && text.contains("\r\n") {
                "\r\n"
            } else {
                "\n"
            };
        return Edit::insert(node.span.end, format!("{line_end}{lead}{other}"));
    }
    Edit::insert(node.span.end, format!(", {other}"))
}

/// The hits, gathered by the word they stand in.
fn by_token<'h>(text: &str, hits: &'h [Match]) -> Vec<(Range<usize>, Vec<&'h Match>)> {
    let mut found: Vec<(Range<usize>, Vec<&'h Match>)> = Vec::new();
    for hit in hits {
        let token = token_around(text, &hit.range);
        match found.last_mut() {
            Some((word, hits)) if *word == token => hits.push(hit),
            _ => found.push((token, vec![hit])),
        }
    }
    found
}

/// The hits, without those that overlap one before them.
pub(super) fn without_overlaps(hits: Vec<Match>) -> Vec<Match> {
    let mut kept: Vec<Match> = Vec::with_capacity(hits.len());
    for hit in hits {
        if kept
            .last()
            .is_none_or(|last| last.range.end <= hit.range.start)
        {
            kept.push(hit);
        }
    }
    kept
}

/// Whether a text can hold anything that differs between partitions.
pub(super) fn is_of_interest(text: &str) -> bool {
    // Regions, zones and bare policy names are short; all else has one of these in it.
    text.len() <= 80
        || [
            "arn", "aws", "amazon", "docker", "gcr", "quay", "github", "pypi", "npmjs", "ghcr",
            "k8s",
        ]
        .iter()
        .any(|word| text.contains(word))
}

/// Whether a text is a program by its place, or by its look where the place does not tell.
pub(super) fn is_code(place: &Place<'_>, text: &str, treatment: Treatment) -> bool {
    match treatment {
        Treatment::Code => true,
        Treatment::Argument => text.contains(char::is_whitespace),
        _ => place.section != Section::Outputs && text.trim().contains('\n'),
    }
}

fn change_of(edit: Edit) -> Change {
    Change {
        range: edit.span.into(),
        text: edit.text,
    }
}

/// The word of the text that holds a range: what people see as the ARN or the address.
pub(super) fn token_around(text: &str, range: &Range<usize>) -> Range<usize> {
    let ends = |character: char| character.is_whitespace() || "\"'`,;".contains(character);
    let start = text[..range.start].rfind(ends).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let end = text[range.end..]
        .find(ends)
        .map_or(text.len(), |at| range.end + at);
    start..end
}

/// A phrase's text with its marks written out for people.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            phrase::PARTITION => out.push_str("${AWS::Partition}"),
            phrase::REGION => out.push_str("${AWS::Region}"),
            phrase::SUFFIX => out.push_str("${AWS::URLSuffix}"),
            phrase::ACCOUNT => out.push_str("${AWS::AccountId}"),
            phrase::HOLE => out.push_str("${...}"),
            other => out.push(other),
        }
    }
    out
}

/// How bad it is that a literal does not fit, seen by someone who checks.
pub(super) const REWRITABLE: Severity = Severity::Warning;
