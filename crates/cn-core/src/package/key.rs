//! Keys of artifacts, made from the input files and not from the bytes of the archive.

use std::fmt;

use sha2::{Digest, Sha256};

use super::files::{FileFact, FileKind};
use crate::hex::hex;
use crate::s3::Prefix;

/// Name of the digest algorithm.
///
/// It must change when the same files produce an archive with different bytes.
const ALGORITHM: &str = "cn-artifact-1";

/// Characters of a digest in a key.
pub(crate) const DIGEST_LENGTH: usize = 64;

/// The key of an artifact: prefix, digest, extension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactKey(String);

impl ArtifactKey {
    /// Returns the key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Creates the key of an object.
    ///
    /// * `digest`: SHA-256 of the object's bytes, or the digest of the files in an archive.
    /// * `extension`: without a dot; may be empty.
    pub fn of_object(prefix: &Prefix, digest: &[u8], extension: &str) -> Self {
        let dot = if extension.is_empty() { "" } else { "." };
        Self(format!(
            "{}{}{dot}{extension}",
            prefix.as_str(),
            hex(digest)
        ))
    }
}

/// Returns the digest of a set of files.
///
/// Equal names, modes and contents give an equal digest on every machine: times, owners and the
/// compressor have no influence.
///
/// * `files`: must be sorted by name.
pub(super) fn digest_of(files: &[FileFact]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(ALGORITHM);
    for file in files {
        hasher.update((file.name.len() as u64).to_be_bytes());
        hasher.update(&file.name);
        hasher.update([match file.kind {
            FileKind::Plain => 0,
            FileKind::Executable => 1,
            FileKind::Link => 2,
        }]);
        hasher.update(file.digest);
    }
    hasher.finalize().into()
}

/// Returns the digest in a key that `cn` made: prefix, digest, extension.
///
/// * `prefix`: with its final slash; may be empty.
pub(crate) fn digest_in<'k>(key: &'k str, prefix: &str) -> Option<&'k str> {
    let (digest, rest) = key.strip_prefix(prefix)?.split_at_checked(DIGEST_LENGTH)?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_extension = rest.is_empty() || rest.starts_with('.') && !rest.contains('/');
    (digest.bytes().all(is_hex) && is_extension).then_some(digest)
}

impl fmt::Display for ArtifactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, executable: bool, content: u8) -> FileFact {
        let kind = if executable {
            FileKind::Executable
        } else {
            FileKind::Plain
        };
        FileFact {
            name: name.into(),
            path: "x".into(),
            bytes: 1,
            kind,
            digest: [content; 32],
            crc32: 0,
        }
    }

    fn key(files: &[FileFact]) -> String {
        let digest = digest_of(files);
        ArtifactKey::of_object(&"p".parse().unwrap(), &digest, "zip").0
    }

    #[test]
    fn only_keys_of_ours_have_a_digest() {
        let digest = "0123456789abcdef".repeat(4);
        for (key, expected) in [
            (format!("p/{digest}.zip"), true),
            (format!("p/{digest}"), true),
            (format!("q/{digest}.zip"), false),
            (format!("p/x/{digest}.zip"), false),
            (format!("p/{digest}/x"), false),
            (format!("p/{digest}x"), false),
            (format!("p/{}", &digest[1..]), false),
            ("p/".to_owned(), false),
        ] {
            assert_eq!(digest_in(&key, "p/").is_some(), expected, "{key}");
        }
    }

    #[test]
    fn name_mode_and_content_make_the_key() {
        let base = key(&[file("a", false, 1)]);
        let digest = base
            .strip_prefix("p/")
            .and_then(|rest| rest.strip_suffix(".zip"));
        assert_eq!(digest.map(str::len), Some(64));
        assert_ne!(base, key(&[file("b", false, 1)]));
        assert_ne!(base, key(&[file("a", true, 1)]));
        assert_ne!(base, key(&[file("a", false, 2)]));
        let elsewhere = FileFact {
            path: "y".into(),
            ..file("a", false, 1)
        };
        assert_eq!(base, key(&[elsewhere]));
    }

    #[test]
    fn names_cannot_be_shifted_between_files() {
        assert_ne!(
            key(&[file("ab", false, 1), file("c", false, 1)]),
            key(&[file("a", false, 1), file("bc", false, 1)])
        );
    }
}
