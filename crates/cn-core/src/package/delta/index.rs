//! The index of an object: a small, hashed file next to the object in the bucket.

use sha2::{Digest, Sha256};

use super::super::key::{ArtifactKey, DIGEST_LENGTH, digest_in};
use super::chunks::Chunk;
use crate::s3::Prefix;

/// The format. An index in another format is not read.
const FORMAT: &[u8] = b"cn-delta-1\n";
const EXTENSION: &str = ".delta";
const CHUNK_BYTES: usize = 4 + 16;
const HASH_BYTES: usize = 32;

/// Bytes of the largest index, which describes an object of about 25 GB.
///
/// Larger objects have no index.
pub(in super::super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A place in the source that yields one object after another.
///
/// It consists of a file or folder, and the property that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Location([u8; 32]);

impl Location {
    /// Creates the location of an object.
    ///
    /// * `source`: the file or folder as messages show it.
    /// * `needed_by`: the first property that names it.
    pub(in super::super) fn new(source: &str, needed_by: &str) -> Self {
        let text = format!("cn-location-1\n{}:{source}\n{needed_by}", source.len());
        Self(Sha256::digest(text).into())
    }

    /// Returns the key prefix of all indexes of this location.
    pub(in super::super) fn indexes(&self, prefix: &Prefix) -> String {
        format!("{}.", ArtifactKey::of_object(prefix, &self.0, ""))
    }

    /// Returns the key of an object's index: prefix, location, the object's digest.
    pub(in super::super) fn index(&self, prefix: &Prefix, object: &ArtifactKey) -> ArtifactKey {
        let digest = digest_in(object.as_str(), prefix.as_str()).unwrap_or_default();
        ArtifactKey::of_object(prefix, &self.0, &format!("{digest}{EXTENSION}"))
    }
}

/// Returns the digest of the object that an index describes.
///
/// * `name`: the index's key without its prefix.
pub(crate) fn base_in(name: &str) -> Option<&str> {
    let (_, rest) = name.split_at_checked(DIGEST_LENGTH)?;
    let digest = rest.strip_prefix('.')?.strip_suffix(EXTENSION)?;
    (digest_in(name, "").is_some() && digest_in(digest, "") == Some(digest)).then_some(digest)
}

/// An object in the bucket, and its chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Index {
    /// The object's key.
    pub key: String,
    /// The object's `ETag` when the index was written. If it differs, the object was replaced.
    pub etag: String,
    pub chunks: Vec<Chunk>,
}

impl Index {
    /// Encodes the index. `None` if it would be too large.
    pub(in super::super) fn encode(&self) -> Option<Vec<u8>> {
        let mut out = FORMAT.to_vec();
        for text in [&self.key, &self.etag] {
            out.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
            out.extend(text.as_bytes());
        }
        for chunk in &self.chunks {
            out.extend(chunk.bytes.to_le_bytes());
            out.extend(chunk.digest);
        }
        out.extend(Sha256::digest(&out));
        (out.len() <= MOST_BYTES).then_some(out)
    }

    /// Decodes an index. `None` if it is damaged or in another format.
    pub(in super::super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
        if Sha256::digest(body)[..] != *hash {
            return None;
        }
        let mut rest = body.strip_prefix(FORMAT)?;
        let mut text = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (text, after) = after.split_at_checked(length)?;
            rest = after;
            String::from_utf8(text.to_vec()).ok()
        };
        let (key, etag) = (text()?, text()?);
        let (chunks, []) = rest.as_chunks::<CHUNK_BYTES>() else {
            return None;
        };
        let chunks = chunks.iter().map(|chunk| {
            let (bytes, digest) = chunk.split_first_chunk::<4>()?;
            let bytes = u32::from_le_bytes(*bytes);
            let digest = digest.try_into().ok()?;
            Some(Chunk { bytes, digest })
        });
        Some(Self {
            key,
            etag,
            chunks: chunks.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let chunk = |byte| Chunk {
            bytes: u32::from(byte) * 1000,
            digest: [byte; 16],
        };
        Index {
            key: "p/名.zip".into(),
            etag: "\"abc-2\"".into(),
            chunks: (0..100).map(chunk).collect(),
        }
    }

    #[test]
    fn an_index_is_read_as_it_was_written_or_not_at_all() {
        let written = index().encode().unwrap();
        assert_eq!(Index::decode(&written), Some(index()));
        for at in 0..written.len() {
            assert_eq!(Index::decode(&written[..at]), None, "cut at {at}");
            let mut spoiled = written.clone();
            spoiled[at] ^= 1;
            assert_eq!(Index::decode(&spoiled), None, "spoiled at {at}");
        }
        assert_eq!(Index::decode(&[written, vec![0]].concat()), None);
    }

    #[test]
    fn an_index_is_bounded() {
        let mut large = index();
        large.chunks = vec![large.chunks[0]; MOST_BYTES / CHUNK_BYTES];
        assert_eq!(large.encode(), None);
    }

    #[test]
    fn the_name_of_an_index_tells_location_and_object() {
        let prefix = "p/q".parse().unwrap();
        let object = ArtifactKey::of_object(&prefix, &[0xab; 32], "zip");
        let location = Location::new("src", "F.CodeUri");
        let index = location.index(&prefix, &object);
        let all = location.indexes(&prefix);
        assert!(index.as_str().starts_with(&all));
        let name = index.as_str().strip_prefix("p/q/").unwrap();
        assert_eq!(base_in(name), Some(&*"ab".repeat(32)));
        assert!(digest_in(index.as_str(), "p/q/").is_some());
        let others = [
            object.as_str().strip_prefix("p/q/").unwrap(),
            &name[1..],
            &name.replace(".delta", ".zip"),
            "",
        ];
        for other in others {
            assert_eq!(base_in(other), None, "{other}");
        }
        assert_ne!(location, Location::new("src", "G.CodeUri"));
        assert_ne!(location, Location::new("src2", "F.CodeUri"));
    }
}
