//! Everything there is to say about a template in a region.

use super::condition::Conditions;
use super::rewrite::{self, REWRITABLE};
use super::suppress::Suppressions;
use super::{DocumentKind, Rewritten, Target, features, rule};
use crate::diag::Diagnostic;
use crate::source::Source;
use crate::tree::Template;

/// Finds what will not work in a region, and what works only after a rewrite.
///
/// A region outside China is checked for literals of other partitions alone:
/// nothing is known here of what services it has. What is suppressed is found
/// as well: give it to [`Suppressions::apply`].
pub fn check_template(template: &Template, target: &Target) -> Vec<Diagnostic> {
    let rewritten = rewrite::template(template, target, &Suppressions::default());
    let mut found = rewritable(template.source(), target, &rewritten);
    found.extend(rewritten.findings);
    let conditions = Conditions::of(template, target);
    found.extend(features::check(template, target, &conditions));
    found.sort_by_key(|finding| {
        finding
            .location
            .as_ref()
            .map(|location| (location.span, finding.code.id))
    });
    found
}

/// Finds what resources ask for that a region does not have: the part of
/// [`check_template`] that no rewrite can mend, without what is suppressed.
pub fn check_resources(template: &Template, target: &Target) -> Vec<Diagnostic> {
    let mut found = features::check(template, target, &Conditions::of(template, target));
    let accepted = Suppressions::of(template);
    found.retain(|finding| !accepted.cover(finding));
    found
}

/// Finds what a file that a template points at needs to be right for a region.
pub fn check_document(document: &Template, kind: DocumentKind, target: &Target) -> Vec<Diagnostic> {
    let rewritten = rewrite::document(document, kind, target, &Suppressions::default());
    let mut found = rewritable(document.source(), target, &rewritten);
    found.extend(rewritten.findings);
    found
}

/// The rewrites as findings.
fn rewritable(source: &Source, target: &Target, rewritten: &Rewritten) -> Vec<Diagnostic> {
    let partition = target.region.partition();
    rewritten
        .rewrites
        .iter()
        .filter_map(|rewrite| {
            let rule = rule::find(rewrite.rule)?;
            let message = if rewrite.before.is_empty() {
                format!("`{}` is missing for partition `{partition}`", rewrite.after)
            } else {
                format!("`{}` does not fit partition `{partition}`", rewrite.before)
            };
            Some(
                Diagnostic {
                    severity: REWRITABLE,
                    ..Diagnostic::note(rule.code, message)
                }
                .at(source, rewrite.span, rule.code.title)
                .help(format!("`cn-package` writes `{}`", rewrite.after)),
            )
        })
        .collect()
}
