//! One string value as CloudFormation will see it.
//!
//! A plain scalar, a `Fn::Sub` and a `Fn::Join` may all say the same string.
//! A [`Phrase`] is that string with a mark for everything that is not written
//! out, so rules read one text and need not know how it is built. A range of
//! the text leads back to the scalars it is written in.

use std::collections::HashMap;
use std::ops::Range;

use crate::edit::Edit;
use crate::source::Source;
use crate::source::Span;
use crate::tree::{Change, Function, Kind, Node, change_scalar};

/// Stands for `AWS::Partition` in a phrase's text.
pub(crate) const PARTITION: char = '\u{f8f0}';
/// Stands for `AWS::Region`.
pub(crate) const REGION: char = '\u{f8f1}';
/// Stands for `AWS::URLSuffix`.
pub(crate) const SUFFIX: char = '\u{f8f2}';
/// Stands for `AWS::AccountId`.
pub(crate) const ACCOUNT: char = '\u{f8f3}';
/// Stands for any other reference, and for `${…}` that is not CloudFormation's.
pub(crate) const HOLE: char = '\u{f8f4}';

/// A reference other than a pseudo parameter, where a [`HOLE`] stands for it.
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    /// The place of the mark in the phrase's text.
    pub at: usize,
    /// The name in `${...}`, for messages.
    pub name: String,
}

/// A string value with the places where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Phrase<'t> {
    /// The string; marks stand for what is filled in later.
    pub text: String,
    /// The bytes of the whole value, functions included.
    pub span: Span,
    /// The references that [`HOLE`]s stand for, from left to right.
    pub holes: Vec<Hole>,
    parts: Vec<Part<'t>>,
}

/// A run of the text that is written out in one scalar.
#[derive(Clone, Debug)]
struct Part<'t> {
    /// Where the run lies in the phrase's text.
    at: Range<usize>,
    /// Where it starts in the scalar's value.
    from: usize,
    scalar: &'t Node,
    holder: Holder,
}

/// What a scalar is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nothing: the text stands for itself, `${` included.
    Plain,
    /// `Fn::Sub` with a text alone.
    Sub,
    /// `Fn::Sub` with a text and names.
    SubWithNames,
}

/// The part of a scalar that says a part of a phrase.
#[derive(Clone, Debug)]
pub(crate) struct Written<'t> {
    pub scalar: &'t Node,
    /// Bytes of the scalar's value.
    pub range: Range<usize>,
    pub holder: Holder,
}

impl<'t> Phrase<'t> {
    /// The string that a node says; none for what is no string or cannot be known.
    pub(crate) fn of(node: &'t Node) -> Option<Self> {
        let mut phrase = Self {
            text: String::new(),
            span: node.span,
            holes: Vec::new(),
            parts: Vec::new(),
        };
        phrase.push(node, None).then_some(phrase)
    }

    /// Appends what a node says; an unknown call becomes one hole inside a `Fn::Join`.
    fn push(&mut self, node: &'t Node, joined: Option<()>) -> bool {
        if let Some(call) = node.call() {
            return match call.function {
                Function::Sub => self.push_sub(call.argument),
                Function::Join => self.push_join(call.argument),
                Function::Ref if joined.is_some() => {
                    self.push_reference(call.argument.as_str().unwrap_or(UNNAMED));
                    true
                }
                Function::GetAtt if joined.is_some() => {
                    self.push_hole(attribute(call.argument));
                    true
                }
                _ if joined.is_some() => {
                    self.push_hole(UNNAMED.to_owned());
                    true
                }
                _ => false,
            };
        }
        match &node.kind {
            Kind::Scalar(scalar) => {
                self.push_text(node, Holder::Plain, &scalar.value, mark);
                true
            }
            _ => false,
        }
    }

    fn push_sub(&mut self, argument: &'t Node) -> bool {
        let (body, names) = match argument.items() {
            [body, names] => (body, Some(names)),
            [body] => (body, None),
            _ => (argument, None),
        };
        let Some(text) = body.as_str() else {
            return false;
        };
        let holder = if names.is_some() {
            Holder::SubWithNames
        } else {
            Holder::Sub
        };
        self.push_text(body, holder, text, |name| {
            let value = names.and_then(|names| names.get(name));
            match value.and_then(Node::call) {
                Some(call) if call.function == Function::Ref => {
                    mark(call.argument.as_str().unwrap_or_default())
                }
                _ if value.is_some() => HOLE,
                _ => mark(name),
            }
        });
        true
    }

    fn push_join(&mut self, argument: &'t Node) -> bool {
        let [delimiter, list] = argument.items() else {
            return false;
        };
        let (Some(delimiter), Kind::Sequence(items)) = (delimiter.as_str(), &list.kind) else {
            return false;
        };
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push_str(delimiter);
            }
            if !self.push(item, Some(())) {
                self.push_hole(UNNAMED.to_owned());
            }
        }
        true
    }

    fn push_reference(&mut self, name: &str) {
        match mark(name) {
            HOLE => self.push_hole(name.to_owned()),
            mark => self.text.push(mark),
        }
    }

    fn push_hole(&mut self, name: String) {
        let at = self.text.len();
        self.holes.push(Hole { at, name });
        self.text.push(HOLE);
    }

    /// Appends a scalar's text with a mark for each `${name}`.
    fn push_text(
        &mut self,
        scalar: &'t Node,
        holder: Holder,
        value: &str,
        mark_of: impl Fn(&str) -> char,
    ) {
        let mut done = 0;
        while let Some(found) = value[done..].find("${") {
            let start = done + found;
            let Some(length) = value[start..].find('}') else {
                break;
            };
            let name = &value[start + 2..start + length];
            if name.contains(['\n', '"']) {
                self.push_run(scalar, holder, value, done..start + 2);
                done = start + 2;
                continue;
            }
            self.push_run(scalar, holder, value, done..start);
            match mark_of(name.trim()) {
                HOLE => self.push_hole(name.trim().to_owned()),
                mark => self.text.push(mark),
            }
            done = start + length + 1;
        }
        self.push_run(scalar, holder, value, done..value.len());
    }

    fn push_run(&mut self, scalar: &'t Node, holder: Holder, value: &str, run: Range<usize>) {
        let start = self.text.len();
        let from = run.start;
        self.text.push_str(&value[run]);
        if self.text.len() > start {
            self.parts.push(Part {
                at: start..self.text.len(),
                from,
                scalar,
                holder,
            });
        }
    }

    /// Where a range of the text is written; none if not in one scalar.
    pub(crate) fn written(&self, range: &Range<usize>) -> Option<Written<'t>> {
        let first = self.parts.partition_point(|part| part.at.end < range.end);
        let part = self.parts.get(first)?;
        if range.start < part.at.start {
            return None;
        }
        let start = part.from + range.start - part.at.start;
        Some(Written {
            scalar: part.scalar,
            range: start..start + range.len(),
            holder: part.holder,
        })
    }

    /// The changes to the text, gathered by the scalar they are written in.
    pub(crate) fn by_scalar(
        &self,
        changes: &[Change],
    ) -> Option<Vec<(&'t Node, Holder, Vec<Change>)>> {
        let mut gathered: Vec<(&'t Node, Holder, Vec<Change>)> = Vec::new();
        let mut places: HashMap<Span, usize> = HashMap::new();
        for change in changes {
            let written = self.written(&change.range)?;
            let change = Change {
                range: written.range,
                text: change.text.clone(),
            };
            let place = *places.entry(written.scalar.span).or_insert(gathered.len());
            match gathered.get_mut(place) {
                Some((.., list)) => list.push(change),
                None => gathered.push((written.scalar, written.holder, vec![change])),
            }
        }
        Some(gathered)
    }

    /// The edits that make changes to the text; none if one is not written in one scalar.
    pub(crate) fn edits(&self, source: &Source, changes: &[Change]) -> Option<Vec<Edit>> {
        let edits = self
            .by_scalar(changes)?
            .into_iter()
            .filter_map(|(node, _, changes)| {
                let Kind::Scalar(scalar) = &node.kind else {
                    return None;
                };
                Some(change_scalar(source, node.span, scalar, &changes))
            });
        Some(edits.flatten().collect())
    }
}

/// Stands in messages for a value without a name.
const UNNAMED: &str = "...";

/// The name of `Fn::GetAtt`'s attribute, such as `Queue.Arn`.
fn attribute(argument: &Node) -> String {
    if let Some(name) = argument.as_str() {
        return name.to_owned();
    }
    let parts: Vec<&str> = argument.items().iter().filter_map(Node::as_str).collect();
    if parts.is_empty() {
        UNNAMED.to_owned()
    } else {
        parts.join(".")
    }
}

/// The mark of a reference.
fn mark(name: &str) -> char {
    match name {
        "AWS::Partition" => PARTITION,
        "AWS::Region" => REGION,
        "AWS::URLSuffix" => SUFFIX,
        "AWS::AccountId" => ACCOUNT,
        _ => HOLE,
    }
}

/// Returns true for a character that stands for a reference.
pub(crate) fn is_mark(character: char) -> bool {
    ('\u{f8f0}'..='\u{f8f4}').contains(&character)
}
