//! Prefixes of object keys.

use std::str::FromStr;

use crate::malformed::Malformed;

/// Bytes of the longest prefix, with its final slash.
///
/// It leaves room for a digest, and a dot with the longest extension that a file can have.
///
/// # Source
///
/// Amazon S3 user guide, "Naming Amazon S3 objects": a key has at most 1,024 bytes.
const MAX_BYTES: usize = 1024 - 64 - 1 - 255;

/// The prefix of every object key: empty, or text of at most 704 bytes that ends in one slash.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prefix(String);

impl Prefix {
    /// Returns the prefix, with its final slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prefix {
    type Err = Malformed;

    /// Parses text with or without slashes around it.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let trimmed = text.trim_matches('/');
        if trimmed.len() >= MAX_BYTES {
            let reason = "is too long for a prefix, which has at most 703 bytes";
            return Err(Malformed::new(text, reason));
        }
        Ok(if trimmed.is_empty() {
            Self::default()
        } else {
            Self(format!("{trimmed}/"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_in_one_slash() {
        for (text, expected) in [
            ("p/q", "p/q/"),
            ("p/", "p/"),
            ("/p//", "p/"),
            ("", ""),
            ("/", ""),
        ] {
            assert_eq!(text.parse::<Prefix>().unwrap().as_str(), expected);
        }
    }

    #[test]
    fn a_prefix_leaves_room_for_a_key() {
        assert!("p".repeat(703).parse::<Prefix>().is_ok());
        assert!("p".repeat(704).parse::<Prefix>().is_err());
    }
}
