//! Walks over every string value of a template, with its place and the aims it exists for.
//!
//! The walk skips resources, outputs and branches whose condition is false for every aim, mapping
//! rows of other partitions, names (`Ref`, `Fn::GetAtt`, types), descriptions of the template, and
//! metadata, which nothing reads at deployment.

use super::aim::{Aim, Aims};
use super::condition::Conditions;
use super::phrase::Phrase;
use super::place::{Place, Section};
use crate::partition::Partition;
use crate::tree::{Call, Entry, Function, Kind, Node, Template};

/// One string value.
pub(crate) struct Site<'a, 't> {
    pub place: &'a Place<'t>,
    pub node: &'t Node,
    pub phrase: Phrase<'t>,
    /// The items of the list that contains the value; empty if it is not in a list.
    pub siblings: &'t [Node],
    /// The aims for which the value exists.
    pub aims: Aims,
}

/// Calls `visit` for every string value of a template.
///
/// * `aims`, `conditions`: the aims of the look, and the conditions for each of them.
/// * `present`: the aims for which the template itself exists.
pub(crate) fn template<'t>(
    template: &'t Template,
    aims: &[Aim<'_>],
    conditions: &[Conditions<'t>],
    present: Aims,
    visit: &mut dyn FnMut(Site<'_, 't>),
) {
    let mut walker = Walker {
        aims,
        conditions,
        present,
        place: Place::outside(),
        visit,
    };
    for entry in template.root().entries() {
        walker.section(entry);
    }
}

/// Calls `visit` for every string value of any other document.
pub(crate) fn document<'t>(
    document: &'t Template,
    aims: &[Aim<'_>],
    conditions: &[Conditions<'t>],
    present: Aims,
    visit: &mut dyn FnMut(Site<'_, 't>),
) {
    let mut walker = Walker {
        aims,
        conditions,
        present,
        place: Place::outside(),
        visit,
    };
    walker.any(document.root());
}

struct Walker<'a, 't> {
    aims: &'a [Aim<'a>],
    conditions: &'a [Conditions<'t>],
    /// The aims for which the current place exists.
    present: Aims,
    place: Place<'t>,
    visit: &'a mut dyn FnMut(Site<'_, 't>),
}

impl<'t> Walker<'_, 't> {
    fn section(&mut self, entry: &'t Entry) {
        let section = match entry.key.as_str() {
            Some("Resources") => return self.resources(&entry.value),
            Some("Globals") => return self.globals(&entry.value),
            Some("Outputs") => Section::Outputs,
            Some("Parameters") => Section::Parameters,
            Some("Mappings") => return self.mappings(&entry.value),
            Some("Conditions") => Section::Conditions,
            Some("Rules") => Section::Rules,
            _ => return,
        };
        self.place.section = section;
        for (key, body) in loops(&entry.value) {
            self.for_aims(self.existing(body), |walker| {
                walker.below(key, |walker| walker.value(body, &[]));
            });
        }
    }

    fn resources(&mut self, resources: &'t Node) {
        self.place.section = Section::Resource;
        for (_, body) in loops(resources) {
            self.for_aims(self.existing(body), |walker| walker.resource(body));
        }
        self.place.resource_type = "";
        self.place.properties = None;
    }

    fn resource(&mut self, body: &'t Node) {
        self.place.resource_type = body.get("Type").and_then(Node::as_str).unwrap_or_default();
        self.place.properties = body.get("Properties");
        if let Some(properties) = self.place.properties {
            self.value(properties, &[]);
        }
        if let Some(init) = body.at(&["Metadata", "AWS::CloudFormation::Init"]) {
            self.below("AWS::CloudFormation::Init", |walker| {
                walker.value(init, &[]);
            });
        }
    }

    /// Walks over a document, which may be the body of one resource.
    fn any(&mut self, root: &'t Node) {
        if let (Some(kind), Some(properties)) = (
            root.get("Type").and_then(Node::as_str),
            root.get("Properties"),
        ) {
            self.place.section = Section::Resource;
            self.place.resource_type = kind;
            self.place.properties = Some(properties);
            return self.value(properties, &[]);
        }
        self.value(root, &[]);
    }

    /// Walks over the properties that SAM adds to every resource of a type.
    fn globals(&mut self, globals: &'t Node) {
        self.place.section = Section::Globals;
        for entry in globals.entries() {
            self.place.resource_type = match entry.key.as_str() {
                Some("Function") => "AWS::Serverless::Function",
                Some("Api") => "AWS::Serverless::Api",
                Some("HttpApi") => "AWS::Serverless::HttpApi",
                Some("SimpleTable") => "AWS::Serverless::SimpleTable",
                Some("StateMachine") => "AWS::Serverless::StateMachine",
                _ => "",
            };
            self.value(&entry.value, &[]);
        }
        self.place.resource_type = "";
    }

    fn mappings(&mut self, mappings: &'t Node) {
        self.place.section = Section::Mappings;
        for map in mappings.entries() {
            let Some(name) = map.key.as_str() else {
                continue;
            };
            for row in map.value.entries() {
                let Some(key) = row.key.as_str() else {
                    continue;
                };
                self.for_aims(self.of_row(key), |walker| {
                    walker.below(name, |walker| {
                        walker.below(key, |walker| walker.value(&row.value, &[]));
                    });
                });
            }
        }
    }

    /// Returns the aims that a mapping's row applies to: a row may be for one partition only.
    fn of_row(&self, key: &str) -> Aims {
        let partition = Partition::from_id(key).or_else(|| Partition::of_region(key));
        match partition {
            None => self.present,
            Some(partition) => self
                .present
                .filter(|index| self.aims[index].fits(partition)),
        }
    }

    /// Returns the aims for which a resource or output can exist.
    fn existing(&self, body: &Node) -> Aims {
        match body.get("Condition").and_then(Node::as_str) {
            None => self.present,
            Some(name) => self
                .present
                .filter(|index| self.conditions[index].can_exist(name)),
        }
    }

    /// Walks on for some of the aims; does nothing if there are none.
    fn for_aims(&mut self, aims: Aims, walk: impl FnOnce(&mut Self)) {
        if aims.is_empty() {
            return;
        }
        let outer = std::mem::replace(&mut self.present, aims);
        walk(self);
        self.present = outer;
    }

    fn below(&mut self, key: &'t str, walk: impl FnOnce(&mut Self)) {
        self.place.path.push(key);
        walk(self);
        self.place.path.pop();
    }

    fn value(&mut self, node: &'t Node, siblings: &'t [Node]) {
        if let Some(call) = node.call() {
            return self.call(node, call, siblings);
        }
        match &node.kind {
            Kind::Scalar(_) => self.site(node, siblings),
            Kind::Sequence(items) => {
                for item in items {
                    self.value(item, items);
                }
            }
            Kind::Mapping(_) => self.mapping(node),
            Kind::Tagged(tagged) => self.value(&tagged.value, siblings),
        }
    }

    fn mapping(&mut self, node: &'t Node) {
        let outer = self.place.statement;
        if is_statement(node) {
            self.place.statement = Some(self.place.path.len());
        }
        for entry in node.entries() {
            let Some(key) = entry.key.as_str() else {
                continue;
            };
            if key.starts_with("Fn::") {
                self.value(&entry.value, &[]);
                continue;
            }
            self.key(&entry.key);
            self.below(key, |walker| walker.value(&entry.value, &[]));
        }
        self.place.statement = outer;
    }

    fn key(&mut self, key: &'t Node) {
        self.place.is_key = true;
        self.site(key, &[]);
        self.place.is_key = false;
    }

    fn call(&mut self, node: &'t Node, call: Call<'t>, siblings: &'t [Node]) {
        let arguments = call.argument.items();
        match (call.function, arguments) {
            (Function::Ref | Function::GetAtt, _) => {}
            (Function::Condition, _) if call.argument.as_str().is_some() => {}
            (Function::Sub, _) => {
                self.site(node, siblings);
                self.variables(arguments);
            }
            (Function::Join, _) => {
                self.site(node, siblings);
                self.joined(arguments);
            }
            (Function::If, [condition, then, otherwise]) => {
                let name = condition.as_str();
                let taken = |branch: fn((bool, bool)) -> bool| {
                    self.present
                        .filter(|index| branch(self.conditions[index].branches(name)))
                };
                let (of_then, of_otherwise) = (taken(|both| both.0), taken(|both| both.1));
                self.for_aims(of_then, |walker| walker.value(then, siblings));
                self.for_aims(of_otherwise, |walker| walker.value(otherwise, siblings));
            }
            (Function::FindInMap, [_, _, _, rest @ ..]) => {
                for node in rest {
                    self.value(node, &[]);
                }
            }
            _ => self.value(call.argument, &[]),
        }
    }

    /// Walks over the variables of a `Fn::Sub`, if it has any.
    fn variables(&mut self, arguments: &'t [Node]) {
        let [_, names] = arguments else {
            return;
        };
        let outer = std::mem::replace(&mut self.place.is_variable, true);
        for entry in names.entries() {
            self.value(&entry.value, &[]);
        }
        self.place.is_variable = outer;
    }

    /// Walks over the values in a `Fn::Join` that are not part of its phrase.
    fn joined(&mut self, arguments: &'t [Node]) {
        let [delimiter, list] = arguments else {
            return;
        };
        let Kind::Sequence(items) = &list.kind else {
            return self.value(list, &[]);
        };
        for item in items {
            match item.call() {
                Some(call) if call.function == Function::Join => self.joined(call.argument.items()),
                Some(call) if call.function == Function::Sub => {
                    self.variables(call.argument.items());
                }
                Some(_) if delimiter.as_str().is_some() => self.value(item, &[]),
                None | Some(_) => {}
            }
        }
    }

    fn site(&mut self, node: &'t Node, siblings: &'t [Node]) {
        let Some(phrase) = Phrase::of(node) else {
            return;
        };
        (self.visit)(Site {
            place: &self.place,
            node,
            phrase,
            siblings,
            aims: self.present,
        });
    }
}

/// Returns the entries of a section, including those inside `Fn::ForEach` loops.
fn loops(section: &Node) -> Vec<(&str, &Node)> {
    let mut found = Vec::new();
    for entry in section.entries() {
        let Some(key) = entry.key.as_str() else {
            continue;
        };
        match entry.value.items() {
            [_, _, body] if key.starts_with("Fn::ForEach::") => found.extend(loops(body)),
            _ => found.push((key, &entry.value)),
        }
    }
    found
}

/// Returns true if a node is a policy statement.
fn is_statement(node: &Node) -> bool {
    node.get("Effect").is_some()
        && [
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Principal",
            "NotPrincipal",
        ]
        .iter()
        .any(|key| node.get(key).is_some())
}
