//! Looks at a template once, for all aims, and collects the hits of the rules.
//!
//! | module | contents |
//! | --- | --- |
//! | `looks` | the looks of all rules, and the words that they look for |
//! | `site` | one text of a template, or every text that it can be |
//! | `decide` | one decision for all texts that an expression can be |
//! | `resources` | the resources of a template |
//! | `passed` | the values that a template passes to nested templates |
//! | `result` | a text with the hits or the document found in it |

mod decide;
mod looks;
mod passed;
mod resources;
mod result;
mod site;

pub(crate) use self::passed::{PassedOn, look_at_passed};
pub(crate) use self::result::{Content, TextResult};
pub(crate) use self::site::look_at_line;

use std::cell::LazyCell;

use self::resources::look_at_resources;
use self::site::look_at_site;
use crate::look::aim::{Aim, Aims};
use crate::look::condition::Conditions;
use crate::look::place::Section;
use crate::look::trial::Reach;
use crate::look::uses;
use crate::look::walk;
use crate::rules::model::Spot;
use crate::tree::Template;

/// Everything that the rules find in a template.
pub(crate) struct Looked<'t> {
    pub template: &'t Template,
    /// Texts with hits, and documents in strings, in the order of the template.
    pub texts: Vec<TextResult<'t>>,
    /// Nodes with something to report.
    pub spots: Vec<Spot>,
}

/// Looks at a template, or at another document if it has no `Resources`.
///
/// Cost: one walk over the tree, whatever the number of aims. Each text is split into its parts
/// once, and only texts with something of interest are looked at for each aim.
pub(crate) fn look<'t>(template: &'t Template, aims: &[Aim<'_>], present: Aims) -> Looked<'t> {
    if template.root().get("Resources").is_none() {
        return look_at_document(template, aims, present);
    }
    let conditions = Conditions::of_each(template, aims);
    let of_principals = LazyCell::new(|| uses::of_principals(template));
    let mut texts = Vec::new();
    let reach = Reach::of(template, aims, &conditions);
    walk::template(template, aims, &conditions, present, &mut |site| {
        let serves_principals =
            matches!(site.place.section, Section::Parameters | Section::Mappings)
                && site
                    .place
                    .path
                    .first()
                    .is_some_and(|name| of_principals.contains(name));
        texts.extend(look_at_site(reach, site, serves_principals));
    });
    decide::drop_repeated(&mut texts);
    Looked {
        template,
        texts,
        spots: look_at_resources(template, aims, &conditions, present),
    }
}

/// Looks at a document that is not a template.
pub(crate) fn look_at_document<'t>(
    document: &'t Template,
    aims: &[Aim<'_>],
    present: Aims,
) -> Looked<'t> {
    let conditions: Vec<Conditions<'t>> = aims.iter().map(|_| Conditions::default()).collect();
    let mut texts = Vec::new();
    let reach = Reach::of(document, aims, &conditions);
    walk::document(document, aims, &conditions, present, &mut |site| {
        texts.extend(look_at_site(reach, site, false));
    });
    decide::drop_repeated(&mut texts);
    Looked {
        template: document,
        texts,
        spots: Vec::new(),
    }
}
