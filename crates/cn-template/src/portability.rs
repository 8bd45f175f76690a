//! Differences between partitions, and the edits for them.
//!
//! A template written for one partition is made right for a region of
//! another: literals are replaced where it is certain what they are, and
//! everything else that would fail there is a finding. The place of a text in
//! the tree decides what it is, never a search over the file.
//!
//! # Map
//!
//! | module | holds |
//! | --- | --- |
//! | `china` | the facts, with sources |
//! | `look` | what a rule gets to see |
//! | `rules` | the rules, one file each, and the registry |
//! | `engine` | one look at a template for all regions |
//! | `outcome` | what becomes of the hits: literals, portable form, findings |
//!
//! # Laws
//!
//! * Prose and comments stay; code is reported, never changed.
//! * A text that fits the target stays, so a second run changes nothing.
//! * A resource or branch that cannot exist in the target region is left alone.

pub use crate::outcome::program::check_code;
pub use crate::outcome::suppress::{Suppressed, Suppressions};
pub use crate::outcome::{Left, Reason, Rewrite, Rewritten};

use crate::diag::Diagnostic;
use crate::engine::{self, Looked};
use crate::look::aim::{Aim, Aims};
use crate::outcome::{findings, literals, portable};
use crate::partition::Region;
use crate::tree::Template;

/// Finds the changes that make a template right for a region.
///
/// What the author suppresses stays as it is and is not reported.
///
/// Cost: one walk over the tree.
///
/// # Examples
///
/// ```
/// use cn_template::{Source, edit, portability, tree::Template};
///
/// let text = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n";
/// let template = Template::parse(&Source::new("t.yaml", text)).template.expect("a template");
/// let rewritten = portability::rewrite_template(&template, &"cn-north-1".parse()?);
/// assert_eq!(edit::apply(text, &rewritten.edits), text.replace("arn:aws:", "arn:aws-cn:"));
/// # Ok::<(), cn_template::partition::RegionError>(())
/// ```
pub fn rewrite_template(template: &Template, region: &Region) -> Rewritten {
    let aims = [Aim::Region(region)];
    rewritten(&engine::look(template, &aims, Aims::one(0)), &aims)
}

/// Finds the changes that make a file that a template points at right for a region.
///
/// A nested template is a template: use [`rewrite_template`].
pub fn rewrite_document(document: &Template, region: &Region) -> Rewritten {
    let aims = [Aim::Region(region)];
    rewritten(
        &engine::look_at_document(document, &aims, Aims::one(0)),
        &aims,
    )
}

fn rewritten(looked: &Looked<'_>, aims: &[Aim<'_>]) -> Rewritten {
    let accepted = Suppressions::of(looked.template);
    let done = literals::of_all(looked, aims, &accepted);
    let mut rewritten = done.into_iter().next().unwrap_or_default();
    rewritten
        .findings
        .retain(|finding| !accepted.cover(finding));
    rewritten
}

/// Finds the edits that make a template right in every partition.
///
/// A value that cannot be made so stays, and [`Rewritten::left`] has the reason;
/// [`check_template`] on the result reports it. A text that is no template stays as it is.
pub fn make_portable(template: &Template) -> Rewritten {
    if template.root().get("Resources").is_none() {
        return Rewritten::default();
    }
    portable::of(&engine::look(template, &[Aim::Portable], Aims::one(0)))
}

/// Finds everything that will not work in some regions, or works only after a rewrite.
///
/// A region outside China is checked for literals of other partitions alone:
/// the tables know nothing of its services. Suppressed findings are among the
/// results: hand them to [`Suppressions::apply`].
///
/// Cost: one walk over the tree for all regions.
pub fn check_regions(template: &Template, regions: &[Region]) -> Vec<Diagnostic> {
    checked(regions, |aims| {
        let looked = engine::look(template, aims, Aims::of(0..aims.len()));
        findings::of(&looked, aims, &Suppressions::default())
    })
}

/// Finds everything that will not work in one region; see [`check_regions`].
pub fn check_template(template: &Template, region: &Region) -> Vec<Diagnostic> {
    check_regions(template, std::slice::from_ref(region))
}

/// Finds the resources that ask for something a region does not have: the part of
/// [`check_template`] that no rewrite can mend, without suppressed findings.
pub fn check_resources(template: &Template, region: &Region) -> Vec<Diagnostic> {
    let aims = [Aim::Region(region)];
    let looked = engine::look_at_availability(template, &aims);
    let mut found = findings::of_spots(&looked, &aims);
    let accepted = Suppressions::of(template);
    found.retain(|finding| !accepted.cover(finding));
    found
}

/// Finds everything in a file that a template points at that does not fit some regions.
///
/// Suppressed findings are among the results: hand them to [`Suppressions::apply`].
pub fn check_document(document: &Template, regions: &[Region]) -> Vec<Diagnostic> {
    checked(regions, |aims| {
        let looked = engine::look_at_document(document, aims, Aims::of(0..aims.len()));
        findings::of(&looked, aims, &Suppressions::default())
    })
}

/// Finds what a template passes to nested ones, on every level below it, that does not fit
/// some regions there.
///
/// * `nested`: gives the nested templates of a template that are at hand, each with the
///   logical ID of its stack.
///
/// Suppressed findings are among the results: hand them to [`Suppressions::apply`] of the
/// template that passes the values.
///
/// Cost: one walk over each nested template that gets a partition, a suffix, an ARN or a
/// part of a host name, 64 at most.
pub fn check_passed<'t>(
    template: &'t Template,
    nested: &dyn Fn(&'t Template) -> Vec<(String, &'t Template)>,
    regions: &[Region],
) -> Vec<Diagnostic> {
    checked(regions, |aims| {
        let found = engine::look_at_passed(template, nested, aims);
        findings::of_passed(template.source(), &found, aims)
    })
}

/// Checks for all regions, as many at a time as one look takes.
fn checked(regions: &[Region], check: impl Fn(&[Aim<'_>]) -> Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut asked: Vec<&Region> = Vec::new();
    for region in regions {
        if !asked.contains(&region) {
            asked.push(region);
        }
    }
    asked
        .chunks(Aims::MOST)
        .flat_map(|regions| {
            let aims: Vec<Aim<'_>> = regions.iter().map(|region| Aim::Region(region)).collect();
            check(&aims)
        })
        .collect()
}

#[cfg(test)]
mod tests;
