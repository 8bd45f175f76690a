//! Uploads a large object as ranges of an earlier object and the bytes that differ.
//!
//! S3 copies the ranges, and compares the checksum of the whole object with the local one before
//! the object becomes visible. If anything prevents the composition, the object is uploaded
//! normally.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedPart, CopyPartResult};
use aws_smithy_types::{DateTime, base64};
use crc32fast::Hasher;
use futures_util::future::join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use md5::Md5;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::super::delta::{
    self, ABOVE_BYTES, Chunk, Composition, Index, Location, MOST_BYTES, NoDelta, Piece,
};
use super::super::key::{ArtifactKey, digest_in};
use super::super::outcome::Event;
use super::super::plan::Upload;
use super::super::preview::Travel;
use super::body::{Content, Meter, Way};
use super::part::SMALLEST_PART_BYTES;
use super::ready::{Delivered, Ready, SendError, Started};
use super::uploader::{Bases, Failed, Indexes, Uploader, encoded};
use crate::call::{CallError, CallErrorKind, CallExt};
use crate::hex::hex;

/// Maximum number of pages to list for the indexes of one location.
const MOST_PAGES: usize = 5;
/// Number of newest indexes to read: branches of one project may alternate.
const NEWEST: usize = 3;

/// The reason why a composed upload stopped.
enum Stop {
    /// The object can be uploaded whole.
    Whole(NoDelta),
    /// An upload of the whole object would fail too.
    Failed(SendError),
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        Self::Failed(error)
    }
}

impl Uploader<'_> {
    /// Uploads an object, as ranges of an earlier object where that saves bytes.
    pub(super) async fn send_composed(
        &self,
        upload: &Upload,
        ready: &Ready,
        way: &Way,
        bases: &Bases,
    ) -> Result<Delivered, SendError> {
        let whole = async |reason| {
            self.tell_whole(upload, reason);
            self.send_whole(upload, ready, way).await
        };
        match bases.get_or_init(|| self.bases(upload, None)).await {
            Err(reason) => {
                // The chunks are for the index.
                let cut = async { ready.chunks().await.map(drop) };
                Ok(tokio::try_join!(whole(reason.clone()), cut)?.0)
            }
            Ok(bases) => {
                let chunks = ready.chunks().await?;
                match self.compose(upload, ready, bases, chunks).await {
                    Ok(delivered) => Ok(delivered),
                    Err(Stop::Whole(reason)) => whole(reason).await,
                    Err(Stop::Failed(error)) => Err(error),
                }
            }
        }
    }

    /// Lists the newest indexes of all objects that may be composed.
    ///
    /// Done with the lookups of the objects, because it then takes no time of its own. Returns
    /// nothing if there are so many that the requests would wait for each other.
    pub(in super::super) async fn list_all_indexes(
        &self,
        uploads: &[Upload],
    ) -> HashMap<ArtifactKey, Indexes> {
        let large = uploads.iter().filter(|upload| upload.is_large());
        let large: Vec<&Upload> = large.collect();
        if !self.options.delta || large.len() > self.concurrency() / 2 {
            return HashMap::new();
        }
        let listing = large.iter().map(|upload| self.list_indexes(upload));
        let listed = join_all(listing.collect::<Vec<_>>()).await;
        let keys = large.iter().map(|upload| upload.key.clone());
        keys.zip(listed).collect()
    }

    /// Computes the bytes of an object to upload, and the bytes to copy.
    pub(in super::super) async fn travel(&self, upload: &Upload) -> Result<Travel, Failed> {
        let mut travel = Travel {
            key: upload.key.clone(),
            sent_bytes: 0,
            copied_bytes: 0,
            whole: None,
        };
        if !self.options.force && self.is_present(&upload.key).await.unwrap_or(false) {
            return Ok(travel);
        }
        let ready = self.prepare(upload, None).await?;
        travel.sent_bytes = ready.bytes;
        if ready.bytes <= ABOVE_BYTES {
            return Ok(travel);
        }
        let (bases, chunks) = tokio::join!(self.bases(upload, None), ready.chunks());
        let chunks = chunks.map_err(|error| self.failed(upload, error))?;
        let bases = bases.as_deref().map_err(NoDelta::clone);
        match bases.and_then(|it| Composition::of(it, chunks, SMALLEST_PART_BYTES)) {
            Ok(chosen) => {
                travel.sent_bytes = chosen.sent_bytes();
                travel.copied_bytes = chosen.copied_bytes();
            }
            Err(reason) => travel.whole = Some(reason),
        }
        Ok(travel)
    }

    fn tell_whole(&self, upload: &Upload, reason: NoDelta) {
        let event = Event::Whole {
            key: upload.key.clone(),
            source: upload.source.clone(),
            reason,
        };
        // The receiver is gone if the run was abandoned.
        drop(self.events.send(event));
    }

    /// Reads the newest indexes of the location that an object comes from.
    ///
    /// * `indexes`: their keys, if they are known.
    pub(super) async fn bases(
        &self,
        upload: &Upload,
        indexes: Option<Indexes>,
    ) -> Result<Vec<Index>, NoDelta> {
        let listed = match indexes {
            Some(listed) => listed,
            None => self.list_indexes(upload).await,
        };
        let newest = listed.map_err(|error| NoDelta::Unreadable { error })?;
        let reading = stream::iter(newest).map(|key| self.read_index(key));
        let read: Vec<_> = reading.buffered(NEWEST).collect().await;
        let mut good = Vec::new();
        let mut reason = NoDelta::NoBase;
        for index in read {
            match index {
                Ok(index) => good.push(index),
                Err(error) => reason = error,
            }
        }
        if good.is_empty() {
            Err(reason)
        } else {
            Ok(good)
        }
    }

    /// Lists the keys of the newest indexes, except that of the object itself.
    async fn list_indexes(&self, upload: &Upload) -> Indexes {
        let location = location_of(upload);
        let beginning = location.indexes(self.prefix);
        let own = location.index(self.prefix, &upload.key);
        let mut found: Vec<(Option<DateTime>, String)> = Vec::new();
        let mut next = None;
        let _permit = self.requests.acquire().await;
        for _ in 0..MOST_PAGES {
            let page = self
                .objects
                .client
                .list_objects_v2()
                .bucket(self.objects.bucket.as_str())
                .prefix(&beginning)
                .set_continuation_token(next)
                .set_expected_bucket_owner(self.objects.owner())
                .send()
                .await
                .call("s3", "ListObjectsV2")
                .map_err(|error| error.in_one_line())?;
            let objects = page.contents.unwrap_or_default().into_iter();
            let keys = objects.filter_map(|object| Some((object.last_modified, object.key?)));
            found.extend(keys.filter(|(_, key)| *key != own.as_str()));
            next = page.next_continuation_token;
            if next.is_none() {
                break;
            }
        }
        found.sort_by(|one, other| other.cmp(one));
        Ok(found.into_iter().map(|(_, key)| key).take(NEWEST).collect())
    }

    async fn read_index(&self, key: String) -> Result<Index, NoDelta> {
        let unreadable = |error: CallError| NoDelta::Unreadable {
            error: error.in_one_line(),
        };
        let _permit = self.requests.acquire().await;
        let answer = self
            .objects
            .client
            .get_object()
            .bucket(self.objects.bucket.as_str())
            .key(&key)
            .range(format!("bytes=0-{MOST_BYTES}"))
            .set_expected_bucket_owner(self.objects.owner())
            .send()
            .await
            .call("s3", "GetObject")
            .map_err(unreadable)?;
        let body = answer.body.collect().await;
        let body =
            body.map_err(|error| unreadable(CallError::broken_off("s3", "GetObject", error)))?;
        let index = Index::decode(&body.into_bytes()).filter(|index| {
            let prefix = self.prefix.as_str();
            let name = key.strip_prefix(prefix).and_then(delta::base_in);
            name.is_some() && digest_in(&index.key, prefix) == name
        });
        index.ok_or(NoDelta::Damaged { index: key })
    }

    /// Composes an object inside S3.
    async fn compose(
        &self,
        upload: &Upload,
        ready: &Ready,
        bases: &[Index],
        chunks: &[Chunk],
    ) -> Result<Delivered, Stop> {
        let chosen = Composition::of(bases, chunks, SMALLEST_PART_BYTES).map_err(Stop::Whole)?;
        let key = &upload.key;
        let started = self.open(key, ready, ChecksumAlgorithm::Crc32).await;
        let started = started.map_err(|error| stop(error, &chosen))?;
        let sums = AllSums {
            content: &ready.content,
            parts: &chosen.parts,
            computed: OnceCell::new(),
        };
        let composing = async {
            let check = async {
                let sums = sums.get().await?;
                if ready.sha256.is_some_and(|expected| expected != sums.sha256) {
                    return Err(Stop::Failed(SendError::Changed));
                }
                Ok(sums)
            };
            let bring = self.bring_pieces(key, ready, &chosen, &started, &sums);
            let (sums, parts) = tokio::try_join!(check, bring)?;
            let complete = self.complete(upload, ready, &started, parts, Some(sums.whole));
            Box::pin(complete)
                .await
                .map_err(|error| stop(error, &chosen))?;
            Ok(Delivered {
                reused_bytes: chosen.copied_bytes(),
                sha256: Some(sums.sha256),
                is_settled: true,
                ..Delivered::default()
            })
        };
        let stopped = match composing.await {
            Ok(delivered) => return Ok(delivered),
            Err(stopped) => stopped,
        };
        // A response may be lost, or another run may have completed the object.
        let is_lost =
            |error: &CallError| error.kind.may_have_worked() || error.has_code("NoSuchUpload");
        if let Stop::Failed(SendError::Call(error)) = &stopped
            && is_lost(error)
            && self.was_completed(key).await
        {
            return Ok(Delivered {
                reused_bytes: chosen.copied_bytes(),
                sha256: ready.sha256,
                ..Delivered::default()
            });
        }
        self.abort(key.as_str(), &started.id).await;
        Err(stopped)
    }

    /// Uploads or copies all parts, those to upload first.
    async fn bring_pieces(
        &self,
        key: &ArtifactKey,
        ready: &Ready,
        chosen: &Composition<'_>,
        started: &Started,
        sums: &AllSums<'_>,
    ) -> Result<Vec<CompletedPart>, Stop> {
        let meter = Meter::new(key.clone(), chosen.sent_bytes(), self.events.clone());
        let way = Way {
            throttle: self.throttle.clone(),
            meter: Arc::new(meter),
        };
        let id = &started.id;
        let mut numbered: Vec<(usize, i32)> = (0..chosen.parts.len()).zip(1..).collect();
        numbered.sort_by_key(|(place, _)| chosen.parts[*place].from.is_some());
        let bringing = stream::iter(numbered).map(|(place, number)| {
            let piece = &chosen.parts[place];
            let part = CompletedPart::builder().part_number(number);
            let way = &way;
            async move {
                let part = if let Some(from) = piece.from {
                    let copying = self.copy_piece(key, chosen, id, number, piece.len(), from);
                    let copied = copying.await?;
                    let is_known = copied.checksum_crc32.is_some();
                    let crc = in_base64(sums.get().await?.parts[place]);
                    if !is_proven(&copied, ready, piece, &crc, started.covers_whole).await? {
                        let base = chosen.base.key.clone();
                        return Err(Stop::Whole(NoDelta::Mismatch { base }));
                    }
                    part.set_e_tag(copied.e_tag)
                        .set_checksum_crc32(is_known.then_some(crc))
                } else {
                    let own = compute(Arc::clone(&ready.content), vec![piece.range.clone()]);
                    let crc = in_base64(own.await?.whole);
                    let sent = self.send_piece(key, ready, id, number, piece, &crc, way);
                    part.set_e_tag(sent.await?).checksum_crc32(crc)
                };
                Ok::<_, Stop>(part.build())
            }
        });
        let bringing = bringing.buffer_unordered(self.concurrency());
        bringing.try_collect().await
    }

    async fn copy_piece(
        &self,
        key: &ArtifactKey,
        chosen: &Composition<'_>,
        id: &str,
        number: i32,
        bytes: u64,
        from: u64,
    ) -> Result<CopyPartResult, Stop> {
        let base = chosen.base;
        let _permit = self.requests.acquire().await;
        let answer = self
            .objects
            .client
            .upload_part_copy()
            .copy_source(format!("{}/{}", self.objects.bucket, encoded(&base.key)))
            .copy_source_range(format!("bytes={from}-{}", from + bytes - 1))
            .copy_source_if_match(&base.etag)
            .bucket(self.objects.bucket.as_str())
            .key(key.as_str())
            .upload_id(id)
            .part_number(number)
            .set_expected_bucket_owner(self.objects.owner())
            .set_expected_source_bucket_owner(self.objects.owner())
            .send()
            .await
            .call("s3", "UploadPartCopy")
            .map_err(|error| match error.kind {
                // Uploading may still work, and does in a store that cannot copy.
                CallErrorKind::Unavailable => Stop::Whole(refused(&error)),
                _ => stop(error, chosen),
            })?;
        Ok(answer
            .copy_part_result
            .unwrap_or_else(|| CopyPartResult::builder().build()))
    }

    #[expect(clippy::too_many_arguments, reason = "one request's parameters")]
    async fn send_piece(
        &self,
        key: &ArtifactKey,
        ready: &Ready,
        id: &str,
        number: i32,
        piece: &Piece,
        crc: &str,
        way: &Way,
    ) -> Result<Option<String>, Stop> {
        let _permit = self.requests.acquire().await;
        let body = ready.content.body(piece.range.clone(), way).await;
        let answer = self
            .objects
            .client
            .upload_part()
            .bucket(self.objects.bucket.as_str())
            .key(key.as_str())
            .upload_id(id)
            .part_number(number)
            .set_expected_bucket_owner(self.objects.owner())
            .checksum_crc32(crc)
            .body(body.map_err(SendError::Read)?.into())
            .send()
            .await
            .call("s3", "UploadPart")
            .map_err(SendError::Call)?;
        Ok(answer.e_tag)
    }

    /// Writes the index of an object, if objects are to be composed.
    ///
    /// Without an index, the next object is uploaded whole.
    pub(super) async fn keep_index(&self, upload: &Upload, ready: &Ready, etag: &str) {
        if !self.options.delta {
            return;
        }
        let Ok(chunks) = ready.chunks().await else {
            return;
        };
        let index = Index {
            key: upload.key.as_str().to_owned(),
            etag: etag.to_owned(),
            chunks: chunks.to_vec(),
        };
        let Some(bytes) = index.encode() else {
            return;
        };
        let key = location_of(upload).index(self.prefix, &upload.key);
        let _permit = self.requests.acquire().await;
        let answer = self
            .objects
            .put(key.as_str())
            .set_metadata(self.metadata())
            .set_tagging(self.tagging())
            .checksum_sha256(base64::encode(Sha256::digest(&bytes)))
            .body(bytes.into())
            .send()
            .await
            .call("s3", "PutObject");
        if let Err(error) = answer {
            tracing::info!(%key, %error, "the index was not stored; the next object will be sent \
                                          whole");
        }
    }
}

/// Returns true if a part that S3 copied has the local bytes.
///
/// Compares the part's checksum. If S3 returns none, the checksum of the whole object will prove
/// it. In a store that compares no such checksum, compares the part's `ETag`, which is an MD5
/// unless a key encrypts the object.
///
/// * `covers_whole`: true if S3 compares the checksum of the whole object.
async fn is_proven(
    copied: &CopyPartResult,
    ready: &Ready,
    piece: &Piece,
    crc: &str,
    covers_whole: bool,
) -> Result<bool, SendError> {
    if let Some(actual) = &copied.checksum_crc32 {
        return Ok(actual == crc);
    }
    if covers_whole {
        return Ok(true);
    }
    let (content, range) = (Arc::clone(&ready.content), piece.range.clone());
    let hashing = tokio::task::spawn_blocking(move || {
        let mut md5 = Md5::new();
        content.read(&range, |bytes| md5.update(bytes))?;
        Ok(hex(&md5.finalize()))
    });
    let md5 = hashing.await.expect("hashing does not panic");
    let md5 = md5.map_err(SendError::Read)?;
    let etag = copied.e_tag.as_deref().unwrap_or_default();
    Ok(etag.trim_matches('"') == md5)
}

/// Classifies the failure of a request during composition.
fn stop(error: CallError, chosen: &Composition<'_>) -> Stop {
    let base = || chosen.base.key.clone();
    Stop::Whole(match error.code.as_deref() {
        Some("PreconditionFailed") => NoDelta::BaseOverwritten { base: base() },
        Some("NoSuchKey") => NoDelta::BaseDeleted { base: base() },
        Some("BadDigest") => NoDelta::Mismatch { base: base() },
        Some("NoSuchUpload") => return Stop::Failed(error.into()),
        _ => match error.kind {
            CallErrorKind::Denied | CallErrorKind::NotFound | CallErrorKind::Refused => {
                refused(&error)
            }
            _ => return Stop::Failed(error.into()),
        },
    })
}

fn refused(error: &CallError) -> NoDelta {
    NoDelta::Refused {
        error: error.in_one_line(),
    }
}

/// Returns the location that an object comes from, which is the same for every build.
///
/// The checkout folder of a source may change, so only the name of a path outside the base is used.
fn location_of(upload: &Upload) -> Location {
    let property = upload.needed_by.first().map_or("", String::as_str);
    let name = upload
        .source
        .file_name()
        .filter(|_| upload.source.is_absolute());
    Location::new(name.unwrap_or(upload.source.as_str()), property)
}

pub(super) fn in_base64(crc: u32) -> String {
    base64::encode(crc.to_be_bytes())
}

/// The checksums of an object.
struct Sums {
    /// CRC-32 of each part.
    parts: Vec<u32>,
    /// CRC-32 of the whole object.
    whole: u32,
    sha256: [u8; 32],
}

/// The checksums of an object, computed once, while its parts are sent and copied.
struct AllSums<'a> {
    content: &'a Arc<Content>,
    parts: &'a [Piece],
    computed: OnceCell<Sums>,
}

impl AllSums<'_> {
    async fn get(&self) -> Result<&Sums, SendError> {
        let ranges = || self.parts.iter().map(|part| part.range.clone()).collect();
        let compute = || compute(Arc::clone(self.content), ranges());
        self.computed.get_or_try_init(compute).await
    }
}

/// Reads ranges in order and computes all checksums.
async fn compute(content: Arc<Content>, ranges: Vec<Range<u64>>) -> Result<Sums, SendError> {
    let read = move || {
        let mut sha256 = Sha256::new();
        let mut whole = Hasher::new();
        let mut parts = Vec::with_capacity(ranges.len());
        for range in &ranges {
            let mut part = Hasher::new();
            content.read(range, |bytes| {
                sha256.update(bytes);
                part.update(bytes);
            })?;
            whole.combine(&part);
            parts.push(part.finalize());
        }
        Ok(Sums {
            parts,
            whole: whole.finalize(),
            sha256: sha256.finalize().into(),
        })
    };
    let reading = tokio::task::spawn_blocking(read).await;
    reading
        .expect("reading does not panic")
        .map_err(SendError::Read)
}

#[cfg(test)]
mod tests;
