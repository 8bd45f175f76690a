//! Paths that differ in each turn of an `Fn::ForEach` loop.
//!
//! Such a property has as many artifacts as its loops have turns. Their locations go to a mapping,
//! where the property looks them up by the loop variables. `Fn::FindInMap` is allowed in loops and
//! accepts functions there, because both need the transform `AWS::LanguageExtensions`.

use crate::source::Span;
use crate::tree::{Node, Template, quoted};

/// One turn of the loops around a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The name of the mapping that gets the locations of all turns.
    pub mapping: String,
    /// The variables in the path, outermost first.
    pub variables: Vec<String>,
    /// The values of the variables in this turn.
    pub values: Vec<String>,
}

/// The key that holds a location in a row of the mapping.
pub(super) const MEMBER: &str = "Location";

impl Turn {
    /// Returns the key of the turn's row in the mapping.
    pub(super) fn key(&self) -> String {
        self.values.join("-")
    }

    /// Returns the function call that looks a location up.
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

/// An `Fn::ForEach` loop.
#[derive(Clone, Debug)]
pub(super) struct Loop<'t> {
    /// The bytes that the loop repeats.
    body: Span,
    variable: &'t str,
    /// The values of the variable; `None` if the template does not contain them.
    values: Option<Vec<&'t str>>,
}

/// Returns the loops of a template, outer loops first.
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

/// The reason why the turns of a property are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The template does not list the collection.
    Collection,
    /// A value cannot be the key of a mapping.
    Value,
    /// No mapping can be added to the template.
    Mapping,
}

/// A path filled with the values of one turn, and those values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) path: String,
    pub(super) variables: Vec<String>,
    pub(super) values: Vec<String>,
}

/// Returns the path in every turn of the loops around it; `None` if it contains no loop variable.
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

/// Fills a variable's value into a text; `None` if the text does not contain the variable.
///
/// # Source
///
/// CloudFormation template reference, "Fn::ForEach": `${Name}` is the value, `&{Name}` the value
/// with only its alphanumeric characters.
pub(super) fn fill(text: &str, variable: &str, value: &str) -> Option<String> {
    let [plain, bare] = ['$', '&'].map(|sign| format!("{sign}{{{variable}}}"));
    let alphanumeric: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_there = text.contains(&plain) || text.contains(&bare);
    is_there.then(|| text.replace(&plain, value).replace(&bare, &alphanumeric))
}
