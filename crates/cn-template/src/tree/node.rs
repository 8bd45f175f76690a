//! The nodes of a template: what is written, and which bytes say it.

use crate::source::Span;

/// One value of a template, or one key of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the value.
    ///
    /// A tag and its value together; a block scalar from its `|` or `>` to its
    /// last character, without the line feeds that follow; a block collection
    /// from its first key or dash's value to the end of its last child.
    pub span: Span,
    /// The content.
    pub kind: Kind,
}

/// The content of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, a number, a boolean or nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order written. Keys may repeat: then
    /// [`Node::get`] gives the last, as readers of templates do, and the parser
    /// reports it.
    Mapping(Mapping),
    /// A value behind a tag, such as `!Sub x`.
    Tagged(Box<Tagged>),
}

/// A scalar as written and as read.
///
/// What an unquoted text *means* (number, boolean, date) is deliberately not
/// decided here: YAML 1.1 and 1.2 differ, and text that stays needs no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text after escapes and line folding.
    pub value: String,
    /// The style.
    pub style: Style,
}

/// The style of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes; an absent value is an empty plain scalar.
    Plain,
    /// In `'`.
    SingleQuoted,
    /// In `"`, the only style of JSON.
    DoubleQuoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

/// Keys with values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The entries in the order written.
    pub entries: Vec<Entry>,
    /// True if it is written in braces.
    pub flow: bool,
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; in a template nearly always a scalar.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// A tag and what it applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The tag as written, with its exclamation mark: `!Sub`, `!!str`.
    pub tag: String,
    /// The bytes of the tag alone.
    pub tag_span: Span,
    /// The value behind it.
    pub value: Node,
}

impl Node {
    /// The text of a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.value),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(mapping) => &mapping.entries,
            _ => &[],
        }
    }

    /// The value under a key of a mapping.
    ///
    /// Cost: linear in the number of keys, which is small but for the maps of
    /// a template's sections; those are walked with [`Node::entries`].
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The key and value under a key of a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()
            .iter()
            .rfind(|entry| entry.key.as_str() == Some(key))
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns whether nothing is written, or `null` or `~`.
    pub fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar(scalar) => {
                scalar.style == Style::Plain
                    && matches!(scalar.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Returns whether this is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.kind, Kind::Mapping(_))
    }
}
