//! One resource as a rule sees it.
//!
//! Rules about resources cover only China: they find nothing for other regions.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::aim::{Aim, Aims};
use super::condition::{self, Conditions};
use crate::edit::Edit;
use crate::partition::Region;
use crate::section::mapping;
use crate::source::{Source, Span};
use crate::tree::{Function, Kind, Node, Template};

/// A template, as rules about resources see it.
pub(crate) struct View<'a, 't> {
    pub template: &'t Template,
    pub aims: &'a [Aim<'a>],
    /// The conditions for each aim.
    pub conditions: &'a [Conditions<'t>],
    /// The aims that rules about resources cover: regions in China, and the portable form.
    pub present: Aims,
    /// Resource types with a rule of their own, which the rule for the table of types skips.
    named: &'a HashSet<&'static str>,
    is_china: OnceCell<Option<(String, Option<Edit>)>>,
}

impl<'a, 't> View<'a, 't> {
    /// * `present`: the aims for which the template exists.
    pub(crate) fn new(
        template: &'t Template,
        aims: &'a [Aim<'a>],
        conditions: &'a [Conditions<'t>],
        present: Aims,
        named: &'a HashSet<&'static str>,
    ) -> Self {
        let is_meant = |index: usize| aims[index].is_china() || aims[index].region().is_none();
        Self {
            template,
            aims,
            conditions,
            present: present.filter(is_meant),
            named,
            is_china: OnceCell::new(),
        }
    }

    /// Returns true if a rule names the resource type.
    pub(crate) fn has_own_rule(&self, kind: &str) -> bool {
        self.named.contains(kind)
    }

    /// Returns the name of a condition that is true only in China, and the edit that adds it.
    ///
    /// `None` if the template can take no condition; no edit if the template has one already.
    pub(crate) fn is_china(&self) -> Option<&(String, Option<Edit>)> {
        let found = self
            .is_china
            .get_or_init(|| match condition::of_china(self.template) {
                Some(own) => Some((own.to_owned(), None)),
                None => mapping::condition(self.template).map(|(name, edit)| (name, Some(edit))),
            });
        found.as_ref()
    }

    /// Returns the regions among the aims, each with its aim as a set.
    pub(crate) fn regions(&self, aims: Aims) -> impl Iterator<Item = (Aims, &'a Region)> {
        aims.indices().filter_map(|index| match self.aims[index] {
            Aim::Region(region) => Some((Aims::one(index), region)),
            Aim::Portable => None,
        })
    }

    /// Returns the aims that are regions.
    pub(crate) fn in_regions(&self, aims: Aims) -> Aims {
        aims.filter(|index| self.aims[index].region().is_some())
    }

    /// Calls `visit` for every resource that can exist, and for the parts of SAM's `Globals`.
    pub(crate) fn each(&self, mut visit: impl FnMut(&Subject<'_, 't>)) {
        if self.present.is_empty() {
            return;
        }
        for resource in self.template.resources() {
            let (Some(kind), Some(type_node)) = (resource.kind, resource.body.get("Type")) else {
                continue;
            };
            let condition = resource.body.get("Condition").and_then(Node::as_str);
            let exists = |index: usize| {
                let conditions = &self.conditions[index];
                condition.is_none_or(|name| {
                    conditions.can_exist(name) && conditions.holds(name) != Some(false)
                })
            };
            let present = self.present.filter(exists);
            if present.is_empty() {
                continue;
            }
            visit(&Subject {
                view: self,
                present,
                is_global: false,
                kind,
                kind_span: type_node.span,
                properties: resource.properties(),
            });
        }
        let globals = self.template.root().get("Globals");
        for entry in globals.map(Node::entries).unwrap_or_default() {
            let kind = match entry.key.as_str() {
                Some("Function") => "AWS::Serverless::Function",
                Some("Api") => "AWS::Serverless::Api",
                _ => continue,
            };
            visit(&Subject {
                view: self,
                present: self.present,
                is_global: true,
                kind,
                kind_span: entry.key.span,
                properties: Some(&entry.value),
            });
        }
    }
}

/// A resource, or a part of SAM's `Globals`.
pub(crate) struct Subject<'a, 't> {
    pub view: &'a View<'a, 't>,
    /// The aims for which the subject exists.
    pub present: Aims,
    /// True for a part of `Globals`.
    pub is_global: bool,
    /// The type; for a part of `Globals`, the type it applies to.
    pub kind: &'t str,
    /// The span of the value of `Type`, or of the key in `Globals`.
    pub kind_span: Span,
    pub properties: Option<&'t Node>,
}

impl<'t> Subject<'_, 't> {
    pub(crate) fn source(&self) -> &'t Source {
        self.view.template.source()
    }

    /// Returns the regions that the subject exists in, each with its aim as a set.
    pub(crate) fn regions(&self) -> impl Iterator<Item = (Aims, &Region)> {
        self.view.regions(self.present)
    }

    /// Returns the nodes at a path of the properties, each with the aims that reach it.
    ///
    /// The path leads through items of lists and branches of `Fn::If`.
    pub(crate) fn at(&self, path: &[&str]) -> Vec<(&'t Node, Aims)> {
        let mut nodes = Vec::new();
        if let Some(properties) = self.properties {
            self.reach(properties, self.present, &mut nodes);
        }
        for key in path {
            let mut below = Vec::new();
            for (node, aims) in nodes {
                if let Some(value) = node.get(key) {
                    self.reach(value, aims, &mut below);
                }
            }
            nodes = below;
        }
        nodes
    }

    /// Returns the texts at a path that are written out.
    pub(crate) fn texts(&self, path: &[&str]) -> Vec<(&'t str, Span, Aims)> {
        self.at(path)
            .into_iter()
            .filter_map(|(node, aims)| Some((node.as_str()?, node.span, aims)))
            .collect()
    }

    /// Returns the keys of a property that has a value, each with the aims that reach it.
    pub(crate) fn given(&self, path: &[&str]) -> Vec<(Span, Aims)> {
        let (Some((last, parents)), true) = (path.split_last(), self.properties.is_some()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (node, aims) in self.at(parents) {
            let Some(entry) = node.entry(last) else {
                continue;
            };
            let aims = self.aims_of_value(&entry.value, aims);
            if !aims.is_empty() {
                found.push((entry.key.span, aims));
            }
        }
        found
    }

    /// Returns the aims for which a node is not `AWS::NoValue`; an empty list is a value.
    fn aims_of_value(&self, node: &'t Node, aims: Aims) -> Aims {
        if node.call().is_none() {
            return if is_no_value(node) { Aims::NONE } else { aims };
        }
        let mut reached = Vec::new();
        self.reach(node, aims, &mut reached);
        reached
            .into_iter()
            .filter(|(node, _)| !is_no_value(node))
            .fold(Aims::NONE, |all, (_, aims)| all.or(aims))
    }

    /// Returns the aims for which a node at a path has a value.
    pub(crate) fn aims_given(&self, path: &[&str]) -> Aims {
        self.at(path)
            .into_iter()
            .filter(|(node, _)| !is_no_value(node))
            .fold(Aims::NONE, |all, (_, aims)| all.or(aims))
    }

    /// Adds a node to `found`, or the nodes inside it if it is a list or `Fn::If`.
    fn reach(&self, node: &'t Node, aims: Aims, found: &mut Vec<(&'t Node, Aims)>) {
        if aims.is_empty() {
            return;
        }
        if let Some(call) = node.call() {
            let (Function::If, [name, then, otherwise]) = (call.function, call.argument.items())
            else {
                return found.push((node, aims));
            };
            let conditions = self.view.conditions;
            let outcome =
                |index: usize| name.as_str().and_then(|name| conditions[index].holds(name));
            self.reach(
                then,
                aims.filter(|index| outcome(index) != Some(false)),
                found,
            );
            self.reach(
                otherwise,
                aims.filter(|index| outcome(index) != Some(true)),
                found,
            );
            return;
        }
        match &node.kind {
            Kind::Sequence(items) => {
                for item in items {
                    self.reach(item, aims, found);
                }
            }
            _ => found.push((node, aims)),
        }
    }
}

/// Returns true if a node is null or `!Ref AWS::NoValue`.
pub(crate) fn is_no_value(node: &Node) -> bool {
    node.is_null()
        || node.call().is_some_and(|call| {
            call.function == Function::Ref && call.argument.as_str() == Some("AWS::NoValue")
        })
}
