//! One string value as CloudFormation sees it.
//!
//! A plain scalar, a `Fn::Sub` and a `Fn::Join` may all produce the same string. A [`Phrase`] is
//! that string with a mark for every part that is not written out, so rules read one text and need
//! not know how it is built. A range of the text maps back to the scalars that contain it.
//!
//! [`Phrase::of`] leaves a hole for every reference; a [`Trial`] fills each reference with one of
//! the values that the template knows.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::aim::Aims;
use super::subject::is_no_value;
use super::trial::{MOST, Origin, Reach, Trial};
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
/// [`SUFFIX`] as a text.
pub(crate) const SUFFIX_TEXT: &str = "\u{f8f2}";
/// Stands for `AWS::AccountId`.
pub(crate) const ACCOUNT: char = '\u{f8f3}';
/// Stands for any other reference, and for a `${…}` that does not belong to CloudFormation.
pub(crate) const HOLE: char = '\u{f8f4}';

/// A reference other than a pseudo parameter, represented by a [`HOLE`].
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    /// The offset of the mark in the phrase's text.
    pub at: usize,
    /// The name in `${...}`, for messages.
    pub name: String,
}

/// A string value and the places that it is written in.
#[derive(Clone, Debug)]
pub(crate) struct Phrase<'t> {
    /// The string, with marks for the parts that are filled in later.
    pub text: String,
    /// The bytes of the whole value, functions included.
    pub span: Span,
    /// The references of the [`HOLE`]s, from left to right.
    pub holes: Vec<Hole>,
    /// Offsets of pseudo parameters in texts without `Fn::Sub`, which nothing replaces.
    pub unreplaced: Vec<usize>,
    /// The marks and where they are written.
    marks: Vec<Mark<'t>>,
    parts: Vec<Part<'t>>,
}

/// A reference and the place that it is written in.
#[derive(Clone, Debug)]
struct Mark<'t> {
    /// The offset of the mark in the phrase's text.
    at: usize,
    node: &'t Node,
    /// The range in the node's text; `None` for the whole node.
    range: Option<Range<usize>>,
}

/// A part of the phrase's text that is written out in one scalar.
#[derive(Clone, Debug)]
struct Part<'t> {
    /// The range of the part in the phrase's text.
    at: Range<usize>,
    /// The start of the part in the scalar's value.
    from: usize,
    scalar: &'t Node,
    holder: Holder,
    origin: Origin,
}

/// The construct that contains a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// No function: the text is literal, including `${`.
    Plain,
    /// `Fn::Sub` with only a text.
    Sub,
    /// `Fn::Sub` with a text and variables.
    SubWithNames,
}

/// The part of a scalar that contains a range of a phrase.
#[derive(Clone, Debug)]
pub(crate) struct ScalarPart<'t> {
    pub scalar: &'t Node,
    /// The range in the scalar's value.
    pub range: Range<usize>,
    pub holder: Holder,
    pub origin: Origin,
}

/// The place of a part of a scalar's text in the text of a phrase.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    at: Range<usize>,
    /// The start of the part in the scalar's text.
    from: usize,
}

impl Placed {
    /// Maps a range of the scalar's text to the phrase; `None` if it is not entirely in the part.
    pub(crate) fn range_of(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let start = self.at.start + range.start.checked_sub(self.from)?;
        let end = start + range.len();
        (end <= self.at.end).then_some(start..end)
    }
}

impl<'t> Phrase<'t> {
    /// Returns the string of a node; `None` if the node is not a string or its value is unknown.
    pub(crate) fn of(node: &'t Node) -> Option<Self> {
        Builder::built(node, None)
    }

    /// Returns the strings that a node can be, each with its aims, and true if these are all.
    ///
    /// The list is empty if the template knows no value for any reference in the node. It contains
    /// at most [`MOST`] strings.
    pub(crate) fn variants(
        node: &'t Node,
        reach: Reach<'_, 't>,
        aims: Aims,
    ) -> (Vec<(Self, Aims)>, bool) {
        let mut found = Vec::new();
        let mut next = Some(Trial::first(reach, aims));
        let mut is_used = false;
        while let Some(mut trial) = next.take_if(|_| found.len() < MOST) {
            if let Some(phrase) = Builder::built(node, Some(&mut trial)) {
                found.push((phrase, trial.aims));
            }
            is_used |= trial.is_used;
            next = trial.next(aims);
        }
        found.retain(|(_, aims)| is_used && !aims.is_empty());
        (found, next.is_none())
    }

    /// Returns the place that a range of the text is written in; `None` if it is not in one scalar.
    pub(crate) fn locate(&self, range: &Range<usize>) -> Option<ScalarPart<'t>> {
        let first = self.parts.partition_point(|part| part.at.end < range.end);
        let part = self.parts.get(first)?;
        if range.start < part.at.start {
            return None;
        }
        let start = part.from + range.start - part.at.start;
        Some(ScalarPart {
            scalar: part.scalar,
            range: start..start + range.len(),
            holder: part.holder,
            origin: part.origin,
        })
    }

    /// Returns the nodes that contain a range of the text, each with the range in its text.
    ///
    /// The range is `None` for a whole node.
    pub(crate) fn pieces(
        &self,
        range: &Range<usize>,
    ) -> impl Iterator<Item = (&'t Node, Option<Range<usize>>)> {
        let (start, end) = (range.start, range.end);
        let first = self.parts.partition_point(|part| part.at.end <= start);
        let parts = self.parts[first..]
            .iter()
            .take_while(move |part| part.at.start < end);
        let texts = parts.map(move |part| {
            let from = part.from + start.saturating_sub(part.at.start);
            let to = part.from + end.min(part.at.end) - part.at.start;
            (part.scalar, Some(from..to))
        });
        let first = self.marks.partition_point(|mark| mark.at < start);
        let marks = self.marks[first..]
            .iter()
            .take_while(move |mark| mark.at < end)
            .filter(|mark| self.text[mark.at..].starts_with(is_mark));
        texts.chain(marks.map(|mark| (mark.node, mark.range.clone())))
    }

    /// Returns true if nothing else reads the scalars of the text and each occurs in it once.
    pub(crate) fn is_own(&self) -> bool {
        let mut variables = HashSet::new();
        self.parts.iter().all(|part| match part.origin {
            Origin::Body => true,
            Origin::Variable => variables.insert((part.scalar.span, part.from)),
            Origin::Mapping | Origin::Parameter | Origin::Passed => false,
        })
    }

    /// Returns the parts of the text by the scalar that contains them.
    ///
    /// A variable may occur several times.
    pub(crate) fn by_span(&self) -> HashMap<Span, Vec<Placed>> {
        let mut found: HashMap<Span, Vec<Placed>> = HashMap::new();
        for part in &self.parts {
            let placed = Placed {
                at: part.at.clone(),
                from: part.from,
            };
            found.entry(part.scalar.span).or_default().push(placed);
        }
        found
    }

    /// Groups changes to the text by the scalar that contains them.
    ///
    /// `None` if a change is not within one scalar.
    pub(crate) fn by_scalar(
        &self,
        changes: &[Change],
    ) -> Option<Vec<(&'t Node, Holder, Vec<Change>)>> {
        let mut gathered: Vec<(&'t Node, Holder, Vec<Change>)> = Vec::new();
        let mut indices: HashMap<Span, usize> = HashMap::new();
        for change in changes {
            let part = self.locate(&change.range)?;
            let change = Change {
                range: part.range,
                text: change.text.clone(),
            };
            let index = *indices.entry(part.scalar.span).or_insert(gathered.len());
            match gathered.get_mut(index) {
                Some((.., list)) => list.push(change),
                None => gathered.push((part.scalar, part.holder, vec![change])),
            }
        }
        Some(gathered)
    }

    /// Returns the edits for changes to the text; `None` if a change is not within one scalar.
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

/// A phrase under construction.
struct Builder<'b, 'a, 't> {
    phrase: Phrase<'t>,
    /// The origin of the text that is appended next.
    origin: Origin,
    trial: Option<&'b mut Trial<'a, 't>>,
}

impl<'b, 'a, 't> Builder<'b, 'a, 't> {
    fn built(node: &'t Node, trial: Option<&'b mut Trial<'a, 't>>) -> Option<Phrase<'t>> {
        let mut builder = Self {
            phrase: Phrase {
                text: String::new(),
                span: node.span,
                holes: Vec::new(),
                unreplaced: Vec::new(),
                marks: Vec::new(),
                parts: Vec::new(),
            },
            origin: Origin::Body,
            trial,
        };
        builder.push(node, false).then_some(builder.phrase)
    }

    /// Appends the text of a node; returns false if it has none.
    ///
    /// An unknown call becomes a hole if it is inside a longer text.
    fn push(&mut self, node: &'t Node, is_inside: bool) -> bool {
        if let Some(call) = node.call() {
            return match call.function {
                Function::Sub => self.push_sub(call.argument),
                Function::Join => self.push_join(call.argument),
                _ if !is_inside => false,
                Function::Ref => {
                    self.push_reference(call.argument.as_str().unwrap_or(UNNAMED));
                    true
                }
                Function::GetAtt => {
                    self.push_hole(attribute(call.argument));
                    true
                }
                _ => {
                    if !self.push_choice(node) {
                        self.push_hole(UNNAMED.to_owned());
                    }
                    true
                }
            };
        }
        match &node.kind {
            Kind::Scalar(scalar) => {
                let range = 0..scalar.value.len();
                self.push_text(node, range, Holder::Plain, None);
                true
            }
            _ => false,
        }
    }

    /// Appends the value that the trial chooses for a call; returns false if there is none.
    fn push_choice(&mut self, node: &'t Node) -> bool {
        let Some(chosen) = self.trial.as_mut().and_then(|trial| trial.choose(node)) else {
            return false;
        };
        let outer = self.enter(chosen.origin);
        let is_pushed = match chosen.range {
            Some(range) => {
                self.push_run(chosen.node, Holder::Plain, range);
                true
            }
            None => self.push(chosen.node, true),
        };
        self.origin = outer;
        is_pushed
    }

    /// Sets the origin for text that comes from elsewhere; returns the previous origin.
    fn enter(&mut self, origin: Origin) -> Origin {
        let is_farther = !matches!(origin, Origin::Body | Origin::Variable);
        let inner = if is_farther || self.origin == Origin::Body {
            origin
        } else {
            self.origin
        };
        std::mem::replace(&mut self.origin, inner)
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
        self.push_text(body, 0..text.len(), holder, names);
        true
    }

    fn push_join(&mut self, argument: &'t Node) -> bool {
        let [delimiter, list] = argument.items() else {
            return false;
        };
        let (Some(delimiter), Kind::Sequence(items)) = (delimiter.as_str(), &list.kind) else {
            return false;
        };
        let mut is_first = true;
        for item in items {
            if is_no_value(item) && item.call().is_some() {
                continue;
            }
            if !is_first {
                self.phrase.text.push_str(delimiter);
            }
            is_first = false;
            self.note_mark(item, None);
            if !self.push(item, true) {
                self.push_hole(UNNAMED.to_owned());
            }
        }
        true
    }

    fn push_reference(&mut self, name: &str) {
        match mark(name) {
            HOLE => {
                let chosen = self.trial.as_mut().and_then(|trial| trial.parameter(name));
                let Some(chosen) = chosen else {
                    return self.push_hole(name.to_owned());
                };
                let outer = self.enter(chosen.origin);
                self.push(chosen.node, true);
                self.origin = outer;
            }
            mark => self.phrase.text.push(mark),
        }
    }

    /// Appends the value of a variable of `Fn::Sub`.
    fn push_variable(&mut self, name: &str, value: &'t Node) {
        if self.trial.is_none() {
            return match value.call() {
                Some(call) if call.function == Function::Ref => {
                    match mark(call.argument.as_str().unwrap_or_default()) {
                        HOLE => self.push_hole(name.to_owned()),
                        mark => self.phrase.text.push(mark),
                    }
                }
                _ => self.push_hole(name.to_owned()),
            };
        }
        let at = self.phrase.text.len();
        let outer = self.enter(Origin::Variable);
        if !self.push(value, true) {
            self.push_hole(name.to_owned());
        }
        self.origin = outer;
        let is_unknown = self.phrase.text[at..].chars().eq([HOLE]);
        // Messages show an unknown value by the name of its variable.
        if let Some(hole) = self.phrase.holes.last_mut().filter(|_| is_unknown) {
            name.clone_into(&mut hole.name);
        } else if let Some(trial) = &mut self.trial {
            trial.is_used = true;
        }
    }

    fn note_mark(&mut self, node: &'t Node, range: Option<Range<usize>>) {
        let at = self.phrase.text.len();
        self.phrase.marks.push(Mark { at, node, range });
    }

    fn push_hole(&mut self, name: String) {
        let at = self.phrase.text.len();
        self.phrase.holes.push(Hole { at, name });
        self.phrase.text.push(HOLE);
    }

    /// Appends a part of a scalar's text and the values of each `${name}` in it.
    fn push_text(
        &mut self,
        scalar: &'t Node,
        range: Range<usize>,
        holder: Holder,
        names: Option<&'t Node>,
    ) {
        let value = &scalar.as_str().unwrap_or_default()[..range.end];
        let mut done = range.start;
        let last = value.rfind('}').unwrap_or_default();
        while let Some(found) = value[done..last.max(done)].find("${") {
            let start = done + found;
            let ends = ['}', '\n', '"'];
            let length = value[start..].find(ends).unwrap_or_default();
            let name = &value[start + 2..start + length];
            if !value[start + length..].starts_with('}') {
                self.push_run(scalar, holder, done..start + 2);
                done = start + 2;
                continue;
            }
            self.push_run(scalar, holder, done..start);
            let name = name.trim();
            self.note_mark(scalar, Some(start..start + length + 1));
            if holder == Holder::Plain && mark(name) != HOLE {
                self.phrase.unreplaced.push(self.phrase.text.len());
            }
            match names.and_then(|names| names.get(name)) {
                Some(value) => self.push_variable(name, value),
                None if holder == Holder::Plain && mark(name) == HOLE => {
                    self.push_hole(name.to_owned());
                }
                None => self.push_reference(name),
            }
            done = start + length + 1;
        }
        self.push_run(scalar, holder, done..value.len());
    }

    fn push_run(&mut self, scalar: &'t Node, holder: Holder, run: Range<usize>) {
        let start = self.phrase.text.len();
        let from = run.start;
        let value = scalar.as_str().unwrap_or_default();
        self.phrase.text.push_str(&value[run]);
        if self.phrase.text.len() > start {
            self.phrase.parts.push(Part {
                at: start..self.phrase.text.len(),
                from,
                scalar,
                holder,
                origin: self.origin,
            });
        }
    }
}

/// The name in messages for a value without a name.
const UNNAMED: &str = "...";

/// Returns the name of `Fn::GetAtt`'s attribute, such as `Queue.Arn`.
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

/// Returns the mark of a reference.
fn mark(name: &str) -> char {
    match name {
        "AWS::Partition" => PARTITION,
        "AWS::Region" => REGION,
        "AWS::URLSuffix" => SUFFIX,
        "AWS::AccountId" => ACCOUNT,
        _ => HOLE,
    }
}

/// Returns true if a character stands for a reference.
pub(crate) fn is_mark(character: char) -> bool {
    ('\u{f8f0}'..='\u{f8f4}').contains(&character)
}
