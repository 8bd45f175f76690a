//! An access key with a redacted secret half.

use std::fmt;

use aws_credential_types::Credentials;
use secrecy::{ExposeSecret, SecretString};

use crate::malformed::Malformed;

/// A long-term access key of an IAM user.
///
/// `Debug` shows only the identifier.
#[derive(Clone, Debug)]
pub struct AccessKey {
    id: String,
    secret: SecretString,
}

impl AccessKey {
    /// Creates a key from both halves.
    ///
    /// Refuses text that cannot follow `key = ` in the AWS shared files: their readers treat `#` or
    /// `;` after a blank as a comment.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for the half that is invalid. It contains neither half: people swap the two.
    ///
    /// # Source
    ///
    /// IAM API reference, `AccessKey`: the identifier matches `\w+`.
    pub fn new(id: &SecretString, secret: SecretString) -> Result<Self, Malformed> {
        let id = id.expose_secret();
        if !is_id(id) {
            return Err(Malformed::unseen(
                "its value is not an access key ID, which has only letters and digits",
            ));
        }
        let text = secret.expose_secret();
        let has_comment = text
            .split([' ', '\t'])
            .skip(1)
            .any(|part| part.starts_with(['#', ';']));
        if text.is_empty() || text.trim() != text || text.contains(char::is_control) || has_comment
        {
            return Err(Malformed::unseen(
                "its value is not a secret access key: it has a control character, or `#` after a space",
            ));
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

/// Returns whether a text has the characters of an access key ID.
pub(crate) fn is_id(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_word)
}

impl fmt::Display for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, secret: &str, expected: Option<&str>) {
        let key = AccessKey::new(&id.into(), secret.into());
        let shown = format!("{key:?}");
        assert!(!shown.contains(secret), "{shown}");
        assert_eq!(key.ok().map(|key| key.id).as_deref(), expected);
    }

    #[test]
    fn takes_what_files_can_carry() {
        check("AKIA1", "abc/+=#; x", Some("AKIA1"));
        check("AKIA1", "-starts-with-a-hyphen", Some("AKIA1"));
        check("AKIA1", "abc #x", None);
        check("AKIA1", "abc\t;x", None);
        check("AKIA1", "ab\u{7}c", None);
        check("wJalrXUtnFEMI/K7", "AKIA1", None);
    }
}
