//! A template in the form that is right in every partition.
//!
//! Literals become pseudo parameters where a function may stand and where the
//! result means the same in the partition the template was written for. What
//! is guarded by a condition on the partition is left to its author.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::condition::Conditions;
use super::matches::{Aim, Match, Outcome, Row, To};
use super::phrase::{Holder, Phrase};
use super::place::{Section, Treatment};
use super::rewrite::{
    is_code, is_of_interest, parse_nested, place_of, shown, token_around, without_overlaps,
};
use super::scene::Scene;
use super::suppress::Suppressions;
use super::walk::{self, Site};
use super::{Rewrite, Rewritten, features, section, uses};
use crate::edit::Edit;
use crate::partition::Partition;
use crate::source::{Source, Span};
use crate::tree::{Change, Format, Kind, Node, Scalar, Style, Template, change_scalar, quoted};

/// Finds the edits that make a template right in every partition.
///
/// What cannot be made so is left; [`check_template`](super::check_template)
/// on the result reports it. A text that is no template stays as it is.
pub fn make_portable(template: &Template) -> Rewritten {
    let mut fixer = Fixer::new(template, false);
    if template.root().get("Resources").is_some() {
        fixer.template(template);
    }
    fixer.finish()
}

struct Fixer<'a> {
    template: &'a Template,
    source: &'a Source,
    format: Format,
    /// Whether the text is itself part of a `Fn::Sub`, so that `${…}` is filled in without further ado.
    in_text: bool,
    /// Parameters and resources, which `${…}` in a plain text was probably meant to name.
    names: BTreeSet<&'a str>,
    /// What the author wants to stay as it is.
    accepted: Suppressions,
    /// Parameters and mappings whose values become service principals.
    of_principals: BTreeSet<&'a str>,
    /// The mappings that can hold the rows asked for so far, by the rows' keys.
    homes: BTreeMap<&'static str, Option<String>>,
    /// What the edits need from each mapping.
    rows: BTreeMap<String, BTreeMap<&'static str, &'static Row>>,
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
            of_principals: uses::of_principals(template),
            homes: BTreeMap::new(),
            rows: BTreeMap::new(),
            done: Rewritten {
                edits: Vec::new(),
                rewrites: Vec::new(),
                findings: Vec::new(),
            },
        }
    }

    fn template(&mut self, template: &'a Template) {
        let conditions = Conditions::telling_partitions_apart(template);
        walk::template(template, Aim::Portable, &conditions, &mut |site| {
            self.site(&site);
        });
        features::make_portable(template, &conditions, &mut self.done);
    }

    fn finish(mut self) -> Rewritten {
        for (mapping, rows) in &self.rows {
            let rows: Vec<&Row> = rows.values().copied().collect();
            let edits = section::mapping(self.template, mapping, &rows);
            self.done.edits.extend(edits.into_iter().flatten());
        }
        self.done.edits.sort();
        self.done.rewrites.sort_by_key(|rewrite| rewrite.span);
        self.done
    }

    fn site(&mut self, site: &Site<'_, 'a>) {
        let treatment = site.place.treatment();
        if treatment == Treatment::Prose || !is_of_interest(&site.phrase.text) {
            return;
        }
        let may_hold_functions = matches!(
            site.place.section,
            Section::Resource | Section::Globals | Section::Outputs | Section::Conditions
        ) && !site.place.is_key;
        if treatment != Treatment::Pattern && !may_hold_functions && !self.in_text {
            return;
        }
        if self.nested(site, treatment) {
            return;
        }
        let scene = Scene {
            place: site.place,
            treatment,
            text: &site.phrase.text,
            aim: Aim::Portable,
            siblings: site.siblings,
            serves_principals: matches!(
                site.place.section,
                Section::Parameters | Section::Mappings
            ) && site
                .place
                .path
                .first()
                .is_some_and(|name| self.of_principals.contains(name)),
        };
        let hits: Vec<Match> = scene
            .matches()
            .into_iter()
            .filter(|hit| matches!(&hit.outcome, Outcome::Replace(to) if to.portable().is_some()))
            .filter(|hit| {
                let place = place_of(self.source, &site.phrase, &hit.range);
                !self.accepted.has(hit.rule.code.id, place)
            })
            .collect();
        let mut hits = without_overlaps(hits);
        hits.retain(|hit| self.has_home(hit));
        if hits.is_empty() || is_code(site.place, &site.phrase.text, treatment) || lists_both(site)
        {
            return;
        }
        if let Some(edits) = self.edits(&site.phrase, treatment, &hits) {
            self.done.edits.extend(edits);
            self.say(&site.phrase, &hits);
        }
    }

    /// Whether what comes in the place of a hit can be looked up, where it has to be.
    fn has_home(&mut self, hit: &Match) -> bool {
        let Outcome::Replace(To::Mapped(row)) = &hit.outcome else {
            return true;
        };
        let template = self.template;
        let home = self
            .homes
            .entry(row.key)
            .or_insert_with(|| section::mapping_for(template, row));
        // A text inside another has no mappings of its own and is left later.
        home.is_some() || self.in_text
    }

    /// The edits that write the hits in portable form; none where that cannot be done.
    fn edits(
        &mut self,
        phrase: &Phrase<'a>,
        treatment: Treatment,
        hits: &[Match],
    ) -> Option<Vec<Edit>> {
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
            return None;
        }
        let mut edits = Vec::new();
        for (node, holder, changes) in phrase.by_scalar(&changes)? {
            let Kind::Scalar(scalar) = &node.kind else {
                return None;
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
                Holder::SubWithNames if !needed.is_empty() => return None,
                Holder::Sub if !needed.is_empty() => vec![part.with_names()?],
                Holder::Sub | Holder::SubWithNames => part.spliced(self.source),
                Holder::Plain => self.plain(&part)?,
            });
        }
        for row in rows {
            if let Some(Some(mapping)) = self.homes.get(row.key) {
                let of_mapping = self.rows.entry(mapping.clone()).or_default();
                of_mapping.insert(row.key, row);
            }
        }
        Some(edits)
    }

    fn lookup(&self, row: &'static Row) -> Option<Lookup<'_>> {
        let mapping = self.homes.get(row.key)?.as_deref()?;
        Some(Lookup {
            mapping,
            key: row.key,
        })
    }

    /// Makes a text that stands for itself into a function.
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
        // The author probably forgot `!Sub`: nothing is guessed.
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

    /// Whether a tag stands before the node already, so that a second one cannot.
    fn is_tagged(&self, node: &Node) -> bool {
        let before = self.source.text()[..node.span.start].trim_end_matches([' ', '\t']);
        let word = before
            .rsplit([' ', '\n', '\t', '[', '{', ','])
            .next()
            .unwrap_or_default();
        word.starts_with('!')
    }

    /// Makes a document in a string portable; tells whether the text is one.
    fn nested(&mut self, site: &Site<'_, 'a>, treatment: Treatment) -> bool {
        let Some((inner, is_template)) = parse_nested(self.source, &site.phrase, treatment) else {
            return false;
        };
        let mut rewritten = {
            let mut fixer = Fixer::new(&inner, !is_template);
            if is_template {
                fixer.template(&inner);
            } else {
                walk::document(&inner, Aim::Portable, &mut |site| fixer.site(&site));
            }
            fixer.finish()
        };
        rewritten.leave(|rewrite| {
            let place = place_of(self.source, &site.phrase, &rewrite.span.into());
            self.accepted.has(rewrite.rule, place)
        });
        if rewritten.edits.is_empty() {
            return true;
        }
        let changes: Vec<Change> = rewritten
            .edits
            .iter()
            .map(|edit| Change {
                range: edit.span.into(),
                text: edit.text.clone(),
            })
            .collect();
        let edits = if is_template {
            // The inner template has functions of its own.
            site.phrase.edits(self.source, &changes)
        } else {
            self.spread(&site.phrase, &changes)
        };
        if let Some(edits) = edits {
            self.done.edits.extend(edits);
            for rewrite in rewritten.rewrites {
                let span = place_of(self.source, &site.phrase, &rewrite.span.into());
                self.done.rewrites.push(Rewrite { span, ..rewrite });
            }
        }
        true
    }

    /// The edits for changes to a document in a string.
    fn spread(&self, phrase: &Phrase<'a>, changes: &[Change]) -> Option<Vec<Edit>> {
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

    fn say(&mut self, phrase: &Phrase<'_>, hits: &[Match]) {
        for hit in hits {
            let Outcome::Replace(to) = &hit.outcome else {
                continue;
            };
            let token = token_around(&phrase.text, &hit.range);
            let (before, after) = phrase.text[token.clone()].split_at(hit.range.end - token.start);
            let kept = &before[..hit.range.start - token.start];
            let written = to.portable().unwrap_or_default();
            self.done.rewrites.push(Rewrite {
                rule: hit.rule.code.id,
                reason: hit.rule.reason,
                span: place_of(self.source, phrase, &hit.range),
                before: shown(&phrase.text[token]),
                after: shown(&format!("{kept}{written}{after}")),
            });
        }
    }
}

/// Whether a list names the same thing for several partitions.
fn lists_both(site: &Site<'_, '_>) -> bool {
    let neutral = |text: &str| {
        let mut text = text.to_owned();
        for partition in Partition::ALL {
            text = text.replace(&format!("arn:{partition}:"), "arn:aws:");
        }
        text.replace(".com.cn", ".com")
    };
    let own = neutral(&site.phrase.text);
    let alike = site
        .siblings
        .iter()
        .filter_map(Phrase::of)
        .filter(|phrase| neutral(&phrase.text) == own);
    alike.count() > 1
}

/// The names in `${…}` of a plain text, without those written `${!…}`.
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

/// A scalar with what has to change in it.
#[derive(Clone, Copy)]
struct Part<'p> {
    node: &'p Node,
    scalar: &'p Scalar,
    changes: &'p [Change],
    /// What the changes need from mappings.
    rows: &'p [Lookup<'p>],
}

/// A value in a mapping that has a row for each partition.
#[derive(Clone, Copy)]
struct Lookup<'p> {
    mapping: &'p str,
    key: &'static str,
}

impl Lookup<'_> {
    fn short(&self) -> String {
        let Self { mapping, key } = self;
        format!("!FindInMap [{mapping}, !Ref AWS::Partition, {key}]")
    }

    fn long(&self) -> String {
        let Self { mapping, key } = self;
        format!(
            "{{\"Fn::FindInMap\": [\"{mapping}\", {{\"Ref\": \"AWS::Partition\"}}, \"{key}\"]}}"
        )
    }
}

/// A function that takes the place of a whole text.
enum Whole<'p> {
    Ref(&'static str),
    Mapped(Lookup<'p>),
}

impl Whole<'_> {
    fn short(&self) -> String {
        match self {
            Self::Ref(name) => format!("!Ref {name}"),
            Self::Mapped(lookup) => lookup.short(),
        }
    }

    fn long(&self) -> String {
        match self {
            Self::Ref(name) => format!("{{\"Ref\": \"{name}\"}}"),
            Self::Mapped(lookup) => lookup.long(),
        }
    }
}

impl Part<'_> {
    /// The function for a text that changes as a whole.
    fn whole(&self) -> Option<Whole<'_>> {
        let [change] = self.changes else {
            return None;
        };
        if change.range != (0..self.scalar.value.len()) {
            return None;
        }
        match (change.text.as_str(), self.rows) {
            (_, [lookup]) => Some(Whole::Mapped(*lookup)),
            ("${AWS::Partition}", _) => Some(Whole::Ref("AWS::Partition")),
            ("${AWS::URLSuffix}", _) => Some(Whole::Ref("AWS::URLSuffix")),
            _ => None,
        }
    }

    fn spliced(&self, source: &Source) -> Vec<Edit> {
        change_scalar(source, self.node.span, self.scalar, self.changes)
    }

    /// The text after the changes.
    fn value(&self) -> String {
        let edits: Vec<Edit> = self
            .changes
            .iter()
            .map(|change| {
                Edit::replace(
                    Span::new(change.range.start, change.range.end),
                    change.text.clone(),
                )
            })
            .collect();
        crate::edit::apply(&self.scalar.value, &edits)
    }

    /// Text and names for `Fn::Sub`.
    fn body_with_names(&self) -> String {
        let name = |lookup: &Lookup<'_>| (lookup.key, lookup.long());
        let names: BTreeMap<&str, String> = self.rows.iter().map(name).collect();
        let names: Vec<String> = names
            .into_iter()
            .map(|(key, lookup)| format!("\"{key}\": {lookup}"))
            .collect();
        format!("[{}, {{{}}}]", quoted(&self.value()), names.join(", "))
    }

    /// Puts text and names in the place of the text of a `Fn::Sub`.
    fn with_names(&self) -> Option<Edit> {
        let is_block = matches!(self.scalar.style, Style::Literal | Style::Folded);
        (!is_block).then(|| Edit::replace(self.node.span, self.body_with_names()))
    }
}
