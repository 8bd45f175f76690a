//! Access keys that tests sign requests with.

use std::fmt;

/// An access key with its secret; never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token, of temporary keys only.
    pub session_token: Option<String>,
}

impl Keys {
    /// Pairs a long-term access key id with its secret.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            session_token: None,
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keys({})", self.id)
    }
}
