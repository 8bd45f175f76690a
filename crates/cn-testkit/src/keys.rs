//! Access keys that tests sign requests with.

use std::fmt;

/// The beginning of every secret key that the emulators issue, in any test.
pub const SECRET_MARK: &str = "TestSecretNeverShown";

/// The beginnings of every secret key, session token and web identity token, in any test. Session
/// tokens of the emulated STS begin with the second. The third is `{"alg":` in base64, with which
/// our JWTs begin.
pub(crate) const MARKS: [&str; 3] = [SECRET_MARK, "FwoGZX", "eyJhbGciOi"];

/// An access key with its secret, which `Debug` never shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token; only for temporary keys.
    pub session_token: Option<String>,
}

impl Keys {
    /// Creates a long-term access key from its id and secret.
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
