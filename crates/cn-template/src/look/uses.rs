//! Parameters and mappings whose values become service principals.
//!
//! `Suffix: amazonaws.com` in a mapping may end an address or a principal; only its use decides.

use std::collections::BTreeSet;

use crate::tree::{Function, Kind, Node, Template};

/// Returns the names of parameters and mappings that are used in a principal.
pub(crate) fn of_principals(template: &Template) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for resource in template.resources() {
        search(resource.body, false, false, &mut found);
    }
    found
}

/// * `below_principal`: true below a key `Principal`.
/// * `counts`: true if a service's name is expected.
fn search<'t>(node: &'t Node, below_principal: bool, counts: bool, found: &mut BTreeSet<&'t str>) {
    if let (true, Some(call)) = (counts, node.call()) {
        match call.function {
            Function::Ref => found.extend(call.argument.as_str()),
            Function::FindInMap => {
                found.extend(call.argument.items().first().and_then(Node::as_str));
            }
            Function::Sub => {
                let body = call.argument.items().first().unwrap_or(call.argument);
                found.extend(body.as_str().into_iter().flat_map(names_in));
            }
            _ => {}
        }
    }
    match &node.kind {
        Kind::Sequence(items) => {
            for item in items {
                search(item, below_principal, counts, found);
            }
        }
        Kind::Mapping(mapping) => {
            for entry in &mapping.entries {
                let key = entry.key.as_str().unwrap_or_default();
                let opens_principal = key.ends_with("Principal");
                let names_a_service = below_principal && key == "Service";
                let goes_on = counts && key.starts_with("Fn::");
                // Only a scalar principal names a service itself; a mapping has a key for it.
                let is_direct = opens_principal && !is_policy_principal(&entry.value);
                search(
                    &entry.value,
                    opens_principal,
                    names_a_service || goes_on || is_direct,
                    found,
                );
            }
        }
        Kind::Tagged(tagged) => search(&tagged.value, below_principal, counts, found),
        Kind::Scalar(_) => {}
    }
}

fn is_policy_principal(node: &Node) -> bool {
    node.call().is_none() && node.is_mapping()
}

/// Returns the names in `${…}`.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}
