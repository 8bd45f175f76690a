//! The conditions that are true in a region.
//!
//! Only conditions that follow from the region are decided. A condition on a parameter is unknown,
//! and an unknown condition may be true.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::aim::Aim;
use super::values::{Values, depends_on_region};
use crate::partition::Region;
use crate::tree::{Entry, Function, Node, Template};

/// The conditions of a template for one aim.
#[derive(Debug, Default)]
pub(crate) struct Conditions<'t> {
    decided: BTreeMap<&'t str, bool>,
    /// The conditions that differ between partitions; filled only for the portable form.
    specific: BTreeSet<&'t str>,
    is_portable: bool,
}

impl<'t> Conditions<'t> {
    /// Decides the conditions that follow from an aim.
    pub(crate) fn of(template: &'t Template, aim: Aim<'_>) -> Self {
        match aim {
            Aim::Region(region) => Self {
                decided: decided(template, region),
                ..Self::default()
            },
            Aim::Portable => Self::portable(template),
        }
    }

    /// Decides the conditions for each aim.
    pub(crate) fn of_each(template: &'t Template, aims: &[Aim<'_>]) -> Vec<Self> {
        aims.iter().map(|aim| Self::of(template, *aim)).collect()
    }

    /// Finds the conditions that differ between partitions.
    fn portable(template: &'t Template) -> Self {
        let here = decided(template, &Region::global());
        let [china, _] = Region::china();
        let there = decided(template, &china);
        let differs = |(name, outcome): (&&'t str, &bool)| {
            (there.get(name) != Some(outcome)).then_some(*name)
        };
        Self {
            specific: here.iter().filter_map(differs).collect(),
            decided: there,
            is_portable: true,
        }
    }

    /// Returns true if a resource or output under the condition can exist.
    pub(crate) fn can_exist(&self, name: &str) -> bool {
        if self.is_portable {
            !self.specific.contains(name)
        } else {
            self.holds(name) != Some(false)
        }
    }

    /// Returns which branches of `Fn::If` can be taken.
    ///
    /// The author has already handled values guarded by a condition on the partition, so for the
    /// portable form neither branch of such a condition is taken.
    pub(crate) fn branches(&self, name: Option<&str>) -> (bool, bool) {
        if self.is_portable {
            let is_open = !name.is_some_and(|name| self.specific.contains(name));
            return (is_open, is_open);
        }
        let holds = name.and_then(|name| self.holds(name));
        (holds != Some(false), holds != Some(true))
    }

    /// Returns the value of a condition; `None` if it is unknown.
    ///
    /// For the portable form, returns its value in China.
    pub(crate) fn holds(&self, name: &str) -> Option<bool> {
        self.decided.get(name).copied()
    }
}

/// Finds a condition that is true in China and false in the commercial regions.
pub(crate) fn of_china(template: &Template) -> Option<&str> {
    let here = decided(template, &Region::global());
    let [north, west] = Region::china().map(|region| decided(template, &region));
    let is_china = |name: &&str| {
        north.get(name) == Some(&true)
            && west.get(name) == Some(&true)
            && here.get(name) == Some(&false)
    };
    north.keys().copied().find(is_china)
}

fn section<'t>(template: &'t Template, name: &str) -> &'t [Entry] {
    template
        .root()
        .get(name)
        .map(Node::entries)
        .unwrap_or_default()
}

fn decided<'t>(template: &'t Template, region: &Region) -> BTreeMap<&'t str, bool> {
    let entries = section(template, "Conditions");
    let by_name = |entry: &'t Entry| Some((entry.key.as_str()?, &entry.value));
    let evaluator = Evaluator {
        values: Values { template, region },
        conditions: entries.iter().filter_map(by_name).collect(),
        known: RefCell::default(),
    };
    let names = entries.iter().filter_map(|entry| entry.key.as_str());
    names
        .filter_map(|name| Some((name, evaluator.named(name)?)))
        .collect()
}

struct Evaluator<'t, 'a> {
    values: Values<'t, 'a>,
    conditions: BTreeMap<&'t str, &'t Node>,
    /// The outcomes so far. A condition under evaluation is unknown, which ends cycles.
    known: RefCell<BTreeMap<&'t str, Option<bool>>>,
}

impl<'t> Evaluator<'t, '_> {
    fn named(&self, name: &'t str) -> Option<bool> {
        if let Some(known) = self.known.borrow().get(name) {
            return *known;
        }
        let node = *self.conditions.get(name)?;
        self.known.borrow_mut().insert(name, None);
        let outcome = self.condition(node);
        self.known.borrow_mut().insert(name, outcome);
        outcome
    }

    fn condition(&self, node: &'t Node) -> Option<bool> {
        let call = node.call()?;
        let operands = call.argument.items();
        match call.function {
            Function::Condition => self.named(call.argument.as_str()?),
            Function::Other("Not") => match operands {
                [operand] => self.condition(operand).map(|outcome| !outcome),
                _ => None,
            },
            Function::Other("And") => self.all(operands, true),
            Function::Other("Or") => self.all(operands, false),
            Function::Other("Equals") => {
                let [left, right] = operands else { return None };
                // A comparison of two fixed texts is a switch that a person or a tool sets.
                if !operands.iter().any(depends_on_region) {
                    return None;
                }
                let (left, right) = (self.values.text(left)?, self.values.text(right)?);
                Some(left == right)
            }
            _ => None,
        }
    }

    /// Evaluates `And` if `neutral` is true, `Or` if it is false.
    fn all(&self, operands: &'t [Node], neutral: bool) -> Option<bool> {
        let mut outcome = Some(neutral);
        for operand in operands {
            match self.condition(operand) {
                Some(decided) if decided != neutral => return Some(decided),
                Some(_) => {}
                None => outcome = None,
            }
        }
        outcome
    }
}
