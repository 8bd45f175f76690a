//! A text that rules found something in.

use crate::look::aim::Aims;
use crate::look::phrase::Phrase;
use crate::look::place::{Section, Treatment};
use crate::rules::model::Hit;
use crate::tree::{Node, Template};

/// A text that matters.
pub(crate) struct Seen<'t> {
    pub phrase: Phrase<'t>,
    /// The list the text is an item of.
    pub siblings: &'t [Node],
    pub treatment: Treatment,
    pub section: Section,
    /// True for the key of a mapping.
    pub is_key: bool,
    /// True for code of the stack itself, such as `UserData`, which no environment variable reaches.
    pub is_of_stack: bool,
    /// True if the hits are in values that the text takes from elsewhere.
    pub is_variant: bool,
    pub content: Content,
}

/// The content of a text.
pub(crate) enum Content {
    /// Something that rules found, from left to right.
    Hits {
        hits: Vec<Hit>,
        /// True for a program: it is never changed.
        is_code: bool,
    },
    /// Another document.
    Document {
        inner: Box<Template>,
        is_template: bool,
        /// The aims for which the text exists.
        aims: Aims,
    },
}
