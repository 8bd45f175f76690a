//! The values that a reference can have, according to the template.
//!
//! Branches of `Fn::If`, rows of mappings, variables of `Fn::Sub`, items of `Fn::Select` and
//! defaults of parameters are written in the template. So a text built from them is known, and so
//! is the literal that makes it wrong. A [`Trial`] follows one path through the alternatives;
//! [`Phrase::variants`](super::phrase::Phrase::variants) tries all paths, up to [`MOST`]. All other
//! values stay unknown.

use std::collections::HashMap;
use std::ops::Range;

use super::aim::{Aim, Aims};
use super::condition::Conditions;
use super::values::Values;
use crate::partition::Partition;
use crate::tree::{Function, Node, Template};

/// Maximum number of texts tried for one expression; an expression with more stays uncertain.
pub(crate) const MOST: usize = 32;

/// Maximum number of mapping rows or allowed values to try if nothing decides between them.
const MOST_ROWS: usize = 8;

/// The way a scalar's text becomes part of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The scalar is written in the phrase itself.
    Body,
    /// A variable of `Fn::Sub`, an item of `Fn::Select` or a branch of `Fn::If`, read only here.
    Variable,
    /// A row of a mapping.
    Mapping,
    /// The default of a parameter, or one of its allowed values.
    Parameter,
    /// A value that another template passes to a parameter.
    Passed,
}

/// The known values that another template passes to parameters.
pub(crate) type Passed<'t> = HashMap<&'t str, Vec<(&'t Node, Aims)>>;

/// The parts of a template that values come from, for all aims of a look.
#[derive(Clone, Copy)]
pub(crate) struct Reach<'a, 't> {
    pub template: &'t Template,
    pub aims: &'a [Aim<'a>],
    /// The conditions for each aim.
    pub conditions: &'a [Conditions<'t>],
    /// The values passed to the template's parameters; `None` if no other template passes any.
    pub passed: Option<&'a Passed<'t>>,
}

impl<'a, 't> Reach<'a, 't> {
    /// Creates the reach of a template without passed values.
    pub(crate) const fn of(
        template: &'t Template,
        aims: &'a [Aim<'a>],
        conditions: &'a [Conditions<'t>],
    ) -> Self {
        Self {
            template,
            aims,
            conditions,
            passed: None,
        }
    }

    /// Returns the texts that a node is known to be, each with its aims.
    pub(crate) fn texts(self, node: &'t Node, aims: Aims) -> Vec<(&'t Node, Aims)> {
        let mut found = Vec::new();
        let mut next = Some(Trial::first(self, aims));
        while let Some(mut trial) = next.take_if(|_| found.len() < MOST) {
            if let Some((text, _)) = trial.scalar(node) {
                found.push((text, trial.aims));
            }
            next = trial.next(aims);
        }
        found
    }
}

/// The text chosen for a reference.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<'t> {
    pub node: &'t Node,
    /// The range in the node's text, if only a part of it is used.
    pub range: Option<Range<usize>>,
    pub origin: Origin,
}

impl<'t> Chosen<'t> {
    const fn whole(node: &'t Node, origin: Origin) -> Self {
        Self {
            node,
            range: None,
            origin,
        }
    }
}

/// An alternative and the aims that it applies to; `None` is an unknown value.
type Alternative<'t> = (Option<Chosen<'t>>, Aims);

/// One path through the alternatives of an expression.
pub(crate) struct Trial<'a, 't> {
    reach: Reach<'a, 't>,
    /// The aims that all alternatives chosen so far apply to.
    pub aims: Aims,
    /// The index of the alternative to take at each fork, and their number.
    script: Vec<(usize, usize)>,
    fork: usize,
    /// The branches taken: an expression never takes both branches of one condition.
    taken: Vec<(&'t str, bool)>,
    /// True if a reference had a value.
    pub is_used: bool,
}

impl<'a, 't> Trial<'a, 't> {
    /// Creates the first path.
    pub(crate) fn first(reach: Reach<'a, 't>, aims: Aims) -> Self {
        Self {
            reach,
            aims,
            script: Vec::new(),
            fork: 0,
            taken: Vec::new(),
            is_used: false,
        }
    }

    /// Returns the next path; `None` if all paths have been tried.
    pub(crate) fn next(self, aims: Aims) -> Option<Self> {
        let mut script = self.script;
        while let Some((taken, count)) = script.pop() {
            if taken + 1 < count {
                script.push((taken + 1, count));
                return Some(Self {
                    script,
                    ..Self::first(self.reach, aims)
                });
            }
        }
        None
    }

    /// Returns the text chosen for a call; `None` if it is unknown.
    pub(crate) fn choose(&mut self, node: &'t Node) -> Option<Chosen<'t>> {
        let call = node.call()?;
        match (call.function, call.argument.items()) {
            (Function::If, [name, then, otherwise]) => self.branch(name.as_str()?, then, otherwise),
            (Function::FindInMap, [map, keys @ ..]) => {
                let alternatives = self.cells(map, keys);
                self.take(alternatives)
            }
            (Function::Other("Select"), [index, list]) => {
                self.select(index.as_str()?.parse().ok()?, list)
            }
            _ => None,
        }
    }

    /// Returns a value of a parameter, if it decides the meaning of the text around it.
    ///
    /// The value is passed by another template, or it is the parameter's default, or one of its
    /// allowed values if there is no default. A deployment can pass another value, so no value is
    /// certain.
    pub(crate) fn parameter(&mut self, name: &str) -> Option<Chosen<'t>> {
        if let Some(values) = self.reach.passed.and_then(|passed| passed.get(name)) {
            let values = values.iter().filter_map(|(node, aims)| {
                let aims = aims.and(self.aims);
                is_structural(node.as_str()?)
                    .then(|| (Some(Chosen::whole(node, Origin::Passed)), aims))
            });
            let alternatives = values.chain([(None, self.aims)]).collect();
            return self.take(alternatives);
        }
        let parameter = self.reach.template.root().at(&["Parameters", name])?;
        let kind = parameter.get("Type").and_then(Node::as_str);
        if kind.is_some_and(|kind| kind != "String") {
            return None;
        }
        let values = match (parameter.get("Default"), parameter.get("AllowedValues")) {
            (Some(default), _) => std::slice::from_ref(default),
            (None, allowed) => allowed.map(Node::items).unwrap_or_default(),
        };
        let is_decisive = |node: &Node| node.as_str().is_some_and(is_structural);
        if values.len() > MOST_ROWS || !values.iter().all(is_decisive) {
            return None;
        }
        let chosen = values
            .iter()
            .map(|node| (Some(Chosen::whole(node, Origin::Parameter)), self.aims));
        let alternatives = chosen.chain([(None, self.aims)]).collect();
        self.take(alternatives)
    }

    fn branch(&mut self, name: &'t str, then: &'t Node, otherwise: &'t Node) -> Option<Chosen<'t>> {
        let node_of = |holds: bool| if holds { then } else { otherwise };
        if let Some((_, holds)) = self.taken.iter().find(|(taken, _)| *taken == name) {
            return Some(Chosen::whole(node_of(*holds), Origin::Variable));
        }
        let conditions = self.reach.conditions;
        let branches = |index: usize| conditions[index].branches(Some(name));
        let of_then = self.aims.filter(|index| branches(index).0);
        let of_otherwise = self.aims.filter(|index| branches(index).1);
        let of_none = self.aims.filter(|index| branches(index) == (false, false));
        let alternative = |holds| Some(Chosen::whole(node_of(holds), Origin::Variable));
        let chosen = self.take(vec![
            (alternative(true), of_then),
            (alternative(false), of_otherwise),
            (None, of_none),
        ])?;
        self.taken.push((name, std::ptr::eq(chosen.node, then)));
        Some(chosen)
    }

    /// Returns the values that `Fn::FindInMap` can find, and its default where it may find none.
    fn cells(&self, map: &'t Node, keys: &'t [Node]) -> Vec<Alternative<'t>> {
        let [first, second, options @ ..] = keys else {
            return Vec::new();
        };
        let default = options.first().and_then(|node| node.get("DefaultValue"));
        let template = self.reach.template;
        let rows = map
            .as_str()
            .and_then(|name| template.root().at(&["Mappings", name]))
            .map(Node::entries)
            .unwrap_or_default();
        let mut found: Vec<(&'t Node, Aims)> = Vec::new();
        let mut known = Aims::NONE;
        for index in self.aims.indices() {
            let aim = self.reach.aims[index];
            let Some(region) = aim.region() else {
                continue;
            };
            let values = Values { template, region };
            let (row, column) = (values.text(first), values.text(second));
            let is_row = |key: &str| match &row {
                Some(row) => row == key,
                None => Partition::from_id(key)
                    .or_else(|| Partition::of_region(key))
                    .is_none_or(|partition| aim.fits(partition)),
            };
            let mut cells: Vec<&Node> = rows
                .iter()
                .filter(|row| row.key.as_str().is_some_and(is_row))
                .flat_map(|row| row.value.entries())
                .filter(|cell| column.is_none() || cell.key.as_str() == column.as_deref())
                .map(|cell| &cell.value)
                .collect();
            if cells.is_empty() || row.is_none() || column.is_none() {
                cells.extend(default);
            }
            if cells.is_empty() || cells.len() > MOST_ROWS {
                continue;
            }
            known = known.or(Aims::one(index));
            for cell in cells {
                match found.iter_mut().find(|(node, _)| std::ptr::eq(*node, cell)) {
                    Some((_, aims)) => *aims = aims.or(Aims::one(index)),
                    None => found.push((cell, Aims::one(index))),
                }
            }
        }
        let unknown = self.aims.filter(|index| !known.has(index));
        let cells = found.into_iter().map(|(node, aims)| {
            let is_default = default.is_some_and(|default| std::ptr::eq(default, node));
            let origin = if is_default {
                Origin::Variable
            } else {
                Origin::Mapping
            };
            (Some(Chosen::whole(node, origin)), aims)
        });
        cells.chain([(None, unknown)]).collect()
    }

    fn select(&mut self, index: usize, list: &'t Node) -> Option<Chosen<'t>> {
        let Some(call) = list.call() else {
            let item = list.items().get(index)?;
            return self.take(vec![(
                Some(Chosen::whole(item, Origin::Variable)),
                self.aims,
            )]);
        };
        match (call.function, call.argument.items()) {
            (Function::Other("Split"), [delimiter, text]) => {
                let delimiter = delimiter.as_str().filter(|text| !text.is_empty())?;
                let (node, origin) = self.scalar(text)?;
                let value = node.as_str()?;
                let part = value.split(delimiter).nth(index)?;
                let start = part.as_ptr() as usize - value.as_ptr() as usize;
                let is_whole = !value.contains("${");
                is_whole.then_some(Chosen {
                    node,
                    range: Some(start..start + part.len()),
                    origin,
                })
            }
            (Function::If | Function::FindInMap, _) => {
                let chosen = self.choose(list)?;
                let item = chosen.node.items().get(index)?;
                Some(Chosen::whole(item, chosen.origin))
            }
            _ => None,
        }
    }

    /// Returns the scalar that a node is or is replaced with.
    fn scalar(&mut self, node: &'t Node) -> Option<(&'t Node, Origin)> {
        let Some(call) = node.call() else {
            self.is_used = true;
            return node.as_str().is_some().then_some((node, Origin::Variable));
        };
        let name = match call.function {
            Function::Ref => call.argument.as_str(),
            Function::Sub => call.argument.as_str().and_then(only_reference),
            _ => None,
        };
        if let Some(name) = name {
            let chosen = self.parameter(name)?;
            return Some((chosen.node, chosen.origin));
        }
        let chosen = self.choose(node)?;
        let is_scalar = chosen.range.is_none() && chosen.node.as_str().is_some();
        is_scalar.then_some((chosen.node, chosen.origin))
    }

    /// Takes the next alternative, and narrows the aims to those it applies to.
    fn take(&mut self, mut alternatives: Vec<Alternative<'t>>) -> Option<Chosen<'t>> {
        alternatives.retain(|(_, aims)| !aims.is_empty());
        if alternatives.is_empty() {
            return None;
        }
        if self.script.len() == self.fork {
            self.script.push((0, alternatives.len()));
        }
        let (taken, _) = self.script[self.fork];
        self.fork += 1;
        let (chosen, aims) = alternatives.swap_remove(taken.min(alternatives.len() - 1));
        self.aims = self.aims.and(aims);
        self.is_used |= chosen.is_some();
        chosen
    }
}

/// Returns the name in a text of `Fn::Sub` that consists of a single reference.
fn only_reference(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}', '!'])).then_some(name)
}

/// Returns true if a text decides the meaning of an ARN or a host name around it.
///
/// Such a text is a partition, a suffix, the name of S3, or an ARN. Names of buckets, accounts and
/// stages are specific to a deployment.
pub(crate) fn is_structural(text: &str) -> bool {
    let is_s3 = |text: &str| {
        let rest = text.strip_prefix("s3").unwrap_or("x");
        rest.is_empty()
            || rest.starts_with('.')
            || Partition::of_region(rest.trim_start_matches('-')).is_some()
    };
    Partition::from_id(text).is_some()
        || text == "com"
        || text.contains("amazonaws")
        || text == "arn"
        || text.starts_with("arn:")
        || is_s3(text)
        || is_s3(&text.replacen("s3-website", "s3", 1))
}
