//! What resources ask for that a region does not have.
//!
//! Other than the rules over texts, these look at whole resources. Only
//! China is known here: for a region elsewhere nothing is said.

mod api;
mod availability;
mod distribution;
mod lambda;
mod services;

use super::condition::Conditions;
use super::{Rewrite, Rewritten, Target, rule, section};
use crate::diag::{Code, Diagnostic, Severity};
use crate::edit::Edit;
use crate::partition::{Partition, Region};
use crate::source::{Source, Span};
use crate::tree::{Function, Kind, Node, Template};

/// Rewrites the structure of resources where the result is certain and documented.
pub(super) fn rewrite(
    template: &Template,
    target: &Target,
    conditions: &Conditions<'_>,
    done: &mut Rewritten,
) {
    each(template, target, conditions, |subject| {
        api::rewrite(subject, done);
    });
}

/// Makes the structure of resources right in every partition.
pub(super) fn make_portable(template: &Template, specific: &Conditions<'_>, done: &mut Rewritten) {
    let target = Target {
        region: "cn-north-1".parse().expect("a region's name"),
    };
    let own = Conditions::of_china(template);
    let added = match own {
        Some(_) => None,
        None => section::condition(template),
    };
    // Nothing may ask for a condition that the template does not have.
    let Some(name) = own.or(added.as_ref().map(|(name, _)| name.as_str())) else {
        return;
    };
    let before = done.edits.len();
    each(
        template,
        &target,
        &Conditions::of(template, &target),
        |subject| {
            let guard = subject.body.get("Condition").and_then(Node::as_str);
            if !guard.is_some_and(|guard| specific.is_specific(guard)) {
                api::make_portable(subject, name, done);
            }
        },
    );
    if done.edits.len() > before {
        done.edits.extend(added.map(|(_, edit)| edit));
    }
}

/// Finds what resources ask for that the region does not have.
pub(super) fn check(
    template: &Template,
    target: &Target,
    conditions: &Conditions<'_>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each(template, target, conditions, |subject| {
        availability::check(subject, &mut found);
        api::check(subject, &mut found);
        distribution::check(subject, &mut found);
        lambda::check(subject, &mut found);
        services::check(subject, &mut found);
    });
    if target.region.partition() == Partition::AwsCn {
        availability::mappings(template, target, conditions, &mut found);
        services::public(&mut found);
    }
    found
}

/// A resource that can exist in the region.
pub(super) struct Subject<'a, 't> {
    source: &'a Source,
    region: &'a Region,
    template: &'t Template,
    conditions: &'a Conditions<'t>,
    logical_id: &'t str,
    /// Its type; for a part of SAM's `Globals` the type it applies to.
    kind: &'t str,
    /// The value of `Type`, or the key in `Globals`.
    kind_span: Span,
    body: &'t Node,
    properties: Option<&'t Node>,
}

fn each<'t>(
    template: &'t Template,
    target: &Target,
    conditions: &Conditions<'t>,
    mut visit: impl FnMut(&Subject<'_, 't>),
) {
    if target.region.partition() != Partition::AwsCn {
        return;
    }
    let source = template.source();
    for resource in template.resources() {
        let condition = resource.body.get("Condition").and_then(Node::as_str);
        let (Some(kind), Some(type_node)) = (resource.kind, resource.body.get("Type")) else {
            continue;
        };
        if condition.and_then(|name| conditions.holds(name)) == Some(false) {
            continue;
        }
        visit(&Subject {
            source,
            region: &target.region,
            template,
            conditions,
            logical_id: resource.logical_id,
            kind,
            kind_span: type_node.span,
            body: resource.body,
            properties: resource.properties(),
        });
    }
    let globals = template
        .root()
        .get("Globals")
        .map(Node::entries)
        .unwrap_or_default();
    for entry in globals {
        let kind = match entry.key.as_str() {
            Some("Function") => "AWS::Serverless::Function",
            Some("Api") => "AWS::Serverless::Api",
            _ => continue,
        };
        visit(&Subject {
            source,
            region: &target.region,
            template,
            conditions,
            logical_id: "Globals",
            kind,
            kind_span: entry.key.span,
            body: &entry.value,
            properties: Some(&entry.value),
        });
    }
}

impl<'t> Subject<'_, 't> {
    /// The nodes at a path of the properties; lists and reachable branches are gone through.
    fn at(&self, path: &[&str]) -> Vec<&'t Node> {
        let mut nodes: Vec<&'t Node> = self
            .properties
            .into_iter()
            .flat_map(|node| self.reachable(node))
            .collect();
        for key in path {
            nodes = nodes
                .into_iter()
                .filter_map(|node| node.get(key))
                .flat_map(|node| self.reachable(node))
                .collect();
        }
        nodes
    }

    /// The texts at a path, where they are written out.
    fn texts(&self, path: &[&str]) -> Vec<(&'t str, Span)> {
        self.at(path)
            .into_iter()
            .filter_map(|node| Some((node.as_str()?, node.span)))
            .collect()
    }

    /// A node, or what it stands for: items of a list, branches of `Fn::If`.
    fn reachable(&self, node: &'t Node) -> Vec<&'t Node> {
        if let Some(call) = node.call() {
            let (Function::If, [name, then, otherwise]) = (call.function, call.argument.items())
            else {
                return vec![node];
            };
            let holds = name.as_str().and_then(|name| self.conditions.holds(name));
            let mut found = Vec::new();
            if holds != Some(false) {
                found.extend(self.reachable(then));
            }
            if holds != Some(true) {
                found.extend(self.reachable(otherwise));
            }
            return found;
        }
        match &node.kind {
            Kind::Sequence(items) => items.iter().flat_map(|item| self.reachable(item)).collect(),
            _ => vec![node],
        }
    }

    fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind)
    }

    fn found(
        &self,
        code: Code,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) -> Diagnostic {
        Diagnostic {
            severity,
            ..Diagnostic::note(code, message)
        }
        .at(self.source, span, "")
        .help(help)
    }

    /// Reports a property, wherever it is given.
    fn forbid(
        &self,
        found: &mut Vec<Diagnostic>,
        path: &[&str],
        code: Code,
        severity: Severity,
        message: &str,
        help: &str,
    ) {
        let (Some((last, parents)), true) = (path.split_last(), self.properties.is_some()) else {
            return;
        };
        for node in self.at(parents) {
            if let Some(entry) = node.entry(last).filter(|entry| !is_no_value(&entry.value)) {
                found.push(self.found(code, severity, entry.key.span, message, help));
            }
        }
    }
}

/// `!Ref AWS::NoValue`, or nothing.
fn is_no_value(node: &Node) -> bool {
    node.is_null()
        || node.call().is_some_and(|call| {
            call.function == Function::Ref && call.argument.as_str() == Some("AWS::NoValue")
        })
}

fn rewrote(done: &mut Rewritten, code: Code, edit: Edit, span: Span, before: &str, after: &str) {
    let rule = rule::of(code);
    done.edits.push(edit);
    done.rewrites.push(Rewrite {
        rule: rule.code.id,
        reason: rule.reason,
        span,
        before: before.to_owned(),
        after: after.to_owned(),
    });
}
