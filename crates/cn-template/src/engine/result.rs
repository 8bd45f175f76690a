//! A text with the hits or the document found in it.

use crate::look::aim::Aims;
use crate::look::phrase::Phrase;
use crate::look::place::{Section, Treatment};
use crate::rules::model::Hit;
use crate::tree::{Node, Template};

/// A text that matters: rules found something in it, or it contains a document.
pub(crate) struct TextResult<'t> {
    pub phrase: Phrase<'t>,
    /// The items of the list that contains the text.
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
    /// Everything that rules found, from left to right.
    Hits {
        hits: Vec<Hit>,
        /// True for a program, which is never changed.
        is_code: bool,
    },
    /// A document inside the text.
    Document {
        inner: Box<Template>,
        is_template: bool,
        /// The aims for which the text exists.
        aims: Aims,
    },
}
