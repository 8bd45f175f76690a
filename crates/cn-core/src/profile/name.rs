//! Names of profiles.

use std::fmt;
use std::str::FromStr;

use crate::malformed::Malformed;

/// The name of a profile, in a form that every AWS tool can read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName(String);

impl ProfileName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the default profile of the tools, `china`.
    pub fn china() -> Self {
        Self("china".to_owned())
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = Malformed;

    /// Accepts letters, digits and `_-/.%@:+`: the characters that the SDKs' readers accept.
    fn from_str(name: &str) -> Result<Self, Malformed> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_allowed) {
            return Err(Malformed::new(
                name,
                "is not a valid profile name: use letters, digits and `_-/.%@:+`",
            ));
        }
        Ok(Self(name.to_owned()))
    }
}
