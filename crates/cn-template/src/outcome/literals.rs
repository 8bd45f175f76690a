//! Replaces literals of other partitions for one region.

use std::ops::Range;

use super::insert::insert_next_to;
use super::suppress::Suppressions;
use super::{Rewrite, Rewritten};
use crate::diag::{Diagnostic, Severity};
use crate::edit::Edit;
use crate::engine::{self, Content, Looked, TextResult};
use crate::look::aim::{Aim, Aims};
use crate::look::lists::Lists;
use crate::look::phrase::Phrase;
use crate::look::shown::{Places, holes_in, shown, token_around};
use crate::partition::Region;
use crate::rules::model::{Hit, Outcome, Spot, To};
use crate::rules::{Rule, cn101_arn, cn102_in_pieces, cn501_code};
use crate::source::{Source, Span};
use crate::tree::Change;

/// Rewrites the text for each region of a look.
///
/// * `accepted`: suppressions; suppressed values stay as they are.
pub(crate) fn of_all(
    looked: &Looked<'_>,
    aims: &[Aim<'_>],
    accepted: &Suppressions,
) -> Vec<Rewritten> {
    let source = looked.template.source();
    let mut all: Vec<Rewritten> = aims.iter().map(|_| Rewritten::default()).collect();
    let mut lists = Lists::new(str::to_owned);
    for result in &looked.texts {
        match &result.content {
            Content::Hits { hits, is_code } => {
                let present = hits.iter().fold(Aims::NONE, |all, hit| all.or(hit.aims));
                let places = Places::new(source, &result.phrase);
                for index in present.indices() {
                    if let Aim::Region(region) = aims[index] {
                        let done = &mut all[index];
                        let mut writer = Writer {
                            source,
                            region,
                            accepted,
                            places: &places,
                            lists: &mut lists,
                            done,
                        };
                        let hits = hits.iter().filter(|hit| hit.aims.has(index));
                        writer.text(result, hits.cloned().collect(), *is_code);
                    }
                }
            }
            Content::Document {
                inner,
                is_template,
                aims: present,
            } => {
                let looked = if *is_template {
                    engine::look(inner, aims, *present)
                } else {
                    engine::look_at_document(inner, aims, *present)
                };
                let inner = of_all(&looked, aims, &Suppressions::default());
                for (index, inner) in inner.into_iter().enumerate() {
                    if present.has(index) {
                        lift(source, &result.phrase, accepted, inner, &mut all[index]);
                    }
                }
            }
        }
    }
    let is_accepted = |spot: &&Spot| accepted.has(spot.rule.code.id, spot.span);
    for spot in looked.spots.iter().filter(|spot| !is_accepted(spot)) {
        for index in spot.aims.indices() {
            if aims[index].region().is_some() {
                all[index].restructure(spot);
            }
        }
    }
    all.into_iter().map(Rewritten::sorted).collect()
}

struct Writer<'a, 't> {
    source: &'a Source,
    region: &'a Region,
    accepted: &'a Suppressions,
    places: &'a Places<'a, 't>,
    lists: &'a mut Lists,
    done: &'a mut Rewritten,
}

impl Writer<'_, '_> {
    fn text(&mut self, result: &TextResult<'_>, hits: Vec<Hit>, is_code: bool) {
        let found = hits.into_iter().filter(|hit| {
            let place = self.places.of(&hit.range);
            !self.accepted.has(hit.rule.code.id, place)
        });
        let (replaced, reported): (Vec<Hit>, Vec<Hit>) =
            found.partition(|hit| matches!(hit.outcome, Outcome::Replace(_)));
        for hit in reported {
            self.report(hit);
        }
        let replaced = without_overlaps(replaced);
        if replaced.is_empty() || self.is_among(result, &replaced) {
            return;
        }
        if is_code {
            return self.report_code(result, &replaced);
        }
        self.replace(result, &replaced);
    }

    /// Returns true if the list already contains the changed text, for another partition.
    fn is_among(&mut self, result: &TextResult<'_>, hits: &[Hit]) -> bool {
        if result.siblings.len() < 2 {
            return false;
        }
        let also = hits.iter().find_map(|hit| match &hit.outcome {
            Outcome::Replace(To::Also(text)) => Some(text.clone()),
            _ => None,
        });
        let changed = also.unwrap_or_else(|| self.changed(&result.phrase.text, hits));
        self.lists.count(result.siblings, &changed) > 0
    }

    fn changed(&self, text: &str, hits: &[Hit]) -> String {
        let edits: Vec<Edit> = hits
            .iter()
            .filter_map(|hit| {
                let literal = hit.literal(self.region)?;
                let span = Span::new(hit.range.start, hit.range.end);
                Some(Edit::replace(span, literal))
            })
            .collect();
        crate::edit::apply(text, &edits)
    }

    fn replace(&mut self, result: &TextResult<'_>, hits: &[Hit]) {
        if let [hit] = hits
            && let Outcome::Replace(To::Also(other)) = &hit.outcome
        {
            return self.add_value(result, hit, other);
        }
        let phrase = &result.phrase;
        let changes: Vec<Change> = hits
            .iter()
            .filter_map(|hit| {
                Some(Change {
                    range: hit.range.clone(),
                    text: hit.literal(self.region)?,
                })
            })
            .collect();
        let Some(edits) = phrase.edits(self.source, &changes) else {
            return self.report_pieces(phrase, hits);
        };
        self.done.edits.extend(edits);
        for (token, hits) in by_token(&phrase.text, hits) {
            let before = &phrase.text[token.clone()];
            let inner: Vec<Hit> = hits
                .iter()
                .map(|hit| Hit {
                    range: hit.range.start - token.start..hit.range.end - token.start,
                    ..(*hit).clone()
                })
                .collect();
            let after = self.changed(before, &inner);
            // Prefer to report a rule that changes more than the partition.
            let is_more = |hit: &&&Hit| !is(hit.rule, &cn101_arn::RULE);
            let hit = hits.iter().find(is_more).unwrap_or(&hits[0]);
            let holes = || holes_in(&phrase.holes, &token);
            self.done.rewrites.push(Rewrite {
                rule: hit.rule,
                span: self.places.of(&hit.range),
                before: shown(before, holes()),
                after: shown(&after, holes()),
            });
        }
    }

    /// Adds a second value next to one that has to stay.
    fn add_value(&mut self, result: &TextResult<'_>, hit: &Hit, other: &str) {
        let phrase = &result.phrase;
        let scalar = phrase.locate(&hit.range).map(|part| part.scalar);
        let Some(node) = scalar.filter(|node| node.span == phrase.span) else {
            return self.report_pieces(phrase, std::slice::from_ref(hit));
        };
        self.done
            .edits
            .push(insert_next_to(self.source, node, result.siblings, other));
        self.done.rewrites.push(Rewrite {
            rule: hit.rule,
            span: node.span,
            before: phrase.text.clone(),
            after: format!("{}, {other}", phrase.text),
        });
    }

    fn report(&mut self, hit: Hit) {
        let Outcome::Report {
            severity,
            message,
            help,
        } = hit.outcome
        else {
            return;
        };
        let span = self.places.of(&hit.range);
        self.done.findings.push(
            Diagnostic {
                severity,
                ..Diagnostic::note(hit.rule.code, message)
            }
            .at(self.source, span, "")
            .help(help),
        );
    }

    fn report_code(&mut self, result: &TextResult<'_>, hits: &[Hit]) {
        let (rule, phrase) = (&cn501_code::RULE, &result.phrase);
        let help = if result.is_of_stack {
            cn501_code::IN_PLACE
        } else {
            rule.help
        };
        let partition = self.region.partition();
        for hit in hits {
            let before = word(phrase, hit);
            let message =
                format!("code contains `{before}`, which is not in partition `{partition}`");
            let span = self.places.of(&hit.range);
            self.done.findings.push(
                Diagnostic::warning(rule.code, message)
                    .at(self.source, span, "code is never changed")
                    .help(help),
            );
        }
    }

    fn report_pieces(&mut self, phrase: &Phrase<'_>, hits: &[Hit]) {
        let rule = &cn102_in_pieces::RULE;
        let partition = self.region.partition();
        for hit in hits {
            let before = word(phrase, hit);
            let message = format!(
                "`{before}` does not work in partition `{partition}`, and it is split into pieces"
            );
            self.done.findings.push(
                Diagnostic::error(rule.code, message)
                    .at(self.source, phrase.span, hit.rule.code.title)
                    .help(rule.help),
            );
        }
    }
}

/// Returns the word around a hit, for messages.
fn word(phrase: &Phrase<'_>, hit: &Hit) -> String {
    let token = token_around(&phrase.text, &hit.range);
    shown(&phrase.text[token.clone()], holes_in(&phrase.holes, &token))
}

fn is(rule: &Rule, other: &Rule) -> bool {
    rule.code == other.code
}

/// Adds the results for a document inside a string to the results of the outer text.
fn lift(
    source: &Source,
    phrase: &Phrase<'_>,
    accepted: &Suppressions,
    mut inner: Rewritten,
    done: &mut Rewritten,
) {
    let places = Places::new(source, phrase);
    let outer = |span: Span| places.of(&span.into());
    inner.drop(|rewrite| accepted.has(rewrite.rule.code.id, outer(rewrite.span)));
    let changes: Vec<Change> = inner.edits.into_iter().map(change_of).collect();
    match phrase.edits(source, &changes) {
        Some(edits) => {
            done.edits.extend(edits);
            for rewrite in inner.rewrites {
                let span = outer(rewrite.span);
                done.rewrites.push(Rewrite { span, ..rewrite });
            }
        }
        None => done.findings.push(
            Diagnostic::error(
                cn102_in_pieces::RULE.code,
                "a document in a string does not work in the partition, and it is built from pieces",
            )
            .at(source, phrase.span, "the pieces cannot be changed separately")
            .help("write the document in one `Fn::Sub`, with `${AWS::Partition}` and `${AWS::URLSuffix}`"),
        ),
    }
    for finding in inner.findings {
        let span = match &finding.location {
            Some(location) => outer(location.span),
            None => phrase.span,
        };
        let label = finding.label.clone();
        done.findings.push(finding.at(source, span, label));
    }
}

/// Groups hits by the word that contains them.
fn by_token<'h>(text: &str, hits: &'h [Hit]) -> Vec<(Range<usize>, Vec<&'h Hit>)> {
    let mut found: Vec<(Range<usize>, Vec<&'h Hit>)> = Vec::new();
    for hit in hits {
        if let Some((word, hits)) = found.last_mut()
            && word.start <= hit.range.start
            && hit.range.end <= word.end
        {
            hits.push(hit);
            continue;
        }
        found.push((token_around(text, &hit.range), vec![hit]));
    }
    found
}

/// Drops the hits that overlap an earlier one.
pub(crate) fn without_overlaps(hits: Vec<Hit>) -> Vec<Hit> {
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
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

pub(crate) fn change_of(edit: Edit) -> Change {
    Change {
        range: edit.span.into(),
        text: edit.text,
    }
}

/// Severity, in a check, of a literal that a rewrite replaces.
pub(crate) const REWRITABLE: Severity = Severity::Warning;
