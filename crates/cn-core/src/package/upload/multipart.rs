//! Sending a large object in parts, and going on where an earlier run stopped.
//!
//! An interrupted run leaves an unfinished upload in the bucket. The next run
//! that needs the same object lists its parts and compares each with the local
//! bytes; only parts with an equal checksum are kept. Nothing but a complete
//! object is ever visible under the key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::{DateTime, base64};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use super::super::key::ArtifactKey;
use super::body::{Content, Way};
use super::part::{Part, parts};
use super::{Delivered, SendError, Uploader, hash};
use crate::call::{CallError, CallErrorKind, CallExt};

/// An unfinished upload that nobody has touched for this long is given up.
const STALE_AFTER: Duration = Duration::from_hours(24);
/// How many pages of unfinished uploads are looked at.
const MOST_PAGES: usize = 5;

/// An upload that was begun and not finished, perhaps by an earlier run.
#[derive(Clone, Debug)]
pub(super) struct Unfinished {
    key: String,
    id: String,
    begun: Option<DateTime>,
}

/// The unfinished uploads of a bucket, asked for once per run.
pub(super) type UnfinishedUploads = OnceCell<Vec<Unfinished>>;

/// A part that S3 has.
#[derive(Clone, Debug)]
struct Kept {
    bytes: u64,
    sha256: String,
    etag: Option<String>,
}

/// An upload under way.
struct Started {
    id: String,
    /// What S3 has of it, by part number.
    kept: BTreeMap<i32, Kept>,
}

impl Uploader<'_> {
    /// Sends an object in parts.
    ///
    /// * `expected`: SHA-256 of the whole, when the file could have changed
    ///   since its key was made; nothing is completed when it did.
    pub(super) async fn send_parts(
        &self,
        key: &ArtifactKey,
        content: &Arc<Content>,
        bytes: u64,
        expected: Option<[u8; 32]>,
        way: &Way,
    ) -> Result<Delivered, SendError> {
        let parts = parts(bytes, &self.options.objects);
        let started = match self.unfinished_upload(key, &parts).await? {
            Some(started) => started,
            None => self.start(key).await?,
        };
        let whole = async {
            let actual = hash(Arc::clone(content), 0..bytes).await?;
            match expected {
                Some(expected) if expected != actual => Err(SendError::Changed),
                _ => Ok(actual),
            }
        };
        let sending = Sending {
            key,
            content,
            started: &started,
            way,
        };
        let failed = match self.finish(&sending, &parts, whole).await {
            Ok(delivered) => return Ok(delivered),
            Err(error) => error,
        };
        // Another run that sent the same object at the same time may have completed it.
        if matches!(failed.error, SendError::Call(_)) && self.is_present(key).await.unwrap_or(false)
        {
            return Ok(Delivered {
                resumed_bytes: 0,
                sha256: expected,
            });
        }
        // Whatever S3 has is where the next run goes on; nothing would only be left over.
        if !failed.has_parts && started.kept.is_empty() {
            self.abort(key.as_str(), &started.id).await;
        }
        Err(failed.error)
    }

    async fn start(&self, key: &ArtifactKey) -> Result<Started, CallError> {
        let _permit = self.requests.acquire().await;
        let (encryption, kms_key_id) = self.objects.encryption();
        let answer = self
            .objects
            .client
            .create_multipart_upload()
            .bucket(self.objects.bucket.as_str())
            .key(key.as_str())
            .set_expected_bucket_owner(self.objects.owner())
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(kms_key_id)
            .set_metadata(self.metadata())
            .set_tagging(self.tagging())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .send()
            .await
            .call("s3", "CreateMultipartUpload")?;
        Ok(Started {
            id: answer.upload_id.unwrap_or_default(),
            kept: BTreeMap::new(),
        })
    }

    /// Sends what is missing and completes the object.
    ///
    /// * `whole`: the digest of the object, unless it has changed.
    async fn finish(
        &self,
        sending: &Sending<'_>,
        parts: &[Part],
        whole: impl Future<Output = Result<[u8; 32], SendError>>,
    ) -> Result<Delivered, Unsent> {
        let mut done = Vec::with_capacity(parts.len());
        let mut resumed_bytes = 0;
        let bring = async {
            let mut bringing = stream::iter(parts)
                .map(|part| self.bring_part(sending, part))
                .buffer_unordered(self.concurrency());
            while let Some((part, resumed)) = bringing.try_next().await? {
                resumed_bytes += resumed;
                done.push(part);
            }
            Ok(())
        };
        let sha256 = match tokio::try_join!(whole, bring) {
            Ok((sha256, ())) => sha256,
            Err(error) => {
                let has_parts = !done.is_empty() && !matches!(error, SendError::Changed);
                return Err(Unsent { error, has_parts });
            }
        };
        done.sort_by_key(CompletedPart::part_number);
        self.complete(sending, done).await.map_err(|error| Unsent {
            error: error.into(),
            has_parts: true,
        })?;
        Ok(Delivered {
            resumed_bytes,
            sha256: Some(sha256),
        })
    }

    async fn complete(
        &self,
        sending: &Sending<'_>,
        parts: Vec<CompletedPart>,
    ) -> Result<(), CallError> {
        let _permit = self.requests.acquire().await;
        let whole = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        self.objects
            .client
            .complete_multipart_upload()
            .bucket(self.objects.bucket.as_str())
            .key(sending.key.as_str())
            .upload_id(&sending.started.id)
            .set_expected_bucket_owner(self.objects.owner())
            .multipart_upload(whole)
            .send()
            .await
            .call("s3", "CompleteMultipartUpload")?;
        Ok(())
    }

    /// Makes sure that S3 has a part; tells how much of it need not be sent.
    async fn bring_part(
        &self,
        sending: &Sending<'_>,
        part: &Part,
    ) -> Result<(CompletedPart, u64), SendError> {
        let sha256 = hash(Arc::clone(sending.content), part.range.clone()).await?;
        let sha256 = base64::encode(sha256);
        let completed = CompletedPart::builder()
            .part_number(part.number)
            .checksum_sha256(&sha256);
        if let Some(kept) = sending.started.kept.get(&part.number)
            && kept.sha256 == sha256
        {
            sending.way.meter.add(part.len(), 0);
            let completed = completed.set_e_tag(kept.etag.clone()).build();
            return Ok((completed, part.len()));
        }
        let _permit = self.requests.acquire().await;
        let body = sending
            .content
            .body(part.range.clone(), sending.way)
            .await
            .map_err(SendError::Read)?;
        let answer = self
            .objects
            .client
            .upload_part()
            .bucket(self.objects.bucket.as_str())
            .key(sending.key.as_str())
            .upload_id(&sending.started.id)
            .part_number(part.number)
            .set_expected_bucket_owner(self.objects.owner())
            .checksum_sha256(sha256)
            .body(body.into())
            .send()
            .await
            .call("s3", "UploadPart")?;
        Ok((completed.set_e_tag(answer.e_tag).build(), 0))
    }

    /// The upload of this object that an earlier run left, when its parts were cut the same way.
    ///
    /// Looking is a courtesy: where it is not allowed, the object is sent whole.
    async fn unfinished_upload(
        &self,
        key: &ArtifactKey,
        parts: &[Part],
    ) -> Result<Option<Started>, CallError> {
        let unfinished = self.unfinished.get_or_init(|| self.list_unfinished()).await;
        let mut candidates: Vec<&Unfinished> = unfinished
            .iter()
            .filter(|upload| upload.key == key.as_str())
            .collect();
        candidates.sort_by_key(|upload| std::cmp::Reverse(seconds(upload.begun.as_ref())));
        for upload in candidates {
            let kept = match self.list_parts(&upload.key, &upload.id).await {
                Ok(listed) => listed.kept,
                Err(error) if is_gone_or_denied(&error) => continue,
                Err(error) => return Err(error),
            };
            let is_cut_alike = |(number, kept): (&i32, &Kept)| {
                let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
                parts
                    .get(place)
                    .is_some_and(|part| part.len() == kept.bytes)
            };
            if !kept.is_empty() && kept.iter().all(is_cut_alike) {
                return Ok(Some(Started {
                    id: upload.id.clone(),
                    kept,
                }));
            }
        }
        Ok(None)
    }

    /// Lists unfinished uploads under the prefix, and gives up stale ones of ours.
    async fn list_unfinished(&self) -> Vec<Unfinished> {
        let mut found = Vec::new();
        let (mut key_marker, mut id_marker) = (None, None);
        for _ in 0..MOST_PAGES {
            let answer = self
                .objects
                .client
                .list_multipart_uploads()
                .bucket(self.objects.bucket.as_str())
                .prefix(self.prefix.as_str())
                .set_key_marker(key_marker)
                .set_upload_id_marker(id_marker)
                .set_expected_bucket_owner(self.objects.owner())
                .send()
                .await
                .call("s3", "ListMultipartUploads");
            let page = match answer {
                Ok(page) => page,
                Err(error) => {
                    tracing::debug!(%error, "unfinished uploads are not looked at");
                    return found;
                }
            };
            found.extend(
                page.uploads
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|upload| {
                        Some(Unfinished {
                            key: upload.key?,
                            id: upload.upload_id?,
                            begun: upload.initiated,
                        })
                    }),
            );
            if page.is_truncated != Some(true) {
                break;
            }
            (key_marker, id_marker) = (page.next_key_marker, page.next_upload_id_marker);
        }
        let Some(now) = self
            .objects
            .client
            .config()
            .time_source()
            .map(|clock| clock.now())
        else {
            return found;
        };
        for upload in &found {
            let is_wanted = self.wanted.contains(upload.key.as_str());
            if !is_wanted
                && is_artifact_key(&upload.key, self.prefix.as_str())
                && is_stale(upload.begun.as_ref(), now)
            {
                self.give_up(upload, now).await;
            }
        }
        found
    }

    /// Aborts an upload, unless somebody still works at it.
    async fn give_up(&self, upload: &Unfinished, now: SystemTime) {
        let is_at_rest = match self.list_parts(&upload.key, &upload.id).await {
            Ok(parts) => parts
                .newest
                .is_none_or(|newest| is_stale(Some(&newest), now)),
            Err(_) => false,
        };
        if is_at_rest {
            self.abort(&upload.key, &upload.id).await;
        }
    }

    /// Removes the parts of an upload. Failing is harmless: they are only left over.
    async fn abort(&self, key: &str, id: &str) {
        let answer = self
            .objects
            .client
            .abort_multipart_upload()
            .bucket(self.objects.bucket.as_str())
            .key(key)
            .upload_id(id)
            .set_expected_bucket_owner(self.objects.owner())
            .send()
            .await
            .call("s3", "AbortMultipartUpload");
        if let Err(error) = answer {
            tracing::debug!(%error, key, "an unfinished upload is left over");
        }
    }

    async fn list_parts(&self, key: &str, id: &str) -> Result<Listed, CallError> {
        let mut listed = Listed::default();
        let mut marker = None;
        loop {
            let page = self
                .objects
                .client
                .list_parts()
                .bucket(self.objects.bucket.as_str())
                .key(key)
                .upload_id(id)
                .set_part_number_marker(marker)
                .set_expected_bucket_owner(self.objects.owner())
                .send()
                .await
                .call("s3", "ListParts")?;
            for part in page.parts.unwrap_or_default() {
                listed.newest = listed.newest.max(part.last_modified);
                if let (Some(number), Some(size)) = (part.part_number, part.size) {
                    let kept = Kept {
                        bytes: u64::try_from(size).unwrap_or_default(),
                        // A part without a checksum compares with nothing, and is sent again.
                        sha256: part.checksum_sha256.unwrap_or_default(),
                        etag: part.e_tag,
                    };
                    listed.kept.insert(number, kept);
                }
            }
            marker = page.next_part_number_marker;
            if page.is_truncated != Some(true) || marker.is_none() {
                return Ok(listed);
            }
        }
    }
}

/// An object while its parts are sent.
struct Sending<'a> {
    key: &'a ArtifactKey,
    content: &'a Arc<Content>,
    started: &'a Started,
    way: &'a Way,
}

/// The parts of an unfinished upload.
#[derive(Default)]
struct Listed {
    kept: BTreeMap<i32, Kept>,
    newest: Option<DateTime>,
}

/// Sending stopped; whether S3 took any part in this run.
struct Unsent {
    error: SendError,
    has_parts: bool,
}

fn is_gone_or_denied(error: &CallError) -> bool {
    error.has_code("NoSuchUpload")
        || matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::Denied)
}

fn seconds(moment: Option<&DateTime>) -> i64 {
    moment.map_or(0, DateTime::secs)
}

fn is_stale(moment: Option<&DateTime>, now: SystemTime) -> bool {
    moment
        .and_then(|moment| SystemTime::try_from(*moment).ok())
        .and_then(|moment| now.duration_since(moment).ok())
        .is_some_and(|age| age > STALE_AFTER)
}

/// Whether a key is one that we make: prefix, digest, extension.
fn is_artifact_key(key: &str, prefix: &str) -> bool {
    let Some((digest, rest)) = key
        .strip_prefix(prefix)
        .and_then(|name| name.split_at_checked(64))
    else {
        return false;
    };
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digest.bytes().all(is_hex) && (rest.is_empty() || rest.starts_with('.') && !rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_ours_can_be_given_up() {
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
            assert_eq!(is_artifact_key(&key, "p/"), expected, "{key}");
        }
    }

    #[test]
    fn a_day_makes_an_upload_stale() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let at = |seconds| is_stale(Some(&DateTime::from_secs(seconds)), now);
        assert!(at(1_000_000 - 86_401));
        assert!(!at(1_000_000 - 86_399));
        assert!(!at(1_000_001));
        assert!(!is_stale(None, now));
    }
}
