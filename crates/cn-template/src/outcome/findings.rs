//! Reports all findings about a template in the requested regions.

use std::collections::HashMap;

use super::literals::{self, REWRITABLE};
use super::suppress::Suppressions;
use super::{Rewrite, Rewritten};
use crate::diag::{Code, Diagnostic};
use crate::engine::{Looked, PassedOn};
use crate::look::aim::{Aim, Aims};
use crate::partition::Region;
use crate::rules::model::{Outcome, Spot, SpotOutcome};
use crate::rules::{self, Rule};
use crate::source::{Source, Span};
use crate::tree::{Aligned, Kind};

/// A finding and the aims that it applies to.
struct Found {
    aims: Aims,
    finding: Diagnostic,
}

/// Returns the findings of a look.
pub(crate) fn of(
    looked: &Looked<'_>,
    aims: &[Aim<'_>],
    accepted: &Suppressions,
) -> Vec<Diagnostic> {
    let source = looked.template.source();
    let mut all = Gathered::default();
    let of_each = literals::of_all(looked, aims, accepted);
    for (index, rewritten) in of_each.into_iter().enumerate() {
        if let Aim::Region(region) = aims[index] {
            for finding in of_region(source, region, rewritten) {
                all.add(Aims::one(index), finding);
            }
        }
    }
    all.add_spots(source, &looked.spots);
    all.found.sort_by_key(|found| {
        let location = found.finding.location.as_ref();
        location.map(|location| (location.span, found.finding.code.id))
    });
    all.finish(aims)
}

/// Returns the findings about values passed to nested templates, once per literal and rule.
pub(crate) fn of_passed(
    source: &Source,
    found: &[PassedOn<'_>],
    aims: &[Aim<'_>],
) -> Vec<Diagnostic> {
    let mut all = Gathered::default();
    let mut reported: HashMap<(Code, Span), Aims> = HashMap::new();
    for PassedOn { node, range, hit } in found {
        let (
            Kind::Scalar(scalar),
            Outcome::Report {
                severity,
                message,
                help,
            },
        ) = (&node.kind, &hit.outcome)
        else {
            continue;
        };
        let before = reported.entry((hit.rule.code, node.span)).or_default();
        let new = hit.aims.filter(|index| !before.has(index));
        *before = before.or(new);
        if new.is_empty() {
            continue;
        }
        let span = Aligned::of(source, node.span, scalar).locate(range);
        let finding = Diagnostic {
            severity: *severity,
            ..Diagnostic::note(hit.rule.code, message.as_str())
        };
        all.add(new, finding.at(source, span, "").help(help.as_str()));
    }
    all.finish(aims)
}

/// Returns the findings that no rewrite can fix: resources that are not available in a region.
pub(crate) fn of_spots(looked: &Looked<'_>, aims: &[Aim<'_>]) -> Vec<Diagnostic> {
    let mut all = Gathered::default();
    all.add_spots(looked.template.source(), &looked.spots);
    all.finish(aims)
}

/// Returns the rewrites and findings of one region, as findings.
fn of_region(source: &Source, region: &Region, rewritten: Rewritten) -> Vec<Diagnostic> {
    let rewrites = rewritten.rewrites.iter();
    let replaced = rewrites.map(|rewrite| of_rewrite(source, region, rewrite));
    replaced.chain(rewritten.findings).collect()
}

fn of_rewrite(source: &Source, region: &Region, rewrite: &Rewrite) -> Diagnostic {
    let partition = region.partition();
    let message = if rewrite.before.is_empty() {
        format!("partition `{partition}` needs `{}`", rewrite.after)
    } else {
        format!(
            "`{}` does not work in partition `{partition}`",
            rewrite.before
        )
    };
    Diagnostic {
        severity: REWRITABLE,
        is_rewritten: true,
        ..Diagnostic::note(rewrite.rule.code, message)
    }
    .at(source, rewrite.span, rewrite.rule.code.title)
    .help(format!("`cn-package` writes `{}`", rewrite.after))
}

fn of_spot(source: &Source, spot: &Spot) -> Option<Diagnostic> {
    let SpotOutcome::Report {
        severity,
        message,
        label,
        help,
    } = &spot.outcome
    else {
        return None;
    };
    let finding = Diagnostic {
        severity: *severity,
        ..Diagnostic::note(spot.rule.code, message.as_str())
    };
    Some(
        finding
            .at(source, spot.span, label.as_str())
            .help(help.as_str()),
    )
}

/// Collected findings; a finding of several regions is kept once.
#[derive(Default)]
struct Gathered {
    found: Vec<Found>,
    indices: HashMap<(Code, String, Option<Span>), usize>,
}

impl Gathered {
    fn add(&mut self, aims: Aims, finding: Diagnostic) {
        let span = finding.location.as_ref().map(|location| location.span);
        let key = (finding.code, finding.message.clone(), span);
        if let Some(index) = self.indices.get(&key) {
            let known = &mut self.found[*index];
            known.aims = known.aims.or(aims);
        } else {
            self.indices.insert(key, self.found.len());
            self.found.push(Found { aims, finding });
        }
    }

    fn add_spots(&mut self, source: &Source, spots: &[Spot]) {
        for spot in spots {
            if let Some(finding) = of_spot(source, spot) {
                self.add(spot.aims, finding);
            }
        }
    }

    /// Returns the findings; a finding that applies only to some regions names them.
    fn finish(self, aims: &[Aim<'_>]) -> Vec<Diagnostic> {
        merged_once(self.found)
            .into_iter()
            .map(|found| named(found, aims))
            .collect()
    }
}

/// Merges the findings of each rule with `once` into its first finding, which counts the others.
fn merged_once(mut found: Vec<Found>) -> Vec<Found> {
    let is_once = |rule: &&&Rule| rule.once;
    for rule in rules::RULES.iter().filter(is_once) {
        let is_of_rule = |found: &Found| found.finding.code == rule.code;
        let total = found.iter().filter(|found| is_of_rule(found)).count();
        let mut is_first = true;
        found.retain_mut(|found| {
            if !is_of_rule(found) {
                return true;
            }
            if is_first && total > 1 {
                let message = &found.finding.message;
                found.finding.message = format!("{message} (and {} more like it)", total - 1);
            }
            std::mem::replace(&mut is_first, false)
        });
    }
    found
}

/// Adds region names to a finding, unless it applies to all regions or its message names one.
fn named(found: Found, aims: &[Aim<'_>]) -> Diagnostic {
    let mut finding = found.finding;
    let indices = found.aims.indices();
    let names: Vec<&str> = indices
        .filter_map(|index| aims[index].region())
        .map(Region::as_str)
        .collect();
    let is_everywhere = found.aims == Aims::of(0..aims.len());
    if !is_everywhere && !names.iter().any(|name| finding.message.contains(name)) {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        finding.message = format!("{}, in {}", finding.message, names.join(" and "));
    }
    finding
}
