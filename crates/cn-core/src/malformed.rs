//! Texts that cannot become a value.

/// A text that is not of the form that its type takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {reason}")]
pub struct Malformed {
    text: String,
    reason: &'static str,
}

impl Malformed {
    /// Creates the error; `reason` follows the text.
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            reason,
        }
    }
}
