//! The uploader of a run: looks up, builds and uploads each object.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use aws_sdk_s3::Client;
use aws_smithy_types::{DateTime, base64};
use bytes::Bytes;
use camino::Utf8Path;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, Semaphore, oneshot};
use tokio::task::JoinSet;

use super::super::archive::{self, Built, Mark};
use super::super::delta::{ABOVE_BYTES, Index, NoDelta};
use super::super::error::ApplyError;
use super::super::key::ArtifactKey;
use super::super::options::Options;
use super::super::outcome::{Event, Sent};
use super::super::plan::{Body, Upload};
use super::body::{Content, Meter, Way};
use super::part::MULTIPART_ABOVE_BYTES;
use super::ready::{Delivered, Ready, SendError, hash};
use super::throttle::Throttle;
use crate::call::CallExt;
use crate::s3::{Bucket, Objects, Prefix};

/// Bytes up to which a file is read into memory, so that its upload needs no further disk reads.
const IN_MEMORY_BYTES: u64 = 256 * 1024;
/// Number of large archives to build at once.
///
/// Each is built on all cores, and a second one keeps them busy while the first is written.
const LARGE_BUILDS: u32 = 2;

/// The uploader for the objects of one run.
pub(in super::super) struct Uploader<'a> {
    pub(super) objects: Objects<'a>,
    pub(super) prefix: &'a Prefix,
    pub(super) options: &'a Options,
    /// The keys that this run needs.
    pub(super) wanted: BTreeSet<String>,
    pub(super) requests: Semaphore,
    /// One permit for each core: one thread builds a small archive.
    pub(super) building: Semaphore,
    /// Number of permits that a large archive takes.
    pub(super) large_build: u32,
    pub(super) throttle: Option<Arc<Throttle>>,
    pub(super) unfinished: UnfinishedUploads,
    /// The requests that open connections for parts, once per run.
    pub(super) connections: OnceLock<JoinSet<()>>,
    pub(super) events: UnboundedSender<Event>,
}

/// An upload that was started and not finished, possibly by an earlier run.
#[derive(Clone, Debug)]
pub(super) struct Unfinished {
    pub key: String,
    pub id: String,
    pub begun: Option<DateTime>,
    /// True if its parts are those of a composed object.
    pub is_composed: bool,
}

/// The unfinished uploads of a bucket, listed once per run.
pub(super) type UnfinishedUploads = OnceCell<Vec<Unfinished>>;

/// The keys of the newest indexes of a location, or the error of the listing.
pub(in super::super) type Indexes = Result<Vec<String>, String>;

/// The newest indexes of a location, or the reason why there are none; read once per object.
pub(super) type Bases = OnceCell<Result<Vec<Index>, NoDelta>>;

/// An error for an object that cannot be uploaded, boxed because it is large.
pub(in super::super) type Failed = Box<ApplyError>;

impl<'a> Uploader<'a> {
    pub(in super::super) fn new(
        client: &'a Client,
        bucket: &'a Bucket,
        prefix: &'a Prefix,
        options: &'a Options,
        uploads: &[Upload],
        events: UnboundedSender<Event>,
    ) -> Self {
        let wanted = uploads
            .iter()
            .map(|upload| upload.key.as_str().to_owned())
            .collect();
        let threads = u32::try_from(rayon::current_num_threads()).unwrap_or(u32::MAX);
        let large_build = threads.div_ceil(LARGE_BUILDS);
        Self {
            objects: Objects {
                client,
                bucket,
                owner: options.owner.as_ref(),
                kms_key_id: options.objects.kms_key_id.as_deref(),
                sse: options.objects.sse,
            },
            prefix,
            options,
            wanted,
            requests: Semaphore::new(options.concurrency.max(1)),
            building: Semaphore::new(large_build as usize * LARGE_BUILDS as usize),
            large_build,
            throttle: options.max_bandwidth.map(Throttle::new).map(Arc::new),
            unfinished: UnfinishedUploads::new(),
            connections: OnceLock::new(),
            events,
        }
    }

    pub(in super::super) fn concurrency(&self) -> usize {
        self.options.concurrency.max(1)
    }

    /// Copies an object from the origin bucket inside S3. Returns true if S3 did.
    ///
    /// An object that S3 cannot copy is uploaded: reading that bucket may be denied, and S3 refuses
    /// to copy objects above 5 GB.
    async fn copy(&self, key: &ArtifactKey) -> bool {
        let origin = self.options.origin.as_ref();
        let Some(origin) = origin.filter(|origin| origin.keys.contains(key)) else {
            return false;
        };
        let _permit = self.requests.acquire().await;
        let (encryption, kms_key_id) = self.objects.encryption();
        let answer = self
            .objects
            .client
            .copy_object()
            .copy_source(format!("{}/{}", origin.bucket, encoded(key.as_str())))
            .bucket(self.objects.bucket.as_str())
            .key(key.as_str())
            .set_expected_bucket_owner(self.objects.owner())
            .set_expected_source_bucket_owner(self.objects.owner())
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(kms_key_id)
            .send()
            .await
            .call("s3", "CopyObject");
        match answer {
            Ok(_) => true,
            Err(error) => {
                tracing::info!(%key, %error, "not copied from `{}`; sending it", origin.bucket);
                false
            }
        }
    }

    /// Builds and uploads an object, unless it is already in the bucket or S3 can copy it.
    pub(in super::super) async fn bring(
        &self,
        upload: Upload,
        is_present: bool,
        indexes: Option<Indexes>,
    ) -> Result<Sent, Failed> {
        let mut sent = Sent::not_sent(&upload);
        if !is_present {
            sent.is_copied = self.copy(&upload.key).await;
        }
        if !is_present && !sent.is_copied {
            let bases = Bases::new();
            let ready = Box::pin(self.build(&upload, &bases, indexes)).await?;
            sent.uploaded_bytes = Some(ready.bytes);
            let mut delivered = Box::pin(self.send(&upload, &ready, &bases)).await;
            if let Err(SendError::Call(error)) = &delivered
                && error.has_code("NoSuchUpload")
            {
                // Another run found an earlier object under the key, and aborted this upload.
                delivered = Box::pin(self.send(&upload, &ready, &bases)).await;
            }
            if let Some(unused) = ready.take_begun() {
                self.abort(upload.key.as_str(), &unused.id).await;
            }
            let delivered = delivered.map_err(|error| self.failed(&upload, error))?;
            sent.resumed_bytes = delivered.resumed_bytes;
            sent.reused_bytes = delivered.reused_bytes;
            sent.sha256 = delivered.sha256;
        } else if upload.is_large() {
            Box::pin(self.end_left_over(&upload.key, is_present)).await;
        }
        Ok(sent)
    }

    /// Returns true if another run completed an object that this run could not complete.
    ///
    /// With [`Options::force`], an object under the key may be the one to replace.
    pub(super) async fn was_completed(&self, key: &ArtifactKey) -> bool {
        !self.options.force && self.is_present(key).await.unwrap_or(false)
    }

    pub(super) fn failed(&self, upload: &Upload, error: SendError) -> Failed {
        Box::new(match error {
            SendError::Call(error) => ApplyError::Object {
                origin: upload.source.clone(),
                bucket: self.objects.bucket.clone(),
                key: upload.key.clone(),
                error,
            },
            SendError::Read(error) => ApplyError::Read {
                path: upload.source.clone(),
                error,
            },
            SendError::Changed => ApplyError::Changed {
                path: upload.source.clone(),
            },
        })
    }

    /// Builds the bytes of an object, and meanwhile reads the earlier objects of its location and
    /// starts its upload.
    async fn build(
        &self,
        upload: &Upload,
        bases: &Bases,
        indexes: Option<Indexes>,
    ) -> Result<Ready, Failed> {
        if !upload.is_large() {
            return self.prepare(upload, None).await;
        }
        let (sender, passed) = oneshot::channel();
        let mark = Mark {
            above_bytes: MULTIPART_ABOVE_BYTES,
            passed: sender,
        };
        let prepare = async {
            let ready = self.prepare(upload, Some(mark)).await?;
            let may_be_composed = self.options.delta && !matches!(bases.get(), Some(Err(_)));
            if may_be_composed && ready.bytes > ABOVE_BYTES {
                let cut = ready.chunks().await.map(drop);
                cut.map_err(|error| self.failed(upload, error))?;
            }
            Ok(ready)
        };
        let begin = async {
            if self.options.delta {
                bases.get_or_init(|| self.bases(upload, indexes)).await;
            }
            let is_whole = !matches!(bases.get(), Some(Ok(_)));
            if is_whole && upload.input_bytes() > MULTIPART_ABOVE_BYTES {
                self.open_connections(upload);
            }
            self.begin_early(upload, bases, passed).await
        };
        let (ready, started) = tokio::join!(prepare, begin);
        match ready {
            Ok(ready) => {
                ready.set_begun(started);
                Ok(ready)
            }
            Err(failed) => {
                if let Some(started) = started {
                    self.abort(upload.key.as_str(), &started.id).await;
                }
                Err(failed)
            }
        }
    }

    /// Builds the bytes of an object.
    pub(super) async fn prepare(
        &self,
        upload: &Upload,
        mark: Option<Mark>,
    ) -> Result<Ready, Failed> {
        let (content, bytes) = self.content(&upload.source, &upload.body, mark).await?;
        Ok(Ready::new(content, bytes, Sent::not_sent(upload).sha256))
    }

    /// Returns the content of an object and its size in bytes.
    async fn content(
        &self,
        origin: &Utf8Path,
        body: &Body,
        mark: Option<Mark>,
    ) -> Result<(Content, u64), Failed> {
        match body {
            Body::Text(text) => {
                let text = text.clone();
                let bytes = text.len() as u64;
                Ok((Content::Memory(text.into()), bytes))
            }
            Body::File(file) if file.bytes <= IN_MEMORY_BYTES => {
                Ok((Content::Memory(read_small(&file.path).await?), file.bytes))
            }
            Body::File(file) => Ok((Content::File(file.path.clone()), file.bytes)),
            Body::Archive(files) => {
                let builds = if archive::is_small(files) {
                    1
                } else {
                    self.large_build
                };
                let files = files.clone();
                let permit = self.building.acquire_many(builds).await;
                let built = tokio::task::spawn_blocking(move || archive::build(&files, mark))
                    .await
                    .expect("building an archive does not panic")
                    .map_err(|error| ApplyError::Archive {
                        origin: origin.to_owned(),
                        error,
                    })?;
                drop(permit);
                Ok(match built {
                    Built::InMemory(bytes) => {
                        let length = bytes.len() as u64;
                        (Content::Memory(bytes.into()), length)
                    }
                    Built::InFile { file, bytes } => (Content::Temporary(file), bytes),
                })
            }
        }
    }

    async fn send(
        &self,
        upload: &Upload,
        ready: &Ready,
        bases: &Bases,
    ) -> Result<Delivered, SendError> {
        let meter = Meter::new(upload.key.clone(), ready.bytes, self.events.clone());
        let way = Way {
            throttle: self.throttle.clone(),
            meter: Arc::new(meter),
        };
        if ready.bytes <= ABOVE_BYTES {
            return self.send_whole(upload, ready, &way).await;
        }
        let delivered = if self.options.delta {
            self.send_composed(upload, ready, &way, bases).await?
        } else {
            self.send_whole(upload, ready, &way).await?
        };
        if !delivered.is_settled {
            let keep = async {
                if let Some(etag) = &delivered.etag {
                    self.keep_index(upload, ready, etag).await;
                }
            };
            tokio::join!(keep, self.end_left_over(&upload.key, false));
        }
        Ok(delivered)
    }

    /// Uploads all bytes of an object.
    pub(super) async fn send_whole(
        &self,
        upload: &Upload,
        ready: &Ready,
        way: &Way,
    ) -> Result<Delivered, SendError> {
        if ready.bytes <= MULTIPART_ABOVE_BYTES {
            let delivered = self.put(&upload.key, ready, way).await?;
            way.meter.complete();
            return Ok(delivered);
        }
        self.send_parts(upload, ready, way).await
    }

    /// Uploads an object in one request.
    async fn put(
        &self,
        key: &ArtifactKey,
        ready: &Ready,
        way: &Way,
    ) -> Result<Delivered, SendError> {
        let sha256 = match ready.sha256 {
            Some(sha256) => sha256,
            None => hash(Arc::clone(&ready.content), 0..ready.bytes).await?,
        };
        let _permit = self.requests.acquire().await;
        let body = ready
            .content
            .body(0..ready.bytes, way)
            .await
            .map_err(SendError::Read)?;
        let answer = self
            .objects
            .put(key.as_str())
            .set_metadata(self.metadata())
            .set_tagging(self.tagging())
            .checksum_sha256(base64::encode(sha256))
            .body(body.into())
            .send()
            .await
            .call("s3", "PutObject")?;
        Ok(Delivered {
            sha256: Some(sha256),
            etag: answer.e_tag,
            ..Delivered::default()
        })
    }

    pub(super) fn metadata(&self) -> Option<HashMap<String, String>> {
        let metadata = &self.options.objects.metadata;
        (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect())
    }

    /// Returns the tags in the form that S3 accepts: the query part of a URL.
    pub(super) fn tagging(&self) -> Option<String> {
        let tags = &self.options.objects.tags;
        let pairs: Vec<String> = tags
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("&"))
    }
}

async fn read_small(path: &Utf8Path) -> Result<Bytes, Failed> {
    let fail = |error| {
        Box::new(ApplyError::Read {
            path: path.to_owned(),
            error,
        })
    };
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking({
        let path = path.clone();
        move || fs_err::read(path)
    });
    let bytes = read.await.expect("reading does not panic").map_err(fail)?;
    Ok(bytes.into())
}

/// Percent-encodes all characters except unreserved ones.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a text does not fail");
        }
    }
    out
}
