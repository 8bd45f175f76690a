//! Combines the results of all texts that an expression can be.
//!
//! The rules look at every text that an expression can be. A literal is replaced if all of these
//! texts need the same replacement and nothing else reads the literal; otherwise a person decides.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::seen::{Content, Seen};
use crate::diag::Severity;
use crate::look::aim::{Aim, Aims};
use crate::look::phrase::{Phrase, Placed, Written};
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
    asked: HashMap<&'static str, Aims>,
    placed: HashMap<Span, Vec<Placed>>,
}

impl<'t> Variant<'t> {
    pub(crate) fn new(phrase: Phrase<'t>, aims: Aims, hits: Vec<Hit>) -> Self {
        let mut by_range: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        let mut asked: HashMap<&'static str, Aims> = HashMap::new();
        for (place, hit) in hits.iter().enumerate() {
            let range = (hit.range.start, hit.range.end);
            by_range.entry(range).or_default().push(place);
            let of_rule = asked.entry(hit.rule.code.id).or_default();
            *of_rule = of_rule.or(hit.aims);
        }
        Self {
            placed: phrase.by_span(),
            phrase,
            aims,
            hits,
            by_range,
            asked,
        }
    }

    /// Returns true if a rule has the same replacement for these bytes.
    fn asks(&self, range: &Range<usize>, hit: &Hit, place: usize) -> bool {
        let places = self.by_range.get(&(range.start, range.end));
        places.into_iter().flatten().any(|other| {
            let other = &self.hits[*other];
            other.outcome == hit.outcome && other.aims.has(place)
        })
    }

    /// Returns true if the variant has the same replacement wherever it contains the literal.
    fn agrees(&self, hit: &Hit, written: Option<&Written<'_>>, place: usize) -> bool {
        if !self.aims.has(place) {
            return true;
        }
        let Some(written) = written else {
            return self.asks(&hit.range, hit, place);
        };
        let parts = self.placed.get(&written.scalar.span);
        parts
            .into_iter()
            .flatten()
            .filter_map(|part| part.range_of(&written.range))
            .all(|range| self.asks(&range, hit, place))
    }

    /// Returns true if the variant fits the target as it is.
    ///
    /// Its author has then considered the target.
    ///
    /// * `own`: the variant of the hit.
    fn fits(&self, own: &Self, hit: &Hit, origin: Origin, place: usize) -> bool {
        let is_known = self.phrase.holes.len() <= own.phrase.holes.len();
        let mut asked = self.asked.iter().filter(|(_, aims)| aims.has(place));
        let is_asked = asked.any(|(id, _)| origin == Origin::Body || *id == hit.rule.code.id);
        self.aims.has(place) && is_known && !is_asked
    }
}

/// The hits to report about an expression.
#[derive(Default)]
pub(crate) struct Settled<'t> {
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
pub(crate) fn settled<'t>(
    body: &Phrase<'t>,
    variants: &[Variant<'t>],
    is_all: bool,
    aims: &[Aim<'_>],
) -> Settled<'t> {
    let mut settled = Settled::default();
    if variants.is_empty() {
        return settled;
    }
    let mut told: HashMap<Key, Aims> = HashMap::new();
    let placed = body.by_span();
    for own in variants {
        let mut of_variant = Vec::new();
        for hit in &own.hits {
            let written = own.phrase.written(&hit.range);
            let is_value = |written: &Written<'_>| written.origin != Origin::Body;
            if !is_all && !written.as_ref().is_some_and(is_value) {
                continue;
            }
            let before = told.entry(key_of(&own.phrase, hit)).or_default();
            let new = hit.aims.filter(|place| !before.has(place));
            *before = before.or(new);
            let hits = decided(variants, is_all, own, hit, written.as_ref(), new, aims);
            let in_body = written
                .filter(|written| written.origin == Origin::Body)
                .and_then(|written| {
                    let mut parts = placed.get(&written.scalar.span).into_iter().flatten();
                    parts.find_map(|part| part.range_of(&written.range))
                });
            match in_body {
                Some(range) => settled.body.extend(hits.into_iter().map(|hit| Hit {
                    range: range.clone(),
                    ..hit
                })),
                None => of_variant.extend(hits),
            }
        }
        if !of_variant.is_empty() {
            settled.of_variants.push((own.phrase.clone(), of_variant));
        }
    }
    let order = |hit: &Hit| (hit.range.start, hit.range.end, hit.rule.code.id);
    settled
        .body
        .sort_by(|left, right| order(left).cmp(&order(right)));
    settled
}

fn key_of(phrase: &Phrase<'_>, hit: &Hit) -> Key {
    let id = hit.rule.code.id;
    match phrase.written(&hit.range) {
        Some(written) => (id, written.scalar.span, written.range),
        None => (id, phrase.span, 0..0),
    }
}

/// Returns the decision about one hit, for the aims that no earlier hit has decided.
fn decided(
    variants: &[Variant<'_>],
    is_all: bool,
    own: &Variant<'_>,
    hit: &Hit,
    written: Option<&Written<'_>>,
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
    let origin = written.map_or(Origin::Body, |written| written.origin);
    let is_certain = |place: usize| {
        let is_editable = is_all && matches!(origin, Origin::Body | Origin::Variable);
        is_editable
            && variants
                .iter()
                .all(|other| other.agrees(hit, written, place))
    };
    let has_own = |place: usize| {
        variants
            .iter()
            .any(|other| other.fits(own, hit, origin, place))
    };
    let certain =
        new.filter(|place| is_certain(place) && (origin == Origin::Body || !has_own(place)));
    let new = new.filter(|place| certain.has(place) || !has_own(place));
    let mut found = Vec::new();
    if !certain.is_empty() {
        found.push(Hit {
            aims: certain,
            ..hit.clone()
        });
    }
    for place in new.filter(|place| !certain.has(place)).places() {
        if let Some(region) = aims[place].region() {
            found.push(Hit {
                aims: Aims::one(place),
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
    let written = hit.literal(region).unwrap_or_default();
    let message = match origin {
        Origin::Body => format!("`{whole}` does not fit partition `{partition}`"),
        Origin::Passed => format!(
            "`{literal}` makes `{whole}` in the nested template, which does not fit partition `{partition}`"
        ),
        _ => format!("`{literal}` makes `{whole}`, which does not fit partition `{partition}`"),
    };
    let help = match origin {
        Origin::Parameter => format!(
            "pass `{written}` for the parameter in partition `{partition}`, or remove the parameter and {}",
            hit.rule.help
        ),
        Origin::Mapping => format!(
            "give the mapping a row with `{written}` for partition `{partition}`, or {} instead",
            hit.rule.help
        ),
        Origin::Passed => match &hit.outcome {
            Outcome::Replace(To::Partition) => "pass `!Ref AWS::Partition` to it".to_owned(),
            Outcome::Replace(To::Suffix) => "pass `!Ref AWS::URLSuffix` to it".to_owned(),
            _ => format!("pass another value to it in partition `{partition}`"),
        },
        Origin::Body | Origin::Variable => format!(
            "{}; the text has several values that need different changes, so it stays as it is",
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
pub(crate) fn drop_repeated(texts: &mut Vec<Seen<'_>>) {
    let mut told: HashMap<Key, Aims> = HashMap::new();
    let mut note = |phrase: &Phrase<'_>, hit: &mut Hit| {
        let before = told.entry(key_of(phrase, hit)).or_default();
        hit.aims = hit.aims.filter(|place| !before.has(place));
        *before = before.or(hit.aims);
    };
    if !texts.iter().any(|seen| seen.is_variant) {
        return;
    }
    drop_doubts(texts);
    for is_variant in [false, true] {
        for seen in texts
            .iter_mut()
            .filter(|seen| seen.is_variant == is_variant)
        {
            if let Content::Hits { hits, .. } = &mut seen.content {
                for hit in hits.iter_mut() {
                    let all = hit.aims;
                    note(&seen.phrase, hit);
                    if !is_variant {
                        hit.aims = all;
                    }
                }
                hits.retain(|hit| !hit.aims.is_empty());
            }
        }
    }
    texts.retain(|seen| !matches!(&seen.content, Content::Hits { hits, .. } if hits.is_empty()));
}

/// Drops doubts about the meaning of a name if the text that it becomes part of shows the meaning.
fn drop_doubts(texts: &mut [Seen<'_>]) {
    let mut clear: HashSet<Span> = HashSet::new();
    for seen in texts.iter().filter(|seen| seen.is_variant) {
        if let Content::Hits { hits, .. } = &seen.content {
            let written = hits
                .iter()
                .filter_map(|hit| seen.phrase.written(&hit.range));
            clear.extend(written.map(|written| written.scalar.span));
        }
    }
    for seen in texts.iter_mut().filter(|seen| !seen.is_variant) {
        if let Content::Hits { hits, .. } = &mut seen.content {
            let is_clear = clear.contains(&seen.phrase.span);
            hits.retain(|hit| !is_clear || hit.rule.code != cn311_unknown_name::RULE.code);
        }
    }
}
