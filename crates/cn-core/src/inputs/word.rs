//! Words of a command line, a variable or a configuration file.

use std::fmt;

use camino::Utf8PathBuf;
use cn_template::Source;

/// A text that a person wrote, and its origin.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The origin, for messages, such as `cn.toml:5` or `CN_TAGS`.
    ///
    /// `None` for a text from the caller or the command line.
    pub place: Option<String>,
}

impl Written {
    /// Returns the file that the text names as `file://PATH`.
    pub fn file(&self) -> Option<Utf8PathBuf> {
        match parse_word(&self.text) {
            Ok(Word::File(path)) => Some(path),
            _ => None,
        }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            place: None,
        }
    }
}

impl fmt::Debug for Written {
    /// Omits the text: it may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "**** from {:?}", self.place)
    }
}

/// A word for parameters or tags.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// A key and its value.
    Pair(String, String),
    /// A file to read.
    File(Utf8PathBuf),
    /// A document given in place.
    Document(Source),
}

/// The error for a word in no known form.
///
/// It never contains the word, which may be part of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// The word has no key or no `=`.
    #[error("is not of the form KEY=VALUE")]
    Pair,
    /// The word looks like the path of a file.
    #[error("is not of the form KEY=VALUE, and looks like a path")]
    Path,
    /// The word looks like `KEY:VALUE`.
    #[error("is not of the form KEY=VALUE, and has a colon")]
    Colon,
    /// The word has the API's list form, with members other than key and value.
    #[error("has members other than key and value")]
    Members,
}

/// A word that cannot be read, and its origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("word {number} {source}")]
pub struct Misread {
    /// The word's number among the words of its origin, counted from 1.
    pub number: usize,
    /// The origin, from [`Written`].
    pub place: Option<String>,
    /// The reason.
    #[source]
    pub source: WordError,
}

/// Names of the members in the API's list form.
pub(super) type MemberNames = (&'static str, &'static str);
pub(super) const PARAMETER_MEMBERS: MemberNames = ("ParameterKey", "ParameterValue");
pub(super) const TAG_MEMBERS: MemberNames = ("Key", "Value");

/// Parses a word for parameters.
///
/// Accepts `KEY=VALUE`, `ParameterKey=KEY,ParameterValue=VALUE`, `file://PATH`, or JSON.
///
/// The value is everything after the first `=`: it may be empty and may contain commas, spaces and
/// further `=`.
///
/// # Errors
///
/// Fails if the word has none of these forms.
pub(crate) fn parse_word(word: &str) -> Result<Word, WordError> {
    parse(word, PARAMETER_MEMBERS)
}

/// Parses a word for tags, like [`parse_word`], but with `Key=KEY,Value=VALUE`.
///
/// # Errors
///
/// Fails if the word has none of these forms.
pub(crate) fn parse_tag_word(word: &str) -> Result<Word, WordError> {
    parse(word, TAG_MEMBERS)
}

fn parse(word: &str, members: MemberNames) -> Result<Word, WordError> {
    if let Some(path) = word.strip_prefix("file://") {
        return Ok(Word::File(path.into()));
    }
    if word.trim_start().starts_with(['{', '[']) {
        return Ok(Word::Document(Source::new("<command line>", word)));
    }
    let (key, value) = split_pair(word, members)?;
    Ok(Word::Pair(key.to_owned(), value.to_owned()))
}

/// Splits `KEY=VALUE` or the AWS CLI's shorthand.
pub(super) fn split_pair(
    word: &str,
    (key_name, value_name): MemberNames,
) -> Result<(&str, &str), WordError> {
    let member = |text: &'_ str, name: &str| -> Option<usize> {
        text.strip_prefix(name)?
            .starts_with('=')
            .then_some(name.len() + 1)
    };
    let short = member(word, key_name).and_then(|start| {
        let (key, rest) = word[start..].split_once(',')?;
        Some((key, rest))
    });
    let pair = match short {
        Some((key, rest)) => match member(rest, value_name) {
            Some(start) => Some((key, &rest[start..])),
            // A tag may have the key `Key`; no parameter has the name `ParameterKey`.
            None if key_name == TAG_MEMBERS.0 => word.split_once('='),
            None => return Err(WordError::Members),
        },
        None => word.split_once('='),
    };
    match pair {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        None if is_path(word) => Err(WordError::Path),
        None if word.contains(':') => Err(WordError::Colon),
        _ => Err(WordError::Pair),
    }
}

/// Returns true if a word names a folder, or a file with a supported extension.
fn is_path(word: &str) -> bool {
    let ends = [".json", ".yaml", ".yml", ".toml", ".env", ".properties"];
    word.contains('/') || ends.iter().any(|end| word.ends_with(end))
}
