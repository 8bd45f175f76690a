//! One answer for a text that can be several.
//!
//! The rules look at every text that an expression can be. A literal is
//! replaced where all of them ask for the same replacement and nothing else
//! reads the literal; otherwise a person decides.

use std::collections::HashMap;
use std::ops::Range;

use super::seen::{Content, Seen};
use crate::diag::Severity;
use crate::look::aim::{Aim, Aims};
use crate::look::phrase::{Phrase, Written};
use crate::look::shown::{holes_in, shown, token_around};
use crate::look::trial::Origin;
use crate::partition::Region;
use crate::rules::cn311_unknown_name;
use crate::rules::model::{Hit, Outcome};
use crate::source::Span;

/// One text that an expression can be, with what the rules find in it.
pub(crate) struct Variant<'t> {
    pub phrase: Phrase<'t>,
    /// The aims for which it can be that text.
    pub aims: Aims,
    pub hits: Vec<Hit>,
}

/// The hits that are told about an expression.
#[derive(Default)]
pub(crate) struct Settled<'t> {
    /// The hits in the text as it is written, with a hole for every reference.
    pub body: Vec<Hit>,
    /// The hits in values that it takes from elsewhere, and across them.
    pub of_variants: Vec<(Phrase<'t>, Vec<Hit>)>,
}

/// A place in the source with the rule that speaks of it.
type Key = (&'static str, Span, Range<usize>);

/// Decides what becomes of the hits of all variants.
///
/// * `body`: the text as it is written.
pub(crate) fn settled<'t>(
    body: &Phrase<'t>,
    variants: &[Variant<'t>],
    aims: &[Aim<'_>],
) -> Settled<'t> {
    let mut told: HashMap<Key, Aims> = HashMap::new();
    let mut settled = Settled::default();
    for own in variants {
        let mut of_variant = Vec::new();
        for hit in &own.hits {
            let written = own.phrase.written(&hit.range);
            let before = told.entry(key_of(&own.phrase, hit)).or_default();
            let new = hit.aims.filter(|place| !before.has(place));
            *before = before.or(new);
            let hits = decided(variants, own, hit, written.as_ref(), new, aims);
            let in_body = written
                .filter(|written| written.origin == Origin::Body)
                .and_then(|written| body.places_of(&written).next());
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

/// What becomes of one hit, for the aims that no hit before it spoke of.
fn decided(
    variants: &[Variant<'_>],
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
        let is_editable = matches!(origin, Origin::Body | Origin::Variable);
        is_editable
            && variants
                .iter()
                .all(|other| agrees(other, hit, written, place))
    };
    let has_own = |place: usize| {
        let is_fine = |other: &Variant<'_>| fits(other, own, hit, origin, place);
        variants.iter().any(is_fine)
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

/// Returns true if a variant is right for the target as it is: its author has thought of the target.
fn fits(variant: &Variant<'_>, own: &Variant<'_>, hit: &Hit, origin: Origin, place: usize) -> bool {
    let is_known = variant.phrase.holes.len() <= own.phrase.holes.len();
    let is_asked = |found: &Hit| {
        let is_same = origin == Origin::Body || found.rule.code == hit.rule.code;
        is_same && found.aims.has(place)
    };
    variant.aims.has(place) && is_known && !variant.hits.iter().any(is_asked)
}

/// Returns true if a variant asks for the same replacement wherever it holds the literal.
fn agrees(variant: &Variant<'_>, hit: &Hit, written: Option<&Written<'_>>, place: usize) -> bool {
    if !variant.aims.has(place) {
        return true;
    }
    let is_asked = |range: Range<usize>| {
        variant.hits.iter().any(|other| {
            other.range == range && other.outcome == hit.outcome && other.aims.has(place)
        })
    };
    match written {
        Some(written) => variant.phrase.places_of(written).all(is_asked),
        None => is_asked(hit.range.clone()),
    }
}

/// The report in the place of a replacement that is not certain.
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

/// Drops the hits in values that another text, or the value itself, tells of already.
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

/// Drops the doubt about what a name is, where the text that it becomes part of tells.
fn drop_doubts(texts: &mut [Seen<'_>]) {
    let mut clear: Vec<Span> = Vec::new();
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
