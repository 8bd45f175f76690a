//! The error for texts that cannot be parsed.

use std::borrow::Cow;

/// An error for a text that does not have the form of its type.
///
/// The message omits a text that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(Cow<'static, str>);

impl Malformed {
    /// Creates the error; in the message, `reason` follows the text.
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self(format!("`{text}` {reason}").into())
    }

    /// Creates the error for a text that is not shown.
    pub(crate) const fn unseen(message: &'static str) -> Self {
        Self(Cow::Borrowed(message))
    }
}
