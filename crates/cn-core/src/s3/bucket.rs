//! Names of buckets.

use std::fmt;
use std::str::FromStr;

use crate::malformed::Malformed;

/// The name of an S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(String);

impl Bucket {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rule for names, as messages state it.
pub(super) const NAME_RULE: &str =
    "is not a valid bucket name: use 3 to 63 lowercase letters, digits, dots and hyphens";

impl FromStr for Bucket {
    type Err = Malformed;

    /// Parses a bucket name without scheme or path.
    ///
    /// # Source
    ///
    /// Amazon S3 user guide, "General purpose bucket naming rules".
    fn from_str(name: &str) -> Result<Self, Malformed> {
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        let ends = [name.bytes().next(), name.bytes().last()];
        let ends_well = ends
            .iter()
            .all(|byte| byte.is_some_and(|byte| byte != b'.' && byte != b'-'));
        if (3..=63).contains(&name.len()) && name.bytes().all(is_allowed) && ends_well {
            Ok(Self(name.to_owned()))
        } else {
            Err(Malformed::new(name, NAME_RULE))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_bucket_is_refused() {
        for name in [
            "",
            "ab",
            "Bucket",
            "s3://bucket",
            "bucket/key",
            "-ab",
            "ab.",
            &"a".repeat(64),
        ] {
            assert!(name.parse::<Bucket>().is_err(), "{name}");
        }
        assert!("my.bucket-1".parse::<Bucket>().is_ok());
    }
}
