//! Differences between partitions, and the edits for them.
//!
//! A template written for one partition is adapted to a region of another. Literals are replaced if
//! their meaning is certain; everything else that would fail there becomes a finding. The position
//! of a text in the tree decides its meaning, never a search over the file.
//!
//! # Map
//!
//! | module | contents |
//! | --- | --- |
//! | `china` | the facts, with sources |
//! | `look` | the parts of a template as rules see them |
//! | `rules` | the rules, one file each, and the registry |
//! | `engine` | one pass over a template for all regions |
//! | `outcome` | the results of the hits: literals, portable form, findings |
//!
//! # Laws
//!
//! * Prose and comments stay as they are; code is reported, never changed.
//! * A text that fits the target stays as it is, so a second run changes nothing.
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

/// Finds the changes that adapt a template to a region.
///
/// Suppressed values stay as they are and are not reported.
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

/// Finds the changes that adapt a file that a template points at to a region.
///
/// A nested template is a template: use [`rewrite_template`] for it.
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
    rewritten.lacking = findings::of_spots(looked, aims);
    for found in [&mut rewritten.lacking, &mut rewritten.findings] {
        found.retain(|finding| !accepted.cover(finding));
    }
    rewritten
}

/// Finds the edits that make a template work in every partition.
///
/// A value that cannot be made portable stays, and [`Rewritten::left`] gives the reason;
/// [`check_template`] on the result reports it. A text that is not a template stays as it is.
pub fn make_portable(template: &Template) -> Rewritten {
    if template.root().get("Resources").is_none() {
        return Rewritten::default();
    }
    portable::of(&engine::look(template, &[Aim::Portable], Aims::one(0)))
}

/// Finds everything that does not work in some regions, or works only after a rewrite.
///
/// Regions outside China are checked only for literals of other partitions: the tables do not cover
/// their services. The results include suppressed findings: pass them to [`Suppressions::apply`].
///
/// Cost: one walk over the tree for all regions.
pub fn check_regions(template: &Template, regions: &[Region]) -> Vec<Diagnostic> {
    checked(regions, |aims| {
        let looked = engine::look(template, aims, Aims::of(0..aims.len()));
        findings::of(&looked, aims, &Suppressions::default())
    })
}

/// Finds everything that does not work in one region; see [`check_regions`].
pub fn check_template(template: &Template, region: &Region) -> Vec<Diagnostic> {
    check_regions(template, std::slice::from_ref(region))
}

/// Finds everything that does not fit some regions in a file that a template points at.
///
/// The results include suppressed findings: pass them to [`Suppressions::apply`].
pub fn check_document(document: &Template, regions: &[Region]) -> Vec<Diagnostic> {
    checked(regions, |aims| {
        let looked = engine::look_at_document(document, aims, Aims::of(0..aims.len()));
        findings::of(&looked, aims, &Suppressions::default())
    })
}

/// Finds values passed to nested templates, at every level, that do not fit some regions there.
///
/// * `nested`: returns the available nested templates of a template, each with the logical ID of
///   its stack.
///
/// The results include suppressed findings: pass them to [`Suppressions::apply`] of the template
/// that passes the values.
///
/// Cost: one walk over each nested template that receives a partition, a suffix, an ARN or a part
/// of a host name, at most 64.
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

/// Checks all regions, in groups of at most [`Aims::MOST`].
fn checked(regions: &[Region], check: impl Fn(&[Aim<'_>]) -> Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut distinct: Vec<&Region> = Vec::new();
    for region in regions {
        if !distinct.contains(&region) {
            distinct.push(region);
        }
    }
    distinct
        .chunks(Aims::MOST)
        .flat_map(|regions| {
            let aims: Vec<Aim<'_>> = regions.iter().map(|region| Aim::Region(region)).collect();
            check(&aims)
        })
        .collect()
}

#[cfg(test)]
mod tests;
