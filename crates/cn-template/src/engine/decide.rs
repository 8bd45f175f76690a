//! Combines the results of all texts that an expression can be.
//!
//! The rules look at every text that an expression can be. A literal is replaced if all of these
//! texts need the same replacement and nothing else reads the literal; otherwise a person decides.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::result::{Content, TextResult};
use crate::diag::Severity;
use crate::look::aim::{Aim, Aims};
use crate::look::phrase::{Phrase, Placed, ScalarPart};
use crate::look::shown::{holes_in, shown, token_around};
use crate::look::trial::Origin;
use crate::partition::Region;
use crate::rules::cn311_unknown_name;
use crate::rules::model::{Hit, Outcome, To};
use crate::source::Span;

/// One text that an expression can be, with what the rules find in it.
pub(crate) struct Variant<'t> {
    phrase: Phrase<'t>,
    /// The aims for which the expression can be this text.
    aims: Aims,
    hits: Vec<Hit>,
    /// Indices into `hits`, by the byte range of the hit.
    by_range: HashMap<(usize, usize), Vec<usize>>,
    /// The aims for which each rule has a hit.
    by_rule: HashMap<&'static str, Aims>,
    placed: HashMap<Span, Vec<Placed>>,
}

impl<'t> Variant<'t> {
    pub(crate) fn new(phrase: Phrase<'t>, aims: Aims, hits: Vec<Hit>) -> Self {
        let mut by_range: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        let mut by_rule: HashMap<&'static str, Aims> = HashMap::new();
        for (index, hit) in hits.iter().enumerate() {
            let range = (hit.range.start, hit.range.end);
            by_range.entry(range).or_default().push(index);
            let of_rule = by_rule.entry(hit.rule.code.id).or_default();
            *of_rule = of_rule.or(hit.aims);
        }
        Self {
            placed: phrase.by_span(),
            phrase,
            aims,
            hits,
            by_range,
            by_rule,
        }
    }

    /// Returns true if a rule has the same replacement for these bytes.
    fn has_replacement(&self, range: &Range<usize>, hit: &Hit, index: usize) -> bool {
        let indices = self.by_range.get(&(range.start, range.end));
        indices.into_iter().flatten().any(|other| {
            let other = &self.hits[*other];
            other.outcome == hit.outcome && other.aims.has(index)
        })
    }

    /// Returns true if the variant has the same replacement wherever it contains the literal.
    fn agrees(&self, hit: &Hit, part: Option<&ScalarPart<'_>>, index: usize) -> bool {
        if !self.aims.has(index) {
            return true;
        }
        let Some(part) = part else {
            return self.has_replacement(&hit.range, hit, index);
        };
        let placed = self.placed.get(&part.scalar.span);
        placed
            .into_iter()
            .flatten()
            .filter_map(|placed| placed.range_of(&part.range))
            .all(|range| self.has_replacement(&range, hit, index))
    }

    /// Returns true if the variant fits the target as it is.
    ///
    /// Its author has then considered the target.
    ///
    /// * `own`: the variant of the hit.
    fn fits(&self, own: &Self, hit: &Hit, origin: Origin, index: usize) -> bool {
        let is_known = self.phrase.holes.len() <= own.phrase.holes.len();
        let mut rules = self.by_rule.iter().filter(|(_, aims)| aims.has(index));
        let has_hit = rules.any(|(id, _)| origin == Origin::Body || *id == hit.rule.code.id);
        self.aims.has(index) && is_known && !has_hit
    }
}

/// The hits of an expression that are kept.
#[derive(Default)]
pub(crate) struct Decision<'t> {
    /// Hits in the text as it is written, with a hole for every reference.
    pub body: Vec<Hit>,
    /// Hits in values that the text takes from elsewhere, and hits that span such values.
    pub of_variants: Vec<(Phrase<'t>, Vec<Hit>)>,
}

/// A place in the source and the rule with a hit there.
type Key = (&'static str, Span, Range<usize>);

/// Decides which hits of all variants are kept, and how.
///
/// * `body`: the text as it is written.
/// * `is_all`: false if the expression can be more texts than these. Then nothing is certain about
///   its values, and hits in the text itself are dropped.
pub(crate) fn decide<'t>(
    body: &Phrase<'t>,
    variants: &[Variant<'t>],
    is_all: bool,
    aims: &[Aim<'_>],
) -> Decision<'t> {
    let mut decision = Decision::default();
    if variants.is_empty() {
        return decision;
    }
    let mut reported: HashMap<Key, Aims> = HashMap::new();
    let placed = body.by_span();
    for own in variants {
        let mut of_variant = Vec::new();
        for hit in &own.hits {
            let part = own.phrase.locate(&hit.range);
            let is_value = |part: &ScalarPart<'_>| part.origin != Origin::Body;
            if !is_all && !part.as_ref().is_some_and(is_value) {
                continue;
            }
            let before = reported.entry(key_of(&own.phrase, hit)).or_default();
            let new = hit.aims.filter(|index| !before.has(index));
            *before = before.or(new);
            let hits = decide_hit(variants, is_all, own, hit, part.as_ref(), new, aims);
            let in_body = part
                .filter(|part| part.origin == Origin::Body)
                .and_then(|part| {
                    let mut placed = placed.get(&part.scalar.span).into_iter().flatten();
                    placed.find_map(|placed| placed.range_of(&part.range))
                });
            match in_body {
                Some(range) => decision.body.extend(hits.into_iter().map(|hit| Hit {
                    range: range.clone(),
                    ..hit
                })),
                None => of_variant.extend(hits),
            }
        }
        if !of_variant.is_empty() {
            decision.of_variants.push((own.phrase.clone(), of_variant));
        }
    }
    decision.body.sort_by_key(Hit::order);
    decision
}

fn key_of(phrase: &Phrase<'_>, hit: &Hit) -> Key {
    let id = hit.rule.code.id;
    match phrase.locate(&hit.range) {
        Some(part) => (id, part.scalar.span, part.range),
        None => (id, phrase.span, 0..0),
    }
}

/// Returns the decision about one hit, for the aims that no earlier hit has decided.
fn decide_hit(
    variants: &[Variant<'_>],
    is_all: bool,
    own: &Variant<'_>,
    hit: &Hit,
    part: Option<&ScalarPart<'_>>,
    new: Aims,
    aims: &[Aim<'_>],
) -> Vec<Hit> {
    if matches!(hit.outcome, Outcome::Report { .. }) {
        let kept = Hit {
            aims: new,
            ..hit.clone()
        };
        return if new.is_empty() {
            Vec::new()
        } else {
            vec![kept]
        };
    }
    let origin = part.map_or(Origin::Body, |part| part.origin);
    let is_certain = |index: usize| {
        let is_editable = is_all && matches!(origin, Origin::Body | Origin::Variable);
        is_editable && variants.iter().all(|other| other.agrees(hit, part, index))
    };
    let has_own = |index: usize| {
        variants
            .iter()
            .any(|other| other.fits(own, hit, origin, index))
    };
    let certain =
        new.filter(|index| is_certain(index) && (origin == Origin::Body || !has_own(index)));
    let new = new.filter(|index| certain.has(index) || !has_own(index));
    let mut found = Vec::new();
    if !certain.is_empty() {
        found.push(Hit {
            aims: certain,
            ..hit.clone()
        });
    }
    for index in new.filter(|index| !certain.has(index)).indices() {
        if let Some(region) = aims[index].region() {
            found.push(Hit {
                aims: Aims::one(index),
                outcome: for_a_person(&own.phrase, hit, origin, region),
                ..hit.clone()
            });
        }
    }
    found
}

/// Returns the report that takes the place of an uncertain replacement.
fn for_a_person(phrase: &Phrase<'_>, hit: &Hit, origin: Origin, region: &Region) -> Outcome {
    let token = token_around(&phrase.text, &hit.range);
    let whole = shown(&phrase.text[token.clone()], holes_in(&phrase.holes, &token));
    let literal = shown(
        &phrase.text[hit.range.clone()],
        holes_in(&phrase.holes, &hit.range),
    );
    let partition = region.partition();
    let replacement = hit.literal(region).unwrap_or_default();
    let message = match origin {
        Origin::Body => format!("`{whole}` does not work in partition `{partition}`"),
        Origin::Passed => format!(
            "`{literal}` results in `{whole}` in the nested template, which does not work in partition `{partition}`"
        ),
        _ => format!(
            "`{literal}` results in `{whole}`, which does not work in partition `{partition}`"
        ),
    };
    let help = match origin {
        Origin::Parameter => format!(
            "pass `{replacement}` for the parameter in partition `{partition}`, or remove the parameter and {}",
            hit.rule.help
        ),
        Origin::Mapping => format!(
            "add `{replacement}` to the mapping for partition `{partition}`, or {}",
            hit.rule.help
        ),
        Origin::Passed => match &hit.outcome {
            Outcome::Replace(To::Partition) => {
                "pass `!Ref AWS::Partition` to the nested stack".to_owned()
            }
            Outcome::Replace(To::Suffix) => {
                "pass `!Ref AWS::URLSuffix` to the nested stack".to_owned()
            }
            _ => format!("pass another value to the nested stack in partition `{partition}`"),
        },
        Origin::Body | Origin::Variable => format!(
            "{}: the text has several values that need different changes, so the tools do not change it",
            hit.rule.help
        ),
    };
    Outcome::Report {
        severity: Severity::Warning,
        message,
        help,
    }
}

/// Drops hits in values that another text, or the value itself, reports already.
pub(crate) fn drop_repeated(texts: &mut Vec<TextResult<'_>>) {
    let mut reported: HashMap<Key, Aims> = HashMap::new();
    let mut report = |phrase: &Phrase<'_>, hit: &mut Hit| {
        let before = reported.entry(key_of(phrase, hit)).or_default();
        hit.aims = hit.aims.filter(|index| !before.has(index));
        *before = before.or(hit.aims);
    };
    if !texts.iter().any(|result| result.is_variant) {
        return;
    }
    drop_doubts(texts);
    for is_variant in [false, true] {
        for result in texts
            .iter_mut()
            .filter(|result| result.is_variant == is_variant)
        {
            if let Content::Hits { hits, .. } = &mut result.content {
                for hit in hits.iter_mut() {
                    let all = hit.aims;
                    report(&result.phrase, hit);
                    if !is_variant {
                        hit.aims = all;
                    }
                }
                hits.retain(|hit| !hit.aims.is_empty());
            }
        }
    }
    texts
        .retain(|result| !matches!(&result.content, Content::Hits { hits, .. } if hits.is_empty()));
}

/// Drops doubts about the meaning of a name if the text that it becomes part of shows the meaning.
fn drop_doubts(texts: &mut [TextResult<'_>]) {
    let mut clear: HashSet<Span> = HashSet::new();
    for result in texts.iter().filter(|result| result.is_variant) {
        if let Content::Hits { hits, .. } = &result.content {
            let parts = hits
                .iter()
                .filter_map(|hit| result.phrase.locate(&hit.range));
            clear.extend(parts.map(|part| part.scalar.span));
        }
    }
    for result in texts.iter_mut().filter(|result| !result.is_variant) {
        if let Content::Hits { hits, .. } = &mut result.content {
            let is_clear = clear.contains(&result.phrase.span);
            hits.retain(|hit| !is_clear || hit.rule.code != cn311_unknown_name::RULE.code);
        }
    }
}
