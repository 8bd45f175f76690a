//! Paths that differ in each turn of an `Fn::ForEach` loop.
//!
//! Such a property has as many artifacts as its loops have turns. Their
//! locations go to a mapping, which the property looks up by the variables:
//! `Fn::FindInMap` may stand in loops and takes functions there, for both need
//! the transform `AWS::LanguageExtensions`.

use crate::source::Span;
use crate::tree::{Node, Template, quoted};

/// One turn of the loops around a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The mapping that gets the locations of all turns.
    pub mapping: String,
    /// The variables that the path holds, outermost first.
    pub variables: Vec<String>,
    /// Their values in this turn.
    pub values: Vec<String>,
}

/// The member that holds a location in a row of a mapping.
pub(super) const MEMBER: &str = "Location";

impl Turn {
    /// The row of the mapping.
    pub(super) fn key(&self) -> String {
        self.values.join("-")
    }

    /// The function that looks a location up.
    pub(super) fn look_up(&self) -> String {
        let references: Vec<String> = self
            .variables
            .iter()
            .map(|name| format!("{{\"Ref\": {}}}", quoted(name)))
            .collect();
        let key = match &references[..] {
            [one] => one.clone(),
            many => format!("{{\"Fn::Join\": [\"-\", [{}]]}}", many.join(", ")),
        };
        let mapping = quoted(&self.mapping);
        format!("{{\"Fn::FindInMap\": [{mapping}, {key}, \"{MEMBER}\"]}}")
    }
}

/// A loop.
#[derive(Clone, Debug)]
pub(super) struct Loop<'t> {
    /// The bytes that are repeated.
    body: Span,
    variable: &'t str,
    /// The values of the variable; none when the template does not have them.
    values: Option<Vec<&'t str>>,
}

/// The loops of a template, outer ones first.
pub(super) fn loops(template: &Template) -> Vec<Loop<'_>> {
    let mut found = Vec::new();
    if let Some(resources) = template.root().get("Resources") {
        gather(resources, &mut found);
    }
    found
}

fn gather<'t>(resources: &'t Node, found: &mut Vec<Loop<'t>>) {
    for entry in resources.entries() {
        let is_loop = entry
            .key
            .as_str()
            .is_some_and(|key| key.starts_with("Fn::ForEach::"));
        if let (true, [variable, collection, body]) = (is_loop, entry.value.items())
            && let Some(variable) = variable.as_str()
        {
            let items = collection.items();
            let values: Option<Vec<&str>> = items.iter().map(Node::as_str).collect();
            found.push(Loop {
                body: body.span,
                variable,
                values: values.filter(|values| !values.is_empty()),
            });
            gather(body, found);
        }
    }
}

/// Why the turns of a property cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// A collection is not written in the template.
    Collection,
    /// A value cannot be the key of a mapping.
    Value,
    /// The template can take no mapping.
    Mapping,
}

/// A path with the values of one turn, and those values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) path: String,
    pub(super) variables: Vec<String>,
    pub(super) values: Vec<String>,
}

/// The path in every turn of the loops around it; none when it holds no variable of theirs.
///
/// * `span`: the bytes of the value.
pub(super) fn turns(
    loops: &[Loop<'_>],
    path: &str,
    span: Span,
) -> Option<Result<Vec<Filled>, Unknown>> {
    let around = loops.iter().filter(|one| one.body.contains(span));
    let used: Vec<&Loop<'_>> = around
        .filter(|one| fill(path, one.variable, "").is_some())
        .collect();
    if used.is_empty() {
        return None;
    }
    let first = Filled {
        path: path.to_owned(),
        variables: used.iter().map(|one| one.variable.to_owned()).collect(),
        values: Vec::new(),
    };
    let mut all = vec![first];
    for one in used {
        let Some(values) = &one.values else {
            return Some(Err(Unknown::Collection));
        };
        let is_key = |value: &&str| {
            !value.is_empty()
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        };
        if !values.iter().all(is_key) {
            return Some(Err(Unknown::Value));
        }
        all = all
            .iter()
            .flat_map(|filled| {
                values.iter().map(|&value| Filled {
                    path: fill(&filled.path, one.variable, value)
                        .unwrap_or_else(|| filled.path.clone()),
                    variables: filled.variables.clone(),
                    values: filled
                        .values
                        .iter()
                        .cloned()
                        .chain([value.to_owned()])
                        .collect(),
                })
            })
            .collect();
    }
    Some(Ok(all))
}

/// A text with a variable's value; none when it does not hold the variable.
///
/// # Source
///
/// CloudFormation template reference, "Fn::ForEach": `${Name}` is the value,
/// `&{Name}` the value without what is not alphanumeric.
pub(super) fn fill(text: &str, variable: &str, value: &str) -> Option<String> {
    let [plain, bare] = ['$', '&'].map(|sign| format!("{sign}{{{variable}}}"));
    let alphanumeric: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_there = text.contains(&plain) || text.contains(&bare);
    is_there.then(|| text.replace(&plain, value).replace(&bare, &alphanumeric))
}
