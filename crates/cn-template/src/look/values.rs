//! The value of a node, if it depends only on the region.
//!
//! This is the only code that evaluates functions to a text. Conditions use it, and rules that need
//! more than the written text should use it too.

use crate::partition::Region;
use crate::tree::{Function, Kind, Node, Template};

/// Pseudo parameters whose values depend on the region.
const OF_REGION: [&str; 3] = ["AWS::Region", "AWS::Partition", "AWS::URLSuffix"];

/// Returns true if another tool fills in a text before CloudFormation reads it.
fn is_filled_in_later(text: &str) -> bool {
    ["${", "{{", "<%"].iter().any(|open| text.contains(open))
}

/// Returns true if a value depends on the region.
pub(crate) fn depends_on_region(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => OF_REGION.iter().any(|name| scalar.value.contains(name)),
        Kind::Sequence(items) => items.iter().any(depends_on_region),
        Kind::Mapping(mapping) => mapping
            .entries
            .iter()
            .any(|entry| depends_on_region(&entry.value)),
        Kind::Tagged(tagged) => depends_on_region(&tagged.value),
    }
}

/// A value that depends only on the region.
enum Constant {
    Text(String),
    List(Vec<Constant>),
}

/// The values of a template's nodes in one region.
#[derive(Clone, Copy)]
pub(crate) struct Values<'t, 'a> {
    pub template: &'t Template,
    pub region: &'a Region,
}

impl<'t> Values<'t, '_> {
    /// Returns the text of a node; `None` if it depends on more than the region.
    pub(crate) fn text(&self, node: &'t Node) -> Option<String> {
        match self.constant(node)? {
            Constant::Text(text) => Some(text),
            Constant::List(_) => None,
        }
    }

    fn constant(&self, node: &'t Node) -> Option<Constant> {
        let Some(call) = node.call() else {
            return match &node.kind {
                Kind::Scalar(scalar) if is_filled_in_later(&scalar.value) => None,
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
        let partition = self.region.partition();
        match name {
            "AWS::Region" => Some(self.region.as_str().to_owned()),
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
