//! Redaction: the only place that replaces secret values in text.
//!
//! [`Secrets`] contains values of `NoEcho` parameters and values read from SSM. [`Secrets::text`]
//! replaces them in any text, in every form in which services, functions and logs are known to
//! repeat a value.
//!
//! Types that contain text define their own method `redacted`. This module depends on none of them.
//!
//! | module | contents |
//! | --- | --- |
//! | `needle` | the forms of secrets, and the search for them |
//! | `view` | readings of a text: decoded, without white space |

mod needle;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use secrecy::{ExposeSecret, SecretString};

pub use needle::REDACTED;

use needle::Finder;

/// The environment variable of the programs that may contain secrets: parameter values.
///
/// Commands that a run starts do not inherit it.
pub(crate) const CONFIDENTIAL_VARIABLE: &str = "CN_PARAMETER_OVERRIDES";

/// Secret values, and the names of the template parameters that have them.
///
/// `Debug` shows only the number of values. The search keeps copies of the values in
/// memory, which are not overwritten when the set is dropped.
///
/// # Examples
///
/// ```
/// use cn_core::secret::Secrets;
///
/// let mut secrets = Secrets::default();
/// secrets.add("Password", "hunter2".into());
/// assert_eq!(secrets.text("bad password hunter2"), "bad password ****");
/// assert_eq!(secrets.text("Basic cm9vdDpodW50ZXIy"), "Basic cm9vdD****");
/// assert_eq!(format!("{secrets:?}"), "1 secrets");
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    keys: BTreeSet<String>,
    values: Vec<SecretString>,
    /// Built by the first search, and rebuilt after a value was added.
    finder: OnceLock<Arc<Finder>>,
}

impl Secrets {
    /// Adds the value of a template parameter.
    ///
    /// * `key`: the parameter's name.
    /// * `value`: ignored if empty; the key is still added.
    pub fn add(&mut self, key: &str, value: SecretString) {
        self.add_key(key);
        self.add_value(value);
    }

    /// Adds a template parameter whose value is secret but unknown.
    ///
    /// For example, a `NoEcho` parameter that keeps its previous value.
    pub(crate) fn add_key(&mut self, key: &str) {
        self.keys.insert(key.to_owned());
    }

    /// Adds a value that belongs to no template parameter.
    pub(crate) fn add_value(&mut self, value: SecretString) {
        let text = value.expose_secret();
        let is_known = || self.values.iter().any(|it| it.expose_secret() == text);
        if !text.is_empty() && !is_known() {
            self.values.push(value);
            self.finder = OnceLock::new();
        }
    }

    /// Adds the keys and values of another set.
    pub fn extend(&mut self, other: &Self) {
        self.keys.extend(other.keys.iter().cloned());
        for value in &other.values {
            self.add_value(value.clone());
        }
    }

    /// Returns the names of the parameters whose values are secret.
    pub fn keys(&self) -> &BTreeSet<String> {
        &self.keys
    }

    /// Returns true if there is neither a key nor a value.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.values.is_empty()
    }

    /// Replaces every secret in a text with [`REDACTED`].
    ///
    /// Finds these forms of a secret:
    ///
    /// * the literal value;
    /// * with backslash escapes: JSON (`\"`, `\n`, `\uXXXX`, surrogate pairs), and
    ///   those of Rust and Python (`\u{X}`, `\xNN`);
    /// * percent-encoded, fully or partly, with or without `+` for a space;
    /// * with XML or HTML entities;
    /// * any two of these encodings, nested;
    /// * base64 in the standard or the URL-safe alphabet, alone or inside a longer encoded text;
    /// * each of these forms broken by line ends, with or without indentation, or with other white
    ///   space where the secret has white space;
    /// * each line of a multi-line secret, if it has at least 8 characters.
    ///
    /// A secret of fewer than 4 characters, not counting white space, is replaced only if it is the
    /// whole text: replacing every `1` would reveal more than it conceals. A truncated text may
    /// contain a part of a secret, so redact before truncating. Redacting twice changes nothing.
    ///
    /// Cost: linear in the length of the text. The first call after a value was
    /// added builds the search automaton.
    pub fn text(&self, text: &str) -> String {
        if self.values.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        let values = || self.values.iter().map(ExposeSecret::expose_secret);
        let finder = self.finder.get_or_init(|| Arc::new(Finder::new(values())));
        finder.redact(text)
    }

    /// Replaces every secret in an optional text.
    pub(crate) fn option(&self, text: Option<String>) -> Option<String> {
        text.map(|text| self.text(&text))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.values.len())
    }
}

impl PartialEq for Secrets {
    fn eq(&self, other: &Self) -> bool {
        let values = |it: &Self| -> BTreeSet<String> {
            it.values
                .iter()
                .map(|value| value.expose_secret().to_owned())
                .collect()
        };
        self.keys == other.keys && values(self) == values(other)
    }
}

impl Eq for Secrets {}
