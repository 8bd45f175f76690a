//! Which conditions hold in a region.
//!
//! Only what follows from the region is decided: a condition on a parameter
//! is unknown, and what is unknown is treated as if it could be.

use std::collections::{BTreeMap, BTreeSet};

use super::Target;
use crate::tree::{Function, Kind, Node, Template};

/// The conditions of a template whose outcome the region decides.
#[derive(Debug, Default)]
pub(super) struct Conditions<'t> {
    decided: BTreeMap<&'t str, bool>,
    /// Those that tell partitions apart; known where no region is aimed at.
    specific: BTreeSet<&'t str>,
}

impl<'t> Conditions<'t> {
    /// Decides what can be decided.
    pub(super) fn of(template: &'t Template, target: &Target) -> Self {
        let entries = section(template, "Conditions");
        let evaluator = Evaluator { template, target };
        let decided = entries
            .iter()
            .filter_map(|entry| {
                let name = entry.key.as_str()?;
                let outcome = evaluator.condition(&entry.value, entries.len())?;
                Some((name, outcome))
            })
            .collect();
        Self {
            decided,
            specific: BTreeSet::new(),
        }
    }

    /// Finds the conditions that tell one partition from another.
    pub(super) fn telling_partitions_apart(template: &'t Template) -> Self {
        let outcomes = |region: &str| {
            let region = region.parse().expect("a region's name");
            Self::of(template, &Target { region }).decided
        };
        let (here, there) = (outcomes("us-east-1"), outcomes("cn-north-1"));
        let differs =
            |(name, outcome): (&'t str, bool)| (there.get(name) != Some(&outcome)).then_some(name);
        Self {
            decided: BTreeMap::new(),
            specific: here
                .iter()
                .map(|(name, outcome)| (*name, *outcome))
                .filter_map(differs)
                .collect(),
        }
    }

    /// A condition that holds in China and not in the commercial regions.
    pub(super) fn of_china(template: &'t Template) -> Option<&'t str> {
        let at = |region: &str| {
            let region = region.parse().expect("a region's name");
            Self::of(template, &Target { region })
        };
        let (here, north, west) = (at("us-east-1"), at("cn-north-1"), at("cn-northwest-1"));
        let is_china = |name: &&'t str| {
            north.holds(name) == Some(true)
                && west.holds(name) == Some(true)
                && here.holds(name) == Some(false)
        };
        north.decided.keys().copied().find(is_china)
    }

    /// Whether the condition tells partitions apart, so that what it guards is written for one of them.
    pub(super) fn is_specific(&self, name: &str) -> bool {
        self.specific.contains(name)
    }

    /// Whether the condition holds; none if that is not known.
    pub(super) fn holds(&self, name: &str) -> Option<bool> {
        self.decided.get(name).copied()
    }
}

fn section<'t>(template: &'t Template, name: &str) -> &'t [crate::tree::Entry] {
    template
        .root()
        .get(name)
        .map(Node::entries)
        .unwrap_or_default()
}

/// What a function gives when all it depends on is the region.
enum Constant {
    Text(String),
    List(Vec<Constant>),
}

struct Evaluator<'t, 'a> {
    template: &'t Template,
    target: &'a Target,
}

impl<'t> Evaluator<'t, '_> {
    /// * `depth`: how many more conditions may be looked up by name; ends cycles.
    fn condition(&self, node: &'t Node, depth: usize) -> Option<bool> {
        let call = node.call()?;
        let operands = call.argument.items();
        match call.function {
            Function::Condition => {
                let name = call.argument.as_str()?;
                let entry = section(self.template, "Conditions")
                    .iter()
                    .find(|entry| entry.key.as_str() == Some(name))?;
                self.condition(&entry.value, depth.checked_sub(1)?)
            }
            Function::Other("Not") => match operands {
                [operand] => self.condition(operand, depth).map(|outcome| !outcome),
                _ => None,
            },
            Function::Other("And") => self.all(operands, depth, true),
            Function::Other("Or") => self.all(operands, depth, false),
            Function::Other("Equals") => {
                let [left, right] = operands else { return None };
                let (left, right) = (self.text(left)?, self.text(right)?);
                Some(left == right)
            }
            _ => None,
        }
    }

    /// `And` when `neutral` is true, `Or` when it is false.
    fn all(&self, operands: &'t [Node], depth: usize, neutral: bool) -> Option<bool> {
        let mut outcome = Some(neutral);
        for operand in operands {
            match self.condition(operand, depth) {
                Some(decided) if decided != neutral => return Some(decided),
                Some(_) => {}
                None => outcome = None,
            }
        }
        outcome
    }

    fn text(&self, node: &'t Node) -> Option<String> {
        match self.constant(node)? {
            Constant::Text(text) => Some(text),
            Constant::List(_) => None,
        }
    }

    fn constant(&self, node: &'t Node) -> Option<Constant> {
        let Some(call) = node.call() else {
            return match &node.kind {
                Kind::Scalar(scalar) => Some(Constant::Text(scalar.value.clone())),
                Kind::Sequence(items) => items
                    .iter()
                    .map(|item| self.constant(item))
                    .collect::<Option<_>>()
                    .map(Constant::List),
                _ => None,
            };
        };
        let arguments = call.argument.items();
        match (call.function, arguments) {
            (Function::Ref, _) => self.pseudo(call.argument.as_str()?).map(Constant::Text),
            (Function::Sub, []) => self.sub(call.argument.as_str()?).map(Constant::Text),
            (Function::FindInMap, [map, first, second, ..]) => self.find_in_map(map, first, second),
            (Function::Join, [delimiter, list]) => {
                let Constant::List(items) = self.constant(list)? else {
                    return None;
                };
                let texts: Option<Vec<String>> = items
                    .into_iter()
                    .map(|item| match item {
                        Constant::Text(text) => Some(text),
                        Constant::List(_) => None,
                    })
                    .collect();
                Some(Constant::Text(texts?.join(delimiter.as_str()?)))
            }
            (Function::Other("Split"), [delimiter, text]) => {
                let text = self.text(text)?;
                let parts = text.split(delimiter.as_str()?);
                Some(Constant::List(
                    parts.map(|part| Constant::Text(part.to_owned())).collect(),
                ))
            }
            (Function::Other("Select"), [index, list]) => {
                let index: usize = index.as_str()?.parse().ok()?;
                let Constant::List(items) = self.constant(list)? else {
                    return None;
                };
                items.into_iter().nth(index)
            }
            _ => None,
        }
    }

    fn find_in_map(&self, map: &'t Node, first: &'t Node, second: &'t Node) -> Option<Constant> {
        let map = self.template.root().at(&["Mappings", map.as_str()?])?;
        let value = map.get(&self.text(first)?)?.get(&self.text(second)?)?;
        self.constant(value)
    }

    fn pseudo(&self, name: &str) -> Option<String> {
        let partition = self.target.region.partition();
        match name {
            "AWS::Region" => Some(self.target.region.as_str().to_owned()),
            "AWS::Partition" => Some(partition.id().to_owned()),
            "AWS::URLSuffix" => Some(partition.dns_suffix().to_owned()),
            _ => None,
        }
    }

    fn sub(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(&self.pseudo(name)?);
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}
