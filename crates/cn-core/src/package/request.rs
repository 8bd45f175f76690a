//! What is asked of a packaging run, valid by construction.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::artifact::Row;

/// What to package and for which target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The template's file.
    pub template: Utf8PathBuf,
    /// The files that packaged templates, and manifests of a name of their own,
    /// will be written to: they never become part of an archive, nor do the
    /// manifests beside them.
    pub outputs: Vec<Utf8PathBuf>,
    /// The region the template is packaged for.
    pub region: Region,
    /// The bucket that takes the artifacts, in the target region.
    pub bucket: Bucket,
    /// What stands before every key.
    pub prefix: Prefix,
    /// Whether partition-dependent text is rewritten for the target.
    pub portability: Portability,
    /// Codes of findings about portability that are not worth a word, such as `CN301`.
    pub ignored: Vec<String>,
    /// What becomes of symbolic links in folders that are packaged.
    pub symlinks: Symlinks,
    /// Properties that name local files, beside those every user has.
    pub extra_rows: Vec<Row>,
    /// How the packaged template is spelled.
    pub spelling: Spelling,
}

/// How packaged templates are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Spelling {
    /// The template asked for becomes JSON; those it nests stay as written.
    pub json: bool,
    /// Characters outside ASCII are spelled as escapes, in all templates:
    /// CloudFormation shows `?` for others.
    pub ascii: bool,
}

/// What becomes of symbolic links in folders that are packaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symlinks {
    /// What they lead to is packaged under their name.
    Follow,
    /// They are links in the archive.
    Keep,
    /// They are refused.
    Error,
}

/// What becomes of text that differs between partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Portability {
    /// Rewritten for the target.
    Rewrite,
    /// Reported, not changed.
    Check,
    /// Not looked at.
    Off,
}

/// How objects are sent.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectSettings {
    /// Encrypt with this KMS key; the bucket's own default otherwise.
    pub kms_key_id: Option<String>,
    /// User metadata of every object.
    pub metadata: BTreeMap<String, String>,
    /// Tags of every object.
    pub tags: BTreeMap<String, String>,
}

/// The name of an S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(String);

impl Bucket {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot be the name of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens"
)]
pub struct BucketNameError(String);

impl FromStr for Bucket {
    type Err = BucketNameError;

    /// Reads a bucket's bare name.
    ///
    /// # Source
    ///
    /// Amazon S3 user guide, "General purpose bucket naming rules".
    fn from_str(name: &str) -> Result<Self, BucketNameError> {
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        let ends = [name.bytes().next(), name.bytes().last()];
        let ends_well = ends
            .iter()
            .all(|byte| byte.is_some_and(|byte| byte != b'.' && byte != b'-'));
        if (3..=63).contains(&name.len()) && name.bytes().all(is_allowed) && ends_well {
            Ok(Self(name.to_owned()))
        } else {
            Err(BucketNameError(name.to_owned()))
        }
    }
}

/// What stands before every key: empty, or words that end in one slash.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prefix(String);

impl Prefix {
    /// Takes a prefix with or without slashes around it.
    pub fn new(text: &str) -> Self {
        let trimmed = text.trim_matches('/');
        if trimmed.is_empty() {
            Self::default()
        } else {
            Self(format!("{trimmed}/"))
        }
    }

    /// The prefix, with its final slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_3_and_4_a_prefix_ends_in_one_slash() {
        for (text, expected) in [
            ("p/q", "p/q/"),
            ("p/", "p/"),
            ("/p//", "p/"),
            ("", ""),
            ("/", ""),
        ] {
            assert_eq!(Prefix::new(text).as_str(), expected);
        }
    }

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
