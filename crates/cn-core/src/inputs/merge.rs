//! Words and documents become parameters and tags; a later value overrides an earlier one.

use std::collections::{BTreeMap, HashMap};

use camino::Utf8Path;
use cn_template::{Diagnostic, Source};

use super::error::GatherError;
use super::word::{Misread, Word, WordError, Written, parse_tag_word, parse_word};
use super::{Inputs, parse_parameters, parse_tags, unreadable};
use crate::deploy::ParameterOverride;
use crate::file::{self, Accepts};
use crate::stack::Tag;

/// Origins of parameters, by name.
pub(super) type Origins = BTreeMap<String, String>;

/// Reads parameters, word by word; a later value overrides an earlier one.
pub(super) fn parameters(
    words: &[Written],
    findings: &mut Vec<Diagnostic>,
) -> Result<(Inputs, Origins), GatherError> {
    let mut all = Inputs::default();
    let mut origins = Origins::new();
    for (number, written) in numbered(words) {
        let word = parse_word(&written.text)
            .map_err(|error| GatherError::Parameter(misread(number, written, error)))?;
        let (given, origin) = match opened(word, written, findings) {
            None => continue,
            Some(Opened::Pair(key, value)) => {
                let parameters = vec![ParameterOverride { key, value }];
                let given = Inputs {
                    parameters,
                    ..Inputs::default()
                };
                (given, written.place.clone())
            }
            Some(Opened::Document(source)) => match parse_parameters(&source) {
                Ok(given) => (given, Some(source.path().to_string())),
                Err(errors) => {
                    findings.extend(errors);
                    continue;
                }
            },
        };
        for item in &given.parameters {
            match &origin {
                Some(origin) => origins.insert(item.key.clone(), origin.clone()),
                None => origins.remove(&item.key),
            };
        }
        all.parameters.extend(given.parameters);
        findings.extend(given.warnings);
        all.tags = given.tags.or(all.tags);
        all.stack_policy = given.stack_policy.or(all.stack_policy);
    }
    Ok((all, origins))
}

/// Merges the tags; `None` if no tags are given, so that the stack keeps its tags.
///
/// * `configured`: the tags from a parameter file.
pub(super) fn tags(
    words: &[Written],
    configured: Option<Vec<Tag>>,
    findings: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<Tag>>, GatherError> {
    let is_any = configured.is_some() || numbered(words).next().is_some();
    let mut all = configured.unwrap_or_default();
    for (number, written) in numbered(words) {
        let word = parse_tag_word(&written.text)
            .map_err(|error| GatherError::Tag(misread(number, written, error)))?;
        match opened(word, written, findings) {
            None => {}
            Some(Opened::Pair(key, value)) => all.push(Tag { key, value }),
            Some(Opened::Document(source)) => match parse_tags(&source) {
                Ok(tags) => all.extend(tags),
                Err(errors) => findings.extend(errors),
            },
        }
    }
    Ok(is_any.then(|| last_of_each(all)))
}

/// Numbers the words of each place from 1; skips empty words.
fn numbered(words: &[Written]) -> impl Iterator<Item = (usize, &Written)> {
    let mut place = None;
    let mut number = 0;
    let all = words.iter().map(move |word| {
        number = if place == Some(&word.place) {
            number + 1
        } else {
            1
        };
        place = Some(&word.place);
        (number, word)
    });
    all.filter(|(_, word)| !word.text.trim().is_empty())
}

fn misread(number: usize, written: &Written, source: WordError) -> Misread {
    Misread {
        number,
        place: written.place.clone(),
        source,
    }
}

/// A word after reading its file.
enum Opened {
    Pair(String, String),
    Document(Source),
}

/// Reads the file that a word names; `None` if the file cannot be read, which is a finding.
fn opened(word: Word, written: &Written, findings: &mut Vec<Diagnostic>) -> Option<Opened> {
    Some(match (word, &written.place) {
        (Word::Pair(key, value), _) => Opened::Pair(key, value),
        (Word::File(path), _) => Opened::Document(document(&path, Accepts::Pipes, findings)?),
        (Word::Document(source), Some(place)) => {
            Opened::Document(Source::new(place.as_str(), source.text()))
        }
        (Word::Document(source), None) => Opened::Document(source),
    })
}

/// Returns each tag once: in its first position, with its last value.
fn last_of_each(tags: Vec<Tag>) -> Vec<Tag> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Tag> = Vec::new();
    for tag in tags {
        let place = *places.entry(tag.key.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(present) => present.value = tag.value,
            None => kept.push(tag),
        }
    }
    kept
}

pub(super) fn document(
    path: &Utf8Path,
    accepts: Accepts,
    findings: &mut Vec<Diagnostic>,
) -> Option<Source> {
    match file::read_text(path, accepts) {
        Ok(text) => Some(Source::new(path, text)),
        Err(error) => {
            findings.push(unreadable_file(path, &error));
            None
        }
    }
}

/// Returns the finding for a file that cannot be read, without repeating its path.
pub(super) fn unreadable_file(path: &Utf8Path, error: &std::io::Error) -> Diagnostic {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "that is not allowed".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    unreadable(path, &why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_thousand_words_for_tags_the_last_of_each_key_counts() {
        let words = (0..100_000).map(|at| format!("k{}=v{at}", at % 90_000));
        let words: Vec<Written> = words.map(|word| word.as_str().into()).collect();
        let configured = vec![Tag {
            key: "k89999".to_owned(),
            value: "file".to_owned(),
        }];
        let mut findings = Vec::new();
        let tags = tags(&words, Some(configured), &mut findings)
            .unwrap()
            .unwrap();
        let shown = |tag: &Tag| format!("{}={}", tag.key, tag.value);
        assert_eq!(tags.len(), 90_000);
        assert_eq!(shown(&tags[0]), "k89999=v89999");
        assert_eq!(shown(&tags[1]), "k0=v90000");
        assert!(findings.is_empty());
    }
}
