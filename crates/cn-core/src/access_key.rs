//! An access key with a redacted secret half.

use std::fmt;

use aws_credential_types::Credentials;
use secrecy::{ExposeSecret, SecretString};

/// A long-term access key of an IAM user.
///
/// `Debug` shows only the identifier.
#[derive(Clone, Debug)]
pub struct AccessKey {
    id: String,
    secret: SecretString,
}

/// Values that are not an access key. The error does not contain them: people swap the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessKeyError {
    /// The identifier contains invalid characters.
    #[error("its value is not an access key ID, which has only letters and digits")]
    Id,
    /// The secret contains characters that are invalid, or that files cannot contain.
    #[error(
        "its value is not a secret access key: it has a control character, or `#` after a space"
    )]
    Secret,
}

impl AccessKey {
    /// Creates a key from both halves.
    ///
    /// Refuses text that cannot follow `key = ` in the AWS shared files: their readers treat `#` or
    /// `;` after a blank as a comment.
    ///
    /// # Errors
    ///
    /// [`AccessKeyError`] for the half that is invalid.
    ///
    /// # Source
    ///
    /// IAM API reference, `AccessKey`: the identifier matches `\w+`.
    pub fn new(id: &SecretString, secret: SecretString) -> Result<Self, AccessKeyError> {
        let id = id.expose_secret();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if id.is_empty() || !id.bytes().all(is_word) {
            return Err(AccessKeyError::Id);
        }
        let text = secret.expose_secret();
        let has_comment = text
            .split([' ', '\t'])
            .skip(1)
            .any(|part| part.starts_with(['#', ';']));
        if text.is_empty() || text.trim() != text || text.contains(char::is_control) || has_comment
        {
            return Err(AccessKeyError::Secret);
        }
        Ok(Self {
            id: id.to_owned(),
            secret,
        })
    }

    /// Returns the identifier, which is not a secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the secret half.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let secret = self.secret.expose_secret();
        Credentials::new(self.id.clone(), secret, None, None, "SsmParameters")
    }
}

impl fmt::Display for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, secret: &str, expected: Result<&str, AccessKeyError>) {
        let key = AccessKey::new(&id.into(), secret.into());
        let shown = format!("{key:?}");
        assert!(!shown.contains(secret), "{shown}");
        assert_eq!(key.map(|key| key.id), expected.map(str::to_owned));
    }

    #[test]
    fn takes_what_files_can_carry() {
        check("AKIA1", "abc/+=#; x", Ok("AKIA1"));
        check("AKIA1", "-starts-with-a-hyphen", Ok("AKIA1"));
        check("AKIA1", "abc #x", Err(AccessKeyError::Secret));
        check("AKIA1", "abc\t;x", Err(AccessKeyError::Secret));
        check("AKIA1", "ab\u{7}c", Err(AccessKeyError::Secret));
        check("wJalrXUtnFEMI/K7", "AKIA1", Err(AccessKeyError::Id));
    }
}
