//! The looks of all rules, and the words that they look for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::china::{self, Row};
use crate::look::scene::Scene;
use crate::look::subject::{Subject, View};
use crate::rules::RULES;
use crate::rules::model::{Absent, Hits, Look, Rule, Spots};
use crate::rules::shared::{arn, cases, host};

/// Length limit of texts that are of interest even without a word that a rule looks for.
///
/// Regions, zones and bare policy names are short.
const LONGEST_NAME_BYTES: usize = 80;

/// Words of which every ARN and every AWS host contains at least one.
const OF_AWS: [&str; 3] = ["arn", "aws", "amazon"];

/// The words that rules look for, found in one pass over a text.
#[derive(Default)]
pub(crate) struct Words {
    automaton: Option<AhoCorasick>,
    /// For each word, the bits of its readers.
    readers: Vec<u32>,
}

/// The words of a text, as the bits of their readers.
#[derive(Clone, Copy)]
pub(crate) struct FoundWords(u32);

impl FoundWords {
    /// Bit of the words that belong to AWS.
    pub(crate) const AWS: u32 = 31;
    /// Bit of the host suffixes.
    pub(crate) const HOST: u32 = 30;

    pub(crate) const fn has(self, reader: u32) -> bool {
        self.0 >> reader & 1 == 1
    }

    /// Returns the readers of the words, without the bits of AWS and of hosts.
    pub(crate) fn readers(self) -> impl Iterator<Item = usize> + Clone {
        let mut rest = self.0 & !(1 << Self::AWS | 1 << Self::HOST);
        std::iter::from_fn(move || {
            let reader = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(reader)
        })
    }

    /// Returns true if a text with these words can contain anything that a rule looks for.
    pub(crate) const fn is_of_interest(self, text: &str) -> bool {
        self.0 != 0 || text.len() <= LONGEST_NAME_BYTES
    }
}

impl Words {
    fn of(readers: impl IntoIterator<Item = (&'static str, u32)>) -> Self {
        let mut masks: BTreeMap<&str, u32> = BTreeMap::new();
        for (word, reader) in readers {
            *masks.entry(word).or_default() |= 1 << reader;
        }
        Self {
            automaton: AhoCorasick::new(masks.keys()).ok(),
            readers: masks.into_values().collect(),
        }
    }

    pub(crate) fn find(&self, text: &str) -> FoundWords {
        let found = self.automaton.iter();
        let found = found.flat_map(|automaton| automaton.find_overlapping_iter(text));
        FoundWords(found.fold(0, |all, word| all | self.readers[word.pattern().as_usize()]))
    }
}

pub(crate) type ByArn = fn(&Scene<'_, '_>, &arn::Arn<'_>, &mut Hits<'_>);
pub(crate) type ByHost = fn(&Scene<'_, '_>, &host::Host<'_>, &cases::Case<'_>, &mut Hits<'_>);
pub(crate) type ByText = fn(&Scene<'_, '_>, &mut Hits<'_>);
pub(crate) type ByResource = fn(&Subject<'_, '_>, &mut Spots<'_>);
pub(crate) type ByTemplate = fn(&View<'_, '_>, &mut Spots<'_>);

/// The looks of all rules, grouped by what they look at.
#[derive(Default)]
pub(crate) struct Looks {
    pub arn: Vec<(&'static Rule, ByArn)>,
    pub host: Vec<(&'static Rule, ByHost)>,
    pub worded: Vec<(&'static Rule, &'static [&'static str], ByText)>,
    pub text: Vec<(&'static Rule, ByText)>,
    pub named: Vec<(&'static Rule, &'static Row)>,
    pub resource: Vec<(&'static Rule, ByResource)>,
    pub absent: HashMap<&'static str, Vec<(&'static Rule, &'static Absent)>>,
    pub template: Vec<(&'static Rule, ByTemplate)>,
    /// Resource types that a row names.
    pub types: HashSet<&'static str>,
    /// The words and their readers: indices into `worded`, then into `named` after them.
    pub words: Words,
}

pub(crate) static LOOKS: LazyLock<Looks> = LazyLock::new(|| {
    let mut looks = Looks::default();
    for &rule in RULES {
        for look in rule.looks {
            match look {
                Look::Arn(look) => looks.arn.push((rule, *look)),
                Look::Host(look) => looks.host.push((rule, *look)),
                Look::Words(words, look) => looks.worded.push((rule, words, *look)),
                Look::Text(look) => looks.text.push((rule, *look)),
                Look::Named(key) => {
                    looks.named.push((rule, china::row(key)));
                }
                Look::Resource(look) => looks.resource.push((rule, *look)),
                Look::Absent(rows) => {
                    for row in *rows {
                        if row.path.is_empty() {
                            looks.types.insert(row.kind);
                        }
                        looks.absent.entry(row.kind).or_default().push((rule, row));
                    }
                }
                Look::Template(look) => looks.template.push((rule, *look)),
            }
        }
    }
    let of_rules = looks.worded.iter().map(|(_, words, _)| words.to_vec());
    let values = |row: &Row| row.values.iter().map(|(_, value)| *value).collect();
    let of_tables = looks.named.iter().map(|(_, row)| values(row));
    let of_readers = (0..).zip(of_rules.chain(of_tables));
    let of_hosts = (FoundWords::HOST, host::suffixes());
    let of_aws = (FoundWords::AWS, OF_AWS.to_vec());
    looks.words = Words::of(of_readers.chain([of_hosts, of_aws]).flat_map(
        |(reader, words): (u32, Vec<&str>)| words.into_iter().map(move |word| (word, reader)),
    ));
    looks
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_a_rule_looks_for_makes_a_long_text_interesting() {
        let is_of_interest = |text: &str| LOOKS.words.find(text).is_of_interest(text);
        for (rule, words, _) in &LOOKS.worded {
            for word in *words {
                let text = format!("{}{word}", " ".repeat(100));
                assert!(is_of_interest(&text), "{}: {word}", rule.code.id);
            }
        }
        assert!(!is_of_interest(&" ".repeat(100)));
        let readers = LOOKS.worded.len() + LOOKS.named.len();
        assert!(readers <= FoundWords::HOST as usize, "{readers} readers");
    }
}
