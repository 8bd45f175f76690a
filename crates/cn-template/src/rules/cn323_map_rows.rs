//! Creation fails with `Template error: Unable to get mapping`.

use std::collections::BTreeMap;

use super::model::{Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::look::aim::Aims;
use crate::look::subject::View;
use crate::partition::Partition;
use crate::tree::{Function, Kind, Node};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN323",
        title: "mapping without a key for the region",
    },
    name: "map-rows",
    severity: Severity::Warning,
    why: "without the key, CloudFormation fails with `Template error: Unable to get mapping`",
    help: "add the key; without it, CloudFormation fails with `Template error: Unable to get mapping`",
    sources: &["cfn-find-in-map"],
    looks: &[Look::Template(look)],
    ..Rule::BASE
};

fn look(view: &View<'_, '_>, spots: &mut Spots<'_>) {
    let maps = view.template.root().get("Mappings");
    let maps = maps.map(Node::entries).unwrap_or_default();
    if maps.is_empty() {
        return;
    }
    let mut found = BTreeMap::new();
    for section in ["Resources", "Outputs", "Conditions"] {
        if let Some(node) = view.template.root().get(section) {
            lookups(view, node, view.in_regions(view.present), &mut found);
        }
    }
    for ((map, pseudo), aims) in found {
        let Some(entry) = maps.iter().find(|entry| entry.key.as_str() == Some(map)) else {
            continue;
        };
        for (aim, region) in view.regions(aims) {
            let row = match pseudo {
                "AWS::Region" => region.as_str(),
                "AWS::Partition" => region.partition().id(),
                _ => continue,
            };
            if entry.value.get(row).is_none() && has_rows_like(&entry.value, row) {
                spots.labelled(
                    Severity::Warning,
                    entry.key.span,
                    aim,
                    format!("mapping `{map}` has no top-level key `{row}`"),
                    format!("looked up by `{pseudo}`"),
                    RULE.help.to_owned(),
                );
            }
        }
    }
}

/// Returns true if other rows are regions or partitions.
///
/// The keys of a map in a loop may be of another kind.
fn has_rows_like(map: &Node, row: &str) -> bool {
    let is_region = Partition::of_region(row).is_some();
    map.entries()
        .iter()
        .filter_map(|entry| entry.key.as_str())
        .any(|key| {
            if is_region {
                Partition::of_region(key).is_some()
            } else {
                key.starts_with("aws")
            }
        })
}

/// Collects `Fn::FindInMap` calls whose first key is a pseudo parameter, with their aims.
fn lookups<'t>(
    view: &View<'_, 't>,
    node: &'t Node,
    aims: Aims,
    found: &mut BTreeMap<(&'t str, &'t str), Aims>,
) {
    let condition = node.get("Condition").and_then(Node::as_str);
    let holds =
        |name: Option<&str>, index: usize| name.and_then(|name| view.conditions[index].holds(name));
    let aims = if node.get("Type").is_some() {
        aims.filter(|index| holds(condition, index) != Some(false))
    } else {
        aims
    };
    if aims.is_empty() {
        return;
    }
    if let Some(call) = node.call() {
        match (call.function, call.argument.items()) {
            (Function::FindInMap, [map, first, _]) => {
                let pseudo = first
                    .call()
                    .filter(|call| call.function == Function::Ref)
                    .and_then(|call| call.argument.as_str());
                if let Some(key) = map.as_str().zip(pseudo) {
                    let known = found.entry(key).or_insert(Aims::NONE);
                    *known = known.or(aims);
                }
            }
            (Function::If, [name, then, otherwise]) => {
                let name = name.as_str();
                let taken = |unless: bool| aims.filter(|index| holds(name, index) != Some(unless));
                lookups(view, then, taken(false), found);
                return lookups(view, otherwise, taken(true), found);
            }
            _ => {}
        }
    }
    match &node.kind {
        Kind::Sequence(items) => {
            for item in items {
                lookups(view, item, aims, found);
            }
        }
        Kind::Mapping(mapping) => {
            for entry in &mapping.entries {
                lookups(view, &entry.value, aims, found);
            }
        }
        Kind::Tagged(tagged) => lookups(view, &tagged.value, aims, found),
        Kind::Scalar(_) => {}
    }
}
