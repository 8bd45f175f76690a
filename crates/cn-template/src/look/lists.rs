//! The texts of a template's lists.

use std::collections::HashMap;

use super::phrase::Phrase;
use crate::tree::Node;

/// Answers which texts a list holds; each list is read once.
pub(crate) struct Lists {
    /// The form in which texts are compared.
    form: fn(&str) -> String,
    /// The number of items that say a text, by the list's address.
    counts: HashMap<*const Node, HashMap<String, usize>>,
}

impl Lists {
    pub(crate) fn new(form: fn(&str) -> String) -> Self {
        Self {
            form,
            counts: HashMap::new(),
        }
    }

    /// Returns the number of items that say a text, or another of the same form.
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
