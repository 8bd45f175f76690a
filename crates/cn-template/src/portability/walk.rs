//! Every string value of a template with its place.
//!
//! Left out: what cannot exist in the target region (resources, outputs and
//! branches whose condition is false there, mapping rows of other
//! partitions), names (`Ref`, `Fn::GetAtt`, types), descriptions of the
//! template and metadata, which nothing reads at deployment.

use super::condition::Conditions;
use super::matches::Aim;
use super::phrase::Phrase;
use super::place::{Place, Section};
use crate::partition::Partition;
use crate::tree::{Call, Entry, Function, Kind, Node, Template};

/// One string value.
pub(super) struct Site<'a, 't> {
    pub place: &'a Place<'t>,
    pub phrase: Phrase<'t>,
    /// The list the value is an item of; empty elsewhere.
    pub siblings: &'t [Node],
}

/// Hands every string value of a template to `visit`.
pub(super) fn template<'t>(
    template: &'t Template,
    aim: Aim<'_>,
    conditions: &Conditions<'t>,
    visit: &mut dyn FnMut(Site<'_, 't>),
) {
    let mut walker = Walker {
        aim,
        conditions,
        place: outside(),
        visit,
    };
    for entry in template.root().entries() {
        walker.section(entry);
    }
}

/// Hands every string value of any other document to `visit`.
pub(super) fn document<'t>(
    document: &'t Template,
    aim: Aim<'_>,
    visit: &mut dyn FnMut(Site<'_, 't>),
) {
    let mut walker = Walker {
        aim,
        conditions: &Conditions::default(),
        place: outside(),
        visit,
    };
    walker.any(document.root());
}

fn outside<'t>() -> Place<'t> {
    Place {
        section: Section::Document,
        resource_type: "",
        properties: None,
        path: Vec::new(),
        statement: None,
        is_key: false,
    }
}

struct Walker<'a, 't> {
    aim: Aim<'a>,
    conditions: &'a Conditions<'t>,
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
            if !self.exists(body) {
                continue;
            }
            self.below(key, |walker| walker.value(body, &[]));
        }
    }

    fn resources(&mut self, resources: &'t Node) {
        self.place.section = Section::Resource;
        for (_, body) in loops(resources) {
            if !self.exists(body) {
                continue;
            }
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
        self.place.resource_type = "";
        self.place.properties = None;
    }

    /// A snippet, which may be the body of one resource.
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

    /// The properties that SAM puts into every resource of a type.
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
                if self.is_of_another_partition(key) {
                    continue;
                }
                self.below(name, |walker| {
                    walker.below(key, |walker| walker.value(&row.value, &[]));
                });
            }
        }
    }

    /// Whether a mapping's row can only be meant for another partition.
    fn is_of_another_partition(&self, key: &str) -> bool {
        let partition = Partition::from_id(key).or_else(|| Partition::of_region(key));
        partition.is_some_and(|partition| !self.aim.fits(partition))
    }

    /// Whether a resource or output can exist in the target region.
    fn exists(&self, body: &Node) -> bool {
        let Some(name) = body.get("Condition").and_then(Node::as_str) else {
            return true;
        };
        self.conditions.holds(name) != Some(false) && !self.conditions.is_specific(name)
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
                if let [_, names] = arguments {
                    for entry in names.entries() {
                        self.value(&entry.value, &[]);
                    }
                }
            }
            (Function::Join, _) => {
                self.site(node, siblings);
                self.joined(arguments);
            }
            (Function::If, [condition, then, otherwise]) => {
                if condition
                    .as_str()
                    .is_some_and(|name| self.conditions.is_specific(name))
                {
                    return;
                }
                let holds = condition
                    .as_str()
                    .and_then(|name| self.conditions.holds(name));
                if holds != Some(false) {
                    self.value(then, siblings);
                }
                if holds != Some(true) {
                    self.value(otherwise, siblings);
                }
            }
            (Function::FindInMap, [_, _, _, rest @ ..]) => {
                for node in rest {
                    self.value(node, &[]);
                }
            }
            _ => self.value(call.argument, &[]),
        }
    }

    /// What stands in a `Fn::Join` but is no part of its phrase.
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
                    if let [_, names] = call.argument.items() {
                        for entry in names.entries() {
                            self.value(&entry.value, &[]);
                        }
                    }
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
            phrase,
            siblings,
        });
    }
}

/// The entries of a section, those inside `Fn::ForEach` loops included.
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

/// Whether a mapping is a statement of a policy.
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
