//! Uploads a large object in parts, and resumes where an earlier run stopped.
//!
//! An interrupted run leaves an unfinished upload in the bucket. The next run that needs the same
//! object lists its parts and compares each with the local bytes. It keeps only parts with an equal
//! checksum. Only a complete object is ever visible under the key.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::base64;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::super::key::ArtifactKey;
use super::body::{Content, Way};
use super::part::{Part, at_once, parts};
use super::unfinished::Started;
use super::uploader::{Delivered, SendError, Uploader, hash};
use crate::call::{CallError, CallExt};
use crate::session::has_bbr;

impl Uploader<'_> {
    /// Uploads an object in parts.
    ///
    /// * `expected`: SHA-256 of the whole object, if the file could have changed since its key was
    ///   made. If it did change, the upload is not completed.
    pub(super) async fn send_parts(
        &self,
        key: &ArtifactKey,
        content: &Arc<Content>,
        bytes: u64,
        expected: Option<[u8; 32]>,
        way: &Way,
    ) -> Result<Delivered, SendError> {
        let parts = parts(bytes, &self.options.objects);
        let started = self.begin(key, &parts).await?;
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
        // Another run that uploaded the same object at the same time may have completed it.
        if matches!(failed.error, SendError::Call(_)) && self.was_completed(key).await {
            return Ok(Delivered {
                resumed_bytes: 0,
                reused_bytes: 0,
                sha256: expected,
                etag: None,
            });
        }
        // The next run continues with the parts that S3 has. An upload without parts would only be
        // left over.
        if !failed.has_parts && started.kept.is_empty() {
            self.abort(key.as_str(), &started.id).await;
        }
        Err(failed.error)
    }

    /// Continues an unfinished upload of an earlier run, or starts a new one.
    async fn begin(&self, key: &ArtifactKey, parts: &[Part]) -> Result<Started, CallError> {
        let unfinished = self.unfinished_uploads().await.iter();
        let earlier = unfinished.filter(|it| it.key == key.as_str() && !it.is_composed);
        match self.continued(earlier.collect(), parts).await? {
            Some(continued) => Ok(continued),
            None => self.start(key, ChecksumAlgorithm::Sha256).await,
        }
    }

    /// Starts an upload in parts.
    ///
    /// * `algorithm`: the checksum algorithm of the parts. A CRC also covers the whole object.
    pub(super) async fn start(
        &self,
        key: &ArtifactKey,
        algorithm: ChecksumAlgorithm,
    ) -> Result<Started, CallError> {
        let covers_whole = algorithm == ChecksumAlgorithm::Crc32;
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
            .checksum_algorithm(algorithm)
            .set_checksum_type(covers_whole.then_some(ChecksumType::FullObject))
            .send()
            .await
            .call("s3", "CreateMultipartUpload")?;
        Ok(Started {
            id: answer.upload_id.unwrap_or_default(),
            kept: BTreeMap::new(),
            covers_whole: answer.checksum_type == Some(ChecksumType::FullObject),
        })
    }

    /// Uploads the missing parts and completes the object.
    ///
    /// * `whole`: the digest of the object, or an error if it has changed.
    async fn finish(
        &self,
        sending: &Sending<'_>,
        parts: &[Part],
        whole: impl Future<Output = Result<[u8; 32], SendError>>,
    ) -> Result<Delivered, Unsent> {
        let mut done = Vec::with_capacity(parts.len());
        let mut resumed_bytes = 0;
        let bring = async {
            let mut bringing = stream::iter(0..parts.len())
                .map(|at| self.bring_part(sending, &parts[at]))
                .buffer_unordered(at_once(parts.len(), self.concurrency(), has_bbr()));
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
        let etag = self.complete(sending, done).await;
        let etag = etag.map_err(|error| Unsent {
            error: error.into(),
            has_parts: true,
        })?;
        Ok(Delivered {
            resumed_bytes,
            reused_bytes: 0,
            sha256: Some(sha256),
            etag,
        })
    }

    /// Completes the object; returns its `ETag`.
    async fn complete(
        &self,
        sending: &Sending<'_>,
        parts: Vec<CompletedPart>,
    ) -> Result<Option<String>, CallError> {
        let _permit = self.requests.acquire().await;
        let whole = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let answer = self
            .objects
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
        Ok(answer.e_tag)
    }

    /// Ensures that S3 has a part. Also returns the bytes of it that did not have to be uploaded.
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
}

/// An object whose parts are being uploaded.
struct Sending<'a> {
    key: &'a ArtifactKey,
    content: &'a Arc<Content>,
    started: &'a Started,
    way: &'a Way,
}

/// The error that stopped an upload. `has_parts` is true if S3 received a part in this run.
struct Unsent {
    error: SendError,
    has_parts: bool,
}
