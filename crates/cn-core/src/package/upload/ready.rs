//! The states of an object on its way: built, started, uploaded.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use aws_sdk_s3::types::ChecksumAlgorithm;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::super::delta::{self, Chunk};
use super::body::Content;
use crate::call::CallError;
use crate::mutex::lock;

/// An object that is ready for the upload.
pub(super) struct Ready {
    pub content: Arc<Content>,
    pub bytes: u64,
    /// SHA-256 of the bytes that the key was made from. `None` for an archive, whose bytes no other
    /// program can change.
    pub sha256: Option<[u8; 32]>,
    chunks: OnceCell<Vec<Chunk>>,
    /// The upload that was started while the object was built, until it is used.
    begun: Mutex<Option<Started>>,
}

impl Ready {
    pub(super) fn new(content: Content, bytes: u64, sha256: Option<[u8; 32]>) -> Self {
        Self {
            content: Arc::new(content),
            bytes,
            sha256,
            chunks: OnceCell::new(),
            begun: Mutex::new(None),
        }
    }

    /// Sets the upload that was started while the object was built.
    pub(super) fn set_begun(&self, started: Option<Started>) {
        *lock(&self.begun) = started;
    }

    /// Returns the chunks of the object, which are computed once.
    pub(super) async fn chunks(&self) -> Result<&[Chunk], SendError> {
        let chunks = self.chunks.get_or_try_init(|| cut(&self.content)).await?;
        Ok(chunks)
    }

    pub(super) fn has_begun(&self) -> bool {
        lock(&self.begun).is_some()
    }

    pub(super) fn take_begun(&self) -> Option<Started> {
        lock(&self.begun).take()
    }
}

/// A part that S3 already has.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub bytes: u64,
    pub sha256: String,
    pub etag: Option<String>,
}

/// An upload in progress.
pub(super) struct Started {
    pub id: String,
    /// The parts that S3 has, by number.
    pub kept: BTreeMap<i32, Kept>,
    /// The checksum algorithm of the parts.
    pub algorithm: ChecksumAlgorithm,
    /// True if S3 compares the checksum of the whole object.
    pub covers_whole: bool,
}

/// An uploaded object.
#[derive(Default)]
pub(super) struct Delivered {
    /// Bytes of it that an earlier run had uploaded.
    pub resumed_bytes: u64,
    /// Bytes of it that S3 copied from an earlier object.
    pub reused_bytes: u64,
    /// SHA-256 of its bytes; `None` if another run completed it.
    pub sha256: Option<[u8; 32]>,
    /// The `ETag` for its index, which is not stored yet.
    pub etag: Option<String>,
    /// True if its index is stored and no other upload of it is left.
    pub is_settled: bool,
}

/// The reason why an object was not uploaded.
#[derive(Debug)]
pub(super) enum SendError {
    Call(CallError),
    Read(std::io::Error),
    /// The file changed since its key was made.
    Changed,
}

impl From<CallError> for SendError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// Cuts an object into chunks on a blocking thread.
async fn cut(content: &Arc<Content>) -> Result<Vec<Chunk>, SendError> {
    let content = Arc::clone(content);
    tokio::task::spawn_blocking(move || delta::chunks(content.reader()?))
        .await
        .expect("cutting does not panic")
        .map_err(SendError::Read)
}

/// Returns the SHA-256 of a part of a content.
pub(super) async fn hash(content: Arc<Content>, range: Range<u64>) -> Result<[u8; 32], SendError> {
    tokio::task::spawn_blocking(move || {
        let mut hasher = Sha256::new();
        content.read(&range, |bytes| hasher.update(bytes))?;
        Ok(hasher.finalize().into())
    })
    .await
    .expect("hashing does not panic")
    .map_err(SendError::Read)
}
