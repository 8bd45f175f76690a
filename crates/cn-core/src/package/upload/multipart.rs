//! Uploads a large object in parts, and resumes where an earlier run stopped.
//!
//! An interrupted run leaves an unfinished upload in the bucket. The next run that needs the same
//! object lists its parts and compares each with the local bytes. It keeps only parts with an equal
//! checksum. Only a complete object is ever visible under the key.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedPart};
use aws_smithy_types::base64;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::oneshot;

use super::super::key::ArtifactKey;
use super::super::plan::Upload;
use super::body::Way;
use super::part::{Part, at_once, parts};
use super::ready::{Delivered, Ready, SendError, Started, hash};
use super::uploader::{Bases, Uploader};
use crate::call::{CallError, CallExt};
use crate::session::has_bbr;

impl Uploader<'_> {
    /// Uploads an object in parts.
    ///
    /// If the file has changed since its key was made, the upload is not completed.
    pub(super) async fn send_parts(
        &self,
        upload: &Upload,
        ready: &Ready,
        way: &Way,
    ) -> Result<Delivered, SendError> {
        let parts = parts(ready.bytes, &self.options.objects);
        let key = &upload.key;
        let started = self.begin(key, &parts, ready).await?;
        let sending = Sending {
            upload,
            ready,
            started: &started,
            way,
        };
        let failed = match self.finish(&sending, &parts).await {
            Ok(delivered) => return Ok(delivered),
            Err(error) => error,
        };
        // Another run that uploaded the same object at the same time may have completed it.
        if matches!(failed.error, SendError::Call(_)) && self.was_completed(key).await {
            return Ok(Delivered {
                sha256: ready.sha256,
                ..Delivered::default()
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
    async fn begin(
        &self,
        key: &ArtifactKey,
        parts: &[Part],
        ready: &Ready,
    ) -> Result<Started, CallError> {
        if ready.has_begun() {
            return self.open(key, ready, ChecksumAlgorithm::Sha256).await;
        }
        let unfinished = self.unfinished_uploads().await.iter();
        let earlier = unfinished.filter(|it| it.key == key.as_str() && !it.is_composed);
        match self.continued(earlier.collect(), parts).await? {
            Some(continued) => Ok(continued),
            None => self.start(key, ChecksumAlgorithm::Sha256).await,
        }
    }

    /// Returns the upload that was started while the object was built, or starts one.
    pub(super) async fn open(
        &self,
        key: &ArtifactKey,
        ready: &Ready,
        algorithm: ChecksumAlgorithm,
    ) -> Result<Started, CallError> {
        match ready.take_begun() {
            Some(started) if started.algorithm == algorithm => Ok(started),
            Some(other) => {
                let ending = self.abort(key.as_str(), &other.id);
                tokio::join!(self.start(key, algorithm), ending).0
            }
            None => self.start(key, algorithm).await,
        }
    }

    /// Starts the upload of an object that is still being built, once it is known to need parts.
    ///
    /// Saves the round trips that would otherwise lie between building and sending. A failure is
    /// not reported: the upload is started again once the object is built.
    ///
    /// * `passed`: gets a message once the object needs parts, and is closed if it does not.
    pub(super) async fn begin_early(
        &self,
        upload: &Upload,
        bases: &Bases,
        passed: oneshot::Receiver<()>,
    ) -> Option<Started> {
        let key = &upload.key;
        let unfinished = self.unfinished_uploads().await;
        if unfinished.iter().any(|it| it.key == key.as_str()) || passed.await.is_err() {
            return None;
        }
        let algorithm = match bases.get() {
            Some(Ok(_)) => ChecksumAlgorithm::Crc32,
            _ => ChecksumAlgorithm::Sha256,
        };
        self.start(key, algorithm).await.ok()
    }

    /// Opens the connections for the parts of an object while the object is built.
    ///
    /// Each part would otherwise wait for a connection first. Nothing waits for the answers.
    pub(super) fn open_connections(&self, upload: &Upload) {
        let parts = parts(upload.input_bytes(), &self.options.objects).len();
        let connections = at_once(parts, self.concurrency(), has_bbr());
        let open = || {
            let look = |_| {
                let bucket = self.objects.client.head_bucket();
                let bucket = bucket
                    .bucket(self.objects.bucket.as_str())
                    .set_expected_bucket_owner(self.objects.owner());
                // Any answer leaves a connection.
                async { drop(bucket.send().await) }
            };
            (1..connections).map(look).collect()
        };
        self.connections.get_or_init(open);
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
        let of_parts = algorithm.clone();
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
            algorithm: of_parts,
            covers_whole: answer.checksum_type == Some(ChecksumType::FullObject),
        })
    }

    /// Uploads the missing parts and completes the object.
    async fn finish(&self, sending: &Sending<'_>, parts: &[Part]) -> Result<Delivered, Unsent> {
        let ready = sending.ready;
        let whole = async {
            let actual = hash(Arc::clone(&ready.content), 0..ready.bytes).await?;
            match ready.sha256 {
                Some(expected) if expected != actual => Err(SendError::Changed),
                _ => Ok(actual),
            }
        };
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
        let complete = self.complete(sending.upload, ready, sending.started, done, None);
        Box::pin(complete).await.map_err(|error| Unsent {
            error: error.into(),
            has_parts: true,
        })?;
        Ok(Delivered {
            resumed_bytes,
            sha256: Some(sha256),
            is_settled: true,
            ..Delivered::default()
        })
    }

    /// Ensures that S3 has a part. Also returns the bytes of it that did not have to be uploaded.
    async fn bring_part(
        &self,
        sending: &Sending<'_>,
        part: &Part,
    ) -> Result<(CompletedPart, u64), SendError> {
        let sha256 = hash(Arc::clone(&sending.ready.content), part.range.clone()).await?;
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
            .ready
            .content
            .body(part.range.clone(), sending.way)
            .await
            .map_err(SendError::Read)?;
        let answer = self
            .objects
            .client
            .upload_part()
            .bucket(self.objects.bucket.as_str())
            .key(sending.upload.key.as_str())
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
    upload: &'a Upload,
    ready: &'a Ready,
    started: &'a Started,
    way: &'a Way,
}

/// The error that stopped an upload. `has_parts` is true if S3 received a part in this run.
struct Unsent {
    error: SendError,
    has_parts: bool,
}
