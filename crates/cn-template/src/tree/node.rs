//! The nodes of a template: their content and their bytes.

use crate::source::Span;

/// One value of a template, or one key of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the value.
    ///
    /// These are a tag and its value together; a block scalar from its `|` or `>` to its last
    /// character, without the line feeds after it; a block collection from its first key or item to
    /// the end of its last child.
    pub span: Span,
    /// The content.
    pub kind: Kind,
}

/// The content of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, a number, a boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys with values, in the order written.
    ///
    /// Keys may repeat: then [`Node::get`] returns the last value, as readers of templates do, and
    /// the parser reports a finding.
    Mapping(Mapping),
    /// A value with a tag, such as `!Sub x`.
    Tagged(Box<Tagged>),
}

/// A scalar with its parsed text.
///
/// The *meaning* of a plain scalar (number, boolean, date) is deliberately not decided here: YAML
/// 1.1 and 1.2 differ, and text that stays as it is needs no decision.
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
    /// In single quotes.
    SingleQuoted,
    /// In double quotes, the only style of JSON.
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
    /// True if the mapping is written in braces.
    pub flow: bool,
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; nearly always a scalar in a template.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// A tag and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The tag as written, with its exclamation mark: `!Sub`, `!!str`.
    pub tag: String,
    /// The bytes of the tag only.
    pub tag_span: Span,
    /// The value after the tag.
    pub value: Node,
}

impl Node {
    /// Returns the text of a scalar; `None` for other nodes.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.value),
            _ => None,
        }
    }

    /// Returns the items of a list; empty for other nodes.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Returns the entries of a mapping; empty for other nodes.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(mapping) => &mapping.entries,
            _ => &[],
        }
    }

    /// Returns the value of a key of a mapping.
    ///
    /// Cost: linear in the number of keys. That number is small except for a template's sections;
    /// use [`Node::entries`] to walk over those.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the entry of a key of a mapping.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()
            .iter()
            .rfind(|entry| entry.key.as_str() == Some(key))
    }

    /// Returns the value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns true if the node is empty, `null` or `~`.
    pub fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar(scalar) => {
                scalar.style == Style::Plain
                    && matches!(scalar.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// Returns true if the node is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.kind, Kind::Mapping(_))
    }
}
