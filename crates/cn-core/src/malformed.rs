//! The error for texts that cannot be parsed.

/// A text that does not have the form that its type requires.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {reason}")]
pub struct Malformed {
    text: String,
    reason: &'static str,
}

impl Malformed {
    /// Creates the error; in the message, `reason` follows the text.
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            reason,
        }
    }
}
