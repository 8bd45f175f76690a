//! The digest of an object's bytes, downloaded in ranges at the same time.
//!
//! On a link with high latency or packet loss, each connection gets little bandwidth. The ranges
//! are hashed in order, and at most 16 of them are in memory, for all objects together.

use std::ops::Range;

use aws_sdk_s3::Client;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::byte_stream::error::Error as ByteStreamError;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::call::{CallError, CallExt as _};
use crate::s3::S3Location;

/// Bytes of a range.
const RANGE_BYTES: u64 = 4 * 1024 * 1024;
/// Number of ranges to download at the same time.
const MOST_RANGES: usize = 16;
/// Number of attempts to read a range or an object whose answer breaks off.
const ATTEMPTS: u32 = 5;

/// Downloads objects and computes their digests.
pub(crate) struct Digester<'a> {
    client: &'a Client,
    range_bytes: u64,
    ranges: Semaphore,
}

/// A version of an object's bytes.
struct Version<'a> {
    object: &'a S3Location,
    /// S3 refuses to send bytes of another version.
    etag: Option<&'a str>,
}

impl<'a> Digester<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self {
            client,
            range_bytes: RANGE_BYTES,
            ranges: Semaphore::new(MOST_RANGES),
        }
    }

    /// Returns the SHA-256 of an object's bytes.
    ///
    /// * `etag`, `bytes`: those that S3 told. Without them, or in a store that sends no ranges, one
    ///   request downloads the object.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the object cannot be read, or changes meanwhile.
    pub(crate) async fn sha256(
        &self,
        object: &S3Location,
        etag: Option<&str>,
        bytes: Option<i64>,
    ) -> Result<[u8; 32], CallError> {
        let version = Version { object, etag };
        let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        let in_ranges = bytes.filter(|bytes| etag.is_some() && *bytes > self.range_bytes);
        if let Some(bytes) = in_ranges
            && let Some(digest) = self.of_ranges(&version, bytes).await?
        {
            return Ok(digest);
        }
        self.of_whole(&version).await
    }

    /// Returns `None` if the store ignores ranges.
    async fn of_ranges(
        &self,
        version: &Version<'_>,
        bytes: u64,
    ) -> Result<Option<[u8; 32]>, CallError> {
        let size = self.range_bytes;
        let reading = stream::iter(0..bytes.div_ceil(size))
            .map(|at| self.range(version, at * size..bytes.min((at + 1) * size)));
        let mut reading = reading.buffered(MOST_RANGES);
        let mut hasher = Sha256::new();
        while let Some(range) = reading.try_next().await? {
            let Some((bytes, _permit)) = range else {
                return Ok(None);
            };
            hasher.update(bytes);
        }
        Ok(Some(hasher.finalize().into()))
    }

    /// Downloads a range, which counts as being in memory until its permit is dropped.
    async fn range(
        &self,
        version: &Version<'_>,
        range: Range<u64>,
    ) -> Result<Option<(Vec<u8>, SemaphorePermit<'_>)>, CallError> {
        let permit = self.ranges.acquire().await.expect("it is never closed");
        let mut found = Vec::new();
        for attempt in 1.. {
            let from = range.start + found.len() as u64;
            let answer = self.get(version, Some(format!("bytes={from}-{}", range.end - 1)));
            let answer = answer.await?;
            let sent = answer.content_range.as_deref().unwrap_or_default();
            if !sent.starts_with(&format!("bytes {from}-{}/", range.end - 1)) {
                return Ok(None);
            }
            let read = read(answer.body, |bytes| found.extend_from_slice(bytes)).await;
            match read {
                Ok(()) => break,
                Err(error) if attempt == ATTEMPTS => return Err(broken_off(error)),
                Err(_) => {}
            }
        }
        Ok(Some((found, permit)))
    }

    async fn of_whole(&self, version: &Version<'_>) -> Result<[u8; 32], CallError> {
        let mut hasher = Sha256::new();
        let mut at = 0;
        for attempt in 1.. {
            let rest = (at > 0).then(|| format!("bytes={at}-"));
            let answer = self.get(version, rest).await?;
            let read = read(answer.body, |bytes| {
                at += bytes.len();
                hasher.update(bytes);
            });
            match read.await {
                Ok(()) => break,
                Err(error) if attempt == ATTEMPTS => return Err(broken_off(error)),
                // The SDK retries requests, but not interrupted answers.
                Err(_) => {}
            }
        }
        Ok(hasher.finalize().into())
    }

    async fn get(
        &self,
        version: &Version<'_>,
        range: Option<String>,
    ) -> Result<aws_sdk_s3::operation::get_object::GetObjectOutput, CallError> {
        self.client
            .get_object()
            .bucket(&version.object.bucket)
            .key(&version.object.key)
            .set_version_id(version.object.version.clone())
            .set_if_match(version.etag.map(str::to_owned))
            .set_range(range)
            .send()
            .await
            .call("s3", "GetObject")
    }
}

/// Reads a body to its end.
async fn read(mut body: ByteStream, mut take: impl FnMut(&[u8])) -> Result<(), ByteStreamError> {
    while let Some(bytes) = body.next().await {
        take(&bytes?);
    }
    Ok(())
}

fn broken_off(error: ByteStreamError) -> CallError {
    CallError::broken_off("s3", "GetObject", error)
}

#[cfg(test)]
mod tests;
