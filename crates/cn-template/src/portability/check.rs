//! Everything there is to say about a template in a region.

use super::condition::Conditions;
use super::rewrite::REWRITABLE;
use super::{DocumentKind, Rewritten, Target, features, rewrite_document, rewrite_template, rule};
use crate::diag::Diagnostic;
use crate::source::Source;
use crate::tree::Template;

/// Finds what will not work in a region, and what works only after a rewrite.
///
/// A region outside China is checked for literals of other partitions alone:
/// nothing is known here of what services it has.
pub fn check_template(template: &Template, target: &Target) -> Vec<Diagnostic> {
    let rewritten = rewrite_template(template, target);
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

/// Finds what a file that a template points at needs to be right for a region.
pub fn check_document(document: &Template, kind: DocumentKind, target: &Target) -> Vec<Diagnostic> {
    let rewritten = rewrite_document(document, kind, target);
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
