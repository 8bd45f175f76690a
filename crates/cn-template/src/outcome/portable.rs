//! Rewrites a template to work in every partition.
//!
//! Literals become pseudo parameters if a function is allowed there and the result means the same
//! in the partition that the template was written for. Values guarded by a condition on the
//! partition stay as they are: their author has already handled them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::literals::{change_of, without_overlaps};
use super::part::{Lookup, Part};
use super::suppress::Suppressions;
use super::{Left, Reason, Rewrite, Rewritten};
use crate::china::Row;
use crate::edit::Edit;
use crate::engine::{self, Content, Looked, TextResult};
use crate::look::aim::{Aim, Aims};
use crate::look::lists::Lists;
use crate::look::phrase::{Holder, Phrase};
use crate::look::place::{Section, Treatment};
use crate::look::shown::{Places, holes_in, shown, token_around};
use crate::partition::Partition;
use crate::rules::model::{Hit, Outcome, SpotOutcome, To};
use crate::section::mapping;
use crate::source::{Source, Span};
use crate::tree::{Change, Format, Kind, Node, Template, quoted};

/// Makes a template portable, from a look with [`Aim::Portable`] as its only aim.
pub(crate) fn of(looked: &Looked<'_>) -> Rewritten {
    let mut fixer = Fixer::new(looked.template, false);
    fixer.all(looked);
    fixer.finish()
}

struct Fixer<'a> {
    template: &'a Template,
    source: &'a Source,
    format: Format,
    /// True for a text inside a `Fn::Sub`, where `${...}` works as it is.
    in_text: bool,
    /// Parameters and resources: a `${...}` in a plain text probably means one of these names.
    names: BTreeSet<&'a str>,
    /// The author's suppressions.
    accepted: Suppressions,
    /// The mappings that can hold the rows requested so far, by the keys of the rows.
    mappings: BTreeMap<&'static str, Option<String>>,
    /// The rows that the edits need, by mapping.
    rows: BTreeMap<String, BTreeMap<&'static str, &'static Row>>,
    /// The lists read so far, with their texts in the form of one partition.
    lists: Lists,
    done: Rewritten,
}

impl<'a> Fixer<'a> {
    fn new(template: &'a Template, in_text: bool) -> Self {
        let parameters = template.parameters().map(|parameter| parameter.name);
        let resources = template.resources().map(|resource| resource.logical_id);
        Self {
            template,
            source: template.source(),
            format: template.format(),
            in_text,
            names: parameters.chain(resources).collect(),
            accepted: Suppressions::of(template),
            mappings: BTreeMap::new(),
            rows: BTreeMap::new(),
            lists: Lists::new(neutral),
            done: Rewritten::default(),
        }
    }

    fn all(&mut self, looked: &Looked<'_>) {
        for result in &looked.texts {
            self.visit(result);
        }
        let mut needed: Vec<&Edit> = Vec::new();
        for spot in &looked.spots {
            let SpotOutcome::Restructure { needs, .. } = &spot.outcome else {
                continue;
            };
            if self.accepted.has(spot.rule.code.id, spot.span) {
                continue;
            }
            self.done.restructure(spot);
            if let Some(edit) = needs.as_ref().filter(|edit| !needed.contains(edit)) {
                needed.push(edit);
            }
        }
        self.done.edits.extend(needed.into_iter().cloned());
    }

    fn finish(mut self) -> Rewritten {
        for (name, rows) in &self.rows {
            let rows: Vec<&Row> = rows.values().copied().collect();
            let edits = mapping::mapping(self.template, name, &rows);
            self.done.edits.extend(edits.into_iter().flatten());
        }
        self.done.sorted()
    }

    fn visit(&mut self, result: &TextResult<'_>) {
        let may_hold_functions = matches!(
            result.section,
            Section::Resource | Section::Globals | Section::Outputs | Section::Conditions
        ) && !result.is_key;
        let takes_functions =
            result.treatment == Treatment::Pattern || may_hold_functions || self.in_text;
        match &result.content {
            Content::Hits { hits, .. } if !takes_functions => {
                self.leave(result, hits, Reason::NoFunction);
            }
            Content::Hits {
                hits,
                is_code: true,
            } => self.leave(result, hits, Reason::Code),
            Content::Hits { hits, .. } => {
                if self.lists.count(result.siblings, &result.phrase.text) > 1 {
                    self.leave(result, hits, Reason::Sibling);
                } else {
                    self.text(result, hits);
                }
            }
            Content::Document { .. } if !takes_functions => {}
            Content::Document {
                inner, is_template, ..
            } => self.nested(result, inner, *is_template),
        }
    }

    fn text(&mut self, result: &TextResult<'_>, hits: &[Hit]) {
        let places = Places::new(self.source, &result.phrase);
        let is_portable =
            |hit: &&Hit| matches!(&hit.outcome, Outcome::Replace(to) if to.portable().is_some());
        let (hits, without_form): (Vec<&Hit>, Vec<&Hit>) = hits.iter().partition(is_portable);
        self.leave(result, without_form, Reason::NoForm);
        let accepted = &self.accepted;
        let is_open = |hit: &&Hit| !accepted.has(hit.rule.code.id, places.of(&hit.range));
        let hits = hits.into_iter().filter(is_open).cloned().collect();
        let hits = without_overlaps(hits);
        let (hits, without_mapping): (Vec<Hit>, Vec<Hit>) =
            hits.into_iter().partition(|hit| self.has_mapping(hit));
        self.leave(result, &without_mapping, Reason::NoMapping);
        if hits.is_empty() {
            return;
        }
        match self.edits(&result.phrase, result.treatment, &hits) {
            Ok(edits) => {
                self.done.edits.extend(edits);
                self.record(&result.phrase, &places, &hits);
            }
            Err(reason) => self.leave(result, &hits, reason),
        }
    }

    /// Records why literals stay; suppressed literals need no reason.
    fn leave<'h>(
        &mut self,
        result: &TextResult<'_>,
        hits: impl IntoIterator<Item = &'h Hit>,
        reason: Reason,
    ) {
        let places = Places::new(self.source, &result.phrase);
        for hit in hits {
            let (rule, span) = (hit.rule, places.of(&hit.range));
            let is_change = matches!(hit.outcome, Outcome::Replace(_));
            if is_change && !self.accepted.has(rule.code.id, span) {
                self.done.left.push(Left { rule, span, reason });
            }
        }
    }

    /// Returns true if the replacement needs no mapping or a mapping can hold it.
    fn has_mapping(&mut self, hit: &Hit) -> bool {
        let Outcome::Replace(To::Mapped(row)) = &hit.outcome else {
            return true;
        };
        let template = self.template;
        let mapping = self
            .mappings
            .entry(row.key)
            .or_insert_with(|| mapping::mapping_for(template, row));
        // A text inside another has no mappings of its own; `edits` leaves it as it is.
        mapping.is_some() || self.in_text
    }

    /// Returns the edits that write the hits in portable form, or the reason against it.
    fn edits(
        &mut self,
        phrase: &Phrase<'_>,
        treatment: Treatment,
        hits: &[Hit],
    ) -> Result<Vec<Edit>, Reason> {
        let changes: Vec<Change> = hits
            .iter()
            .filter_map(|hit| {
                let Outcome::Replace(to) = &hit.outcome else {
                    return None;
                };
                Some(Change {
                    range: hit.range.clone(),
                    text: to.portable()?,
                })
            })
            .collect();
        let rows: Vec<&'static Row> = hits
            .iter()
            .filter_map(|hit| match &hit.outcome {
                Outcome::Replace(To::Mapped(row)) => Some(*row),
                _ => None,
            })
            .collect();
        if self.in_text && !rows.is_empty() {
            return Err(Reason::NoMapping);
        }
        let mut edits = Vec::new();
        for (node, holder, changes) in phrase.by_scalar(&changes).ok_or(Reason::NoForm)? {
            let Kind::Scalar(scalar) = &node.kind else {
                return Err(Reason::NoForm);
            };
            let is_needed = |row: &&Row| {
                let name = format!("${{{}}}", row.key);
                changes.iter().any(|change| change.text == name)
            };
            let needed = rows.iter().copied().filter(is_needed);
            let needed: Vec<Lookup<'_>> = needed.filter_map(|row| self.lookup(row)).collect();
            let part = Part {
                node,
                scalar,
                changes: &changes,
                rows: &needed,
            };
            edits.extend(match holder {
                _ if self.in_text || treatment == Treatment::Pattern => part.spliced(self.source),
                Holder::SubWithNames if !needed.is_empty() => return Err(Reason::NoName),
                Holder::Sub if !needed.is_empty() => {
                    vec![part.with_names().ok_or(Reason::NoName)?]
                }
                Holder::Sub | Holder::SubWithNames => part.spliced(self.source),
                Holder::Plain => self.plain(&part).ok_or(Reason::ForgottenSub)?,
            });
        }
        for row in rows {
            if let Some(Some(mapping)) = self.mappings.get(row.key) {
                let of_mapping = self.rows.entry(mapping.clone()).or_default();
                of_mapping.insert(row.key, row);
            }
        }
        Ok(edits)
    }

    fn lookup(&self, row: &'static Row) -> Option<Lookup<'_>> {
        let mapping = self.mappings.get(row.key)?.as_deref()?;
        Some(Lookup {
            mapping,
            key: row.key,
        })
    }

    /// Turns a plain text into a function call; `None` if it probably lacks a `Fn::Sub`.
    fn plain(&self, part: &Part<'_>) -> Option<Vec<Edit>> {
        let value = &part.scalar.value;
        let is_json = self.format == Format::Json;
        if let Some(whole) = part.whole() {
            let call = if is_json || self.is_tagged(part.node) {
                whole.long()
            } else {
                whole.short()
            };
            return Some(vec![Edit::replace(part.node.span, call)]);
        }
        let foreign = foreign_references(value);
        // The author probably forgot `!Sub`: do not guess.
        let is_ours = |name: &str| {
            name.starts_with("AWS::") || self.names.contains(name.split('.').next().unwrap_or(name))
        };
        if foreign.iter().any(|range| is_ours(&value[range.clone()])) {
            return None;
        }
        let mut changes = part.changes.to_vec();
        changes.extend(foreign.into_iter().map(|range| Change {
            range: range.start..range.start,
            text: "!".to_owned(),
        }));
        changes.sort_by_key(|change| change.range.start);
        let part = Part {
            changes: &changes,
            ..*part
        };
        if is_json || self.is_tagged(part.node) {
            let body = if part.rows.is_empty() {
                quoted(&part.value())
            } else {
                part.body_with_names()
            };
            return Some(vec![Edit::replace(
                part.node.span,
                format!("{{\"Fn::Sub\": {body}}}"),
            )]);
        }
        if !part.rows.is_empty() {
            return Some(vec![Edit::replace(
                part.node.span,
                format!("!Sub {}", part.body_with_names()),
            )]);
        }
        let mut edits = vec![Edit::insert(part.node.span.start, "!Sub ")];
        edits.extend(part.spliced(self.source));
        Some(edits)
    }

    /// Returns true if the node has a tag, because it cannot take a second one.
    fn is_tagged(&self, node: &Node) -> bool {
        let before = self.source.text()[..node.span.start].trim_end_matches([' ', '\t']);
        let word = before
            .rsplit([' ', '\n', '\t', '[', '{', ','])
            .next()
            .unwrap_or_default();
        word.starts_with('!')
    }

    /// Makes a document in a string portable.
    fn nested(&mut self, result: &TextResult<'_>, inner: &Template, is_template: bool) {
        let aims = [Aim::Portable];
        let looked = if is_template {
            engine::look(inner, &aims, Aims::one(0))
        } else {
            engine::look_at_document(inner, &aims, Aims::one(0))
        };
        let mut fixer = Fixer::new(inner, !is_template);
        fixer.all(&looked);
        let mut rewritten = fixer.finish();
        let places = Places::new(self.source, &result.phrase);
        let outer = |span: Span| places.of(&span.into());
        rewritten.drop(|rewrite| self.accepted.has(rewrite.rule.code.id, outer(rewrite.span)));
        for left in rewritten.left {
            let span = outer(left.span);
            if !self.accepted.has(left.rule.code.id, span) {
                self.done.left.push(Left { span, ..left });
            }
        }
        if rewritten.edits.is_empty() {
            return;
        }
        let changes: Vec<Change> = rewritten.edits.into_iter().map(change_of).collect();
        let edits = if is_template {
            // The inner template has its own functions.
            result.phrase.edits(self.source, &changes)
        } else {
            self.spread(&result.phrase, &changes)
        };
        if let Some(edits) = edits {
            self.done.edits.extend(edits);
            for rewrite in rewritten.rewrites {
                let span = outer(rewrite.span);
                self.done.rewrites.push(Rewrite { span, ..rewrite });
            }
        }
    }

    /// Returns the edits for changes to a document in a string.
    fn spread(&self, phrase: &Phrase<'_>, changes: &[Change]) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        for (node, holder, changes) in phrase.by_scalar(changes)? {
            let Kind::Scalar(scalar) = &node.kind else {
                return None;
            };
            let part = Part {
                node,
                scalar,
                changes: &changes,
                rows: &[],
            };
            edits.extend(match holder {
                Holder::Plain if !self.in_text => self.plain(&part)?,
                _ => part.spliced(self.source),
            });
        }
        Some(edits)
    }

    fn record(&mut self, phrase: &Phrase<'_>, places: &Places<'_, '_>, hits: &[Hit]) {
        for hit in hits {
            let Outcome::Replace(to) = &hit.outcome else {
                continue;
            };
            let token = token_around(&phrase.text, &hit.range);
            let (before, after) = phrase.text[token.clone()].split_at(hit.range.end - token.start);
            let kept = &before[..hit.range.start - token.start];
            let written = to.portable().unwrap_or_default();
            let holes = || holes_in(&phrase.holes, &token);
            self.done.rewrites.push(Rewrite {
                rule: hit.rule,
                span: places.of(&hit.range),
                before: shown(&phrase.text[token.clone()], holes()),
                after: shown(&format!("{kept}{written}{after}"), holes()),
            });
        }
    }
}

/// Normalizes a text to one partition: a list may contain the same value for several.
fn neutral(text: &str) -> String {
    let mut text = text.to_owned();
    for partition in Partition::ALL {
        text = text.replace(&format!("arn:{partition}:"), "arn:aws:");
    }
    text.replace(Partition::AwsCn.dns_suffix(), Partition::Aws.dns_suffix())
}

/// Returns the names in `${…}` of a plain text.
fn foreign_references(value: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in value.match_indices("${") {
        let start = at + 2;
        let end = value[start..]
            .find('}')
            .map_or(value.len(), |length| start + length);
        found.push(start..end);
    }
    found
}
