//! One scalar with its changes, as a function that CloudFormation evaluates.

use std::collections::BTreeMap;

use crate::edit::Edit;
use crate::source::Source;
use crate::tree::{Change, Node, Scalar, Style, change_scalar, changed, quoted};

/// A scalar and the changes to it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'p> {
    pub node: &'p Node,
    pub scalar: &'p Scalar,
    pub changes: &'p [Change],
    /// The mapping rows that the changes need.
    pub rows: &'p [Lookup<'p>],
}

/// A value in a mapping that has a row for each partition.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'p> {
    pub mapping: &'p str,
    pub key: &'static str,
}

impl Lookup<'_> {
    pub(crate) fn short(&self) -> String {
        let Self { mapping, key } = self;
        format!("!FindInMap [{mapping}, !Ref AWS::Partition, {key}]")
    }

    pub(crate) fn long(&self) -> String {
        let Self { mapping, key } = self;
        format!(
            "{{\"Fn::FindInMap\": [\"{mapping}\", {{\"Ref\": \"AWS::Partition\"}}, \"{key}\"]}}"
        )
    }
}

/// A function that replaces a whole text.
pub(crate) enum Whole<'p> {
    Ref(&'static str),
    Mapped(Lookup<'p>),
}

impl Whole<'_> {
    pub(crate) fn short(&self) -> String {
        match self {
            Self::Ref(name) => format!("!Ref {name}"),
            Self::Mapped(lookup) => lookup.short(),
        }
    }

    pub(crate) fn long(&self) -> String {
        match self {
            Self::Ref(name) => format!("{{\"Ref\": \"{name}\"}}"),
            Self::Mapped(lookup) => lookup.long(),
        }
    }
}

impl Part<'_> {
    /// Returns the function for a text that changes as a whole.
    pub(crate) fn whole(&self) -> Option<Whole<'_>> {
        let [change] = self.changes else {
            return None;
        };
        if change.range != (0..self.scalar.value.len()) {
            return None;
        }
        match (change.text.as_str(), self.rows) {
            (_, [lookup]) => Some(Whole::Mapped(*lookup)),
            ("${AWS::Partition}", _) => Some(Whole::Ref("AWS::Partition")),
            ("${AWS::URLSuffix}", _) => Some(Whole::Ref("AWS::URLSuffix")),
            _ => None,
        }
    }

    pub(crate) fn spliced(&self, source: &Source) -> Vec<Edit> {
        change_scalar(source, self.node.span, self.scalar, self.changes)
    }

    /// Returns the text after the changes.
    pub(crate) fn value(&self) -> String {
        changed(&self.scalar.value, self.changes)
    }

    /// Returns the text and variables for `Fn::Sub`.
    pub(crate) fn body_with_names(&self) -> String {
        let name = |lookup: &Lookup<'_>| (lookup.key, lookup.long());
        let names: BTreeMap<&str, String> = self.rows.iter().map(name).collect();
        let names: Vec<String> = names
            .into_iter()
            .map(|(key, lookup)| format!("\"{key}\": {lookup}"))
            .collect();
        format!("[{}, {{{}}}]", quoted(&self.value()), names.join(", "))
    }

    /// Replaces the text of a `Fn::Sub` with a text and variables; `None` for block scalars.
    pub(crate) fn with_names(&self) -> Option<Edit> {
        let is_block = matches!(self.scalar.style, Style::Literal | Style::Folded);
        (!is_block).then(|| Edit::replace(self.node.span, self.body_with_names()))
    }
}
