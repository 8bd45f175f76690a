//! Looks at the values that a template passes to nested templates.

use std::ops::Range;

use super::result::Content;
use super::site::look_at_site;
use crate::look::aim::{Aim, Aims};
use crate::look::condition::Conditions;
use crate::look::trial::{Origin, Passed, Reach, is_structural};
use crate::look::walk;
use crate::rules::model::Hit;
use crate::tree::{Node, Template};

/// A value passed to a nested template, with a hit of a rule in a text of that template.
pub(crate) struct PassedOn<'t> {
    /// The literal, in the template that passes the value.
    pub node: &'t Node,
    /// The bytes of the hit in the literal's text.
    pub range: Range<usize>,
    pub hit: Hit,
}

/// A function that returns the available nested templates, each with its stack's logical ID.
pub(crate) type Nested<'a, 't> = &'a dyn Fn(&'t Template) -> Vec<(String, &'t Template)>;

/// Maximum number of nested templates to look at for the values of one template.
const MOST_NESTED: usize = 64;

/// Looks at the texts of nested templates, at every level, that contain values of a template.
///
/// Cost: one walk over each nested template that receives a value which decides the meaning of a
/// text, for each path that leads there, at most [`MOST_NESTED`].
pub(crate) fn look_at_passed<'t>(
    template: &'t Template,
    nested: Nested<'_, 't>,
    aims: &[Aim<'_>],
) -> Vec<PassedOn<'t>> {
    let mut descent = Descent {
        nested,
        aims,
        way: vec![template],
        left: MOST_NESTED,
        found: Vec::new(),
    };
    descent.visit(template, None, Aims::of(0..aims.len()));
    descent.found
}

/// A descent through nested templates.
struct Descent<'a, 't> {
    nested: Nested<'a, 't>,
    aims: &'a [Aim<'a>],
    /// The templates on the path to the current one, outermost first.
    way: Vec<&'t Template>,
    /// Number of templates that may still be looked at.
    left: usize,
    found: Vec<PassedOn<'t>>,
}

impl<'t> Descent<'_, 't> {
    /// * `given`: the values passed to the template; `None` for the outermost.
    fn visit(&mut self, template: &'t Template, given: Option<&Passed<'t>>, present: Aims) {
        let aims = self.aims;
        let conditions = Conditions::of_each(template, aims);
        let reach = Reach {
            passed: given,
            ..Reach::of(template, aims, &conditions)
        };
        // The outermost template receives no values.
        if given.is_some() {
            self.look(reach, present);
        }
        for (stack, nested) in (self.nested)(template) {
            let is_circle = self.way.iter().any(|outer| std::ptr::eq(*outer, nested));
            let mut resources = template.resources();
            let resource = resources.find(|resource| resource.logical_id == stack);
            let Some(resource) = resource.filter(|_| self.left > 0 && !is_circle) else {
                continue;
            };
            let condition = resource.body.get("Condition").and_then(Node::as_str);
            let present = present
                .filter(|index| condition.is_none_or(|name| conditions[index].can_exist(name)));
            let passed = passed(reach, resource.body, present);
            if passed.is_empty() {
                continue;
            }
            self.left -= 1;
            self.way.push(nested);
            self.visit(nested, Some(&passed), present);
            self.way.pop();
        }
    }

    fn look(&mut self, reach: Reach<'_, 't>, present: Aims) {
        let (template, aims) = (reach.template, reach.aims);
        walk::template(template, aims, reach.conditions, present, &mut |site| {
            for result in look_at_site(reach, site, false) {
                let Content::Hits { hits, .. } = result.content else {
                    continue;
                };
                for hit in hits {
                    let part = result.phrase.locate(&hit.range);
                    let passed = part.filter(|part| part.origin == Origin::Passed);
                    self.found.extend(passed.map(|part| PassedOn {
                        node: part.scalar,
                        range: part.range,
                        hit,
                    }));
                }
            }
        });
    }
}

/// Returns the values that a stack passes on.
///
/// These are literals of the outermost template that decide the meaning of the text around them.
fn passed<'t>(reach: Reach<'_, 't>, stack: &'t Node, present: Aims) -> Passed<'t> {
    let is_given = |node: &Node| {
        reach.passed.is_none_or(|given| {
            let mut given = given.values().flatten();
            given.any(|(other, _)| std::ptr::eq(*other, node))
        })
    };
    let parameters = stack.at(&["Properties", "Parameters"]);
    let entries = parameters.map(Node::entries).unwrap_or_default().iter();
    entries
        .filter_map(|entry| {
            let mut texts = reach.texts(&entry.value, present);
            texts.retain(|(node, _)| node.as_str().is_some_and(is_structural) && is_given(node));
            Some((entry.key.as_str()?, texts)).filter(|(_, texts)| !texts.is_empty())
        })
        .collect()
}
