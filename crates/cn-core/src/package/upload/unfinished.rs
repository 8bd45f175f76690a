//! Uploads that an earlier run started and did not finish.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_smithy_types::DateTime;

use super::super::key::{ArtifactKey, digest_in};
use super::super::plan::Upload;
use super::part::Part;
use super::ready::{Kept, Started};
use super::uploader::{Unfinished, Uploader};
use crate::call::{CallError, CallErrorKind, CallExt, Pages};

/// Time without activity after which an unfinished upload is aborted.
const STALE_AFTER: Duration = Duration::from_hours(24);
/// Maximum number of pages of unfinished uploads to list.
const MOST_PAGES: usize = 5;

impl Uploader<'_> {
    /// Lists the unfinished uploads if one of the objects can have one.
    pub(in super::super) async fn note_unfinished(&self, uploads: &[Upload]) {
        if uploads.iter().any(Upload::is_large) {
            self.unfinished_uploads().await;
        }
    }

    /// Returns the unfinished uploads below the prefix, as listed at the start of the run.
    pub(super) async fn unfinished_uploads(&self) -> &[Unfinished] {
        let look = async || {
            let found = self.list_unfinished(self.prefix.as_str()).await;
            self.give_up_stale(&found).await;
            found
        };
        self.unfinished.get_or_init(look).await
    }

    /// Aborts all unfinished uploads of an object that the bucket has.
    ///
    /// They are left over, or belong to another run, which then finds the object complete.
    ///
    /// * `was_present`: true if the object was there before the run. Then the listing from the
    ///   start of the run has all of them.
    pub(super) async fn end_left_over(&self, key: &ArtifactKey, was_present: bool) {
        let listed;
        let unfinished = if was_present {
            self.unfinished_uploads().await
        } else {
            listed = self.list_unfinished(key.as_str()).await;
            &listed[..]
        };
        self.end_all(key, unfinished.iter()).await;
    }

    /// Aborts those of the uploads that are of an object.
    pub(super) async fn end_all(
        &self,
        key: &ArtifactKey,
        uploads: impl Iterator<Item = &Unfinished>,
    ) {
        for other in uploads.filter(|it| it.key == key.as_str()) {
            self.abort(&other.key, &other.id).await;
        }
    }

    /// Returns the newest unfinished upload of an object with parts, all of the expected sizes.
    ///
    /// Resuming is optional: if listing is denied, the object is uploaded whole.
    pub(super) async fn continued(
        &self,
        mut candidates: Vec<&Unfinished>,
        parts: &[Part],
    ) -> Result<Option<Started>, CallError> {
        candidates.sort_by_key(|upload| std::cmp::Reverse(seconds(upload.begun.as_ref())));
        for upload in candidates {
            let kept = match self.list_parts(&upload.key, &upload.id).await {
                Ok(listed) if listed.kept.is_empty() => continue,
                Ok(listed) => listed.kept,
                Err(error) if is_of_no_use(&error) => continue,
                Err(error) => return Err(error),
            };
            let is_cut_alike = |(number, kept): (&i32, &Kept)| {
                let place = usize::try_from(number - 1).unwrap_or(usize::MAX);
                parts
                    .get(place)
                    .is_some_and(|part| part.len() == kept.bytes)
            };
            if kept.iter().all(is_cut_alike) {
                return Ok(Some(Started {
                    id: upload.id.clone(),
                    kept,
                    algorithm: ChecksumAlgorithm::Sha256,
                    covers_whole: false,
                }));
            }
        }
        Ok(None)
    }

    /// Lists the unfinished uploads whose keys start with `beginning`.
    pub(super) async fn list_unfinished(&self, beginning: &str) -> Vec<Unfinished> {
        let mut found = Vec::new();
        let (mut key_marker, mut id_marker) = (None, None);
        for _ in 0..MOST_PAGES {
            let answer = self
                .objects
                .client
                .list_multipart_uploads()
                .bucket(self.objects.bucket.as_str())
                .prefix(beginning)
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
                            is_composed: upload.checksum_algorithm
                                == Some(ChecksumAlgorithm::Crc32),
                        })
                    }),
            );
            if page.is_truncated != Some(true) {
                break;
            }
            (key_marker, id_marker) = (page.next_key_marker, page.next_upload_id_marker);
        }
        found
    }

    /// Aborts stale uploads of this program.
    async fn give_up_stale(&self, found: &[Unfinished]) {
        let Some(clock) = self.objects.client.config().time_source() else {
            return;
        };
        let now = clock.now();
        for upload in found {
            if digest_in(&upload.key, self.prefix.as_str()).is_some()
                && is_stale(upload.begun.as_ref(), now)
            {
                self.give_up(upload, now).await;
            }
        }
    }

    /// Aborts an upload, unless another run may still be working on it.
    async fn give_up(&self, upload: &Unfinished, now: SystemTime) {
        let is_wanted = self.wanted.contains(upload.key.as_str());
        let is_at_rest = match self.list_parts(&upload.key, &upload.id).await {
            // This run may continue with the parts of an object that it needs, but an upload
            // without parts is useless.
            Ok(parts) => parts
                .newest
                .is_none_or(|newest| !is_wanted && is_stale(Some(&newest), now)),
            Err(_) => false,
        };
        if is_at_rest {
            self.abort(&upload.key, &upload.id).await;
        }
    }

    /// Deletes the parts of an upload. A failure is harmless: the parts are only left over.
    pub(super) async fn abort(&self, key: &str, id: &str) {
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
        let mut pages = Pages::of("s3", "ListParts");
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
                        // A part without a checksum cannot be compared, and is uploaded again.
                        sha256: part.checksum_sha256.unwrap_or_default(),
                        etag: part.e_tag,
                    };
                    listed.kept.insert(number, kept);
                }
            }
            let more = page.is_truncated == Some(true);
            marker = pages.next(page.next_part_number_marker.filter(|_| more))?;
            if marker.is_none() {
                return Ok(listed);
            }
        }
    }
}

/// The parts of an unfinished upload.
#[derive(Default)]
struct Listed {
    kept: BTreeMap<i32, Kept>,
    newest: Option<DateTime>,
}

fn is_of_no_use(error: &CallError) -> bool {
    error.has_code("NoSuchUpload")
        || matches!(
            error.kind,
            CallErrorKind::NotFound | CallErrorKind::Denied | CallErrorKind::Foreign
        )
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

#[cfg(test)]
mod tests {
    use super::*;

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
