//! The texts of a template's lists.

use std::collections::HashMap;

use super::phrase::Phrase;
use crate::tree::Node;

/// The texts of lists, counted; each list is read once.
pub(crate) struct Lists {
    /// The function that normalizes texts for comparison.
    form: fn(&str) -> String,
    /// Number of items for each text, by the list's address.
    counts: HashMap<*const Node, HashMap<String, usize>>,
}

impl Lists {
    pub(crate) fn new(form: fn(&str) -> String) -> Self {
        Self {
            form,
            counts: HashMap::new(),
        }
    }

    /// Returns the number of items with this text, or with another text of the same form.
    pub(crate) fn count(&mut self, list: &[Node], text: &str) -> usize {
        let form = self.form;
        let counts = self.counts.entry(list.as_ptr()).or_insert_with(|| {
            let mut counts = HashMap::new();
            for phrase in list.iter().filter_map(Phrase::of) {
                *counts.entry(form(&phrase.text)).or_default() += 1;
            }
            counts
        });
        counts.get(&form(text)).copied().unwrap_or_default()
    }
}
