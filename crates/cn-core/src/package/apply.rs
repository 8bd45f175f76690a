//! Sending what the bucket does not have yet.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_smithy_types::base64;
use camino::Utf8PathBuf;
use cn_template::Region;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::archive::{self, ArchiveError};
use super::key::ArtifactKey;
use super::plan::{Body, Plan, Rewritten, Upload};
use super::request::{Bucket, ObjectSettings, Request};
use crate::call::{CallError, CallErrorKind, CallExt};

/// How [`apply`] sends.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account that must own the bucket; any when absent.
    pub owner: Option<String>,
    /// Encryption and metadata of every object.
    pub objects: ObjectSettings,
    /// Send also what is there already.
    pub force: bool,
    /// How many objects are looked up or sent at once; at least 1.
    pub concurrency: usize,
}

/// What happened to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It is in the bucket already.
    Present(Sent),
    /// It was sent.
    Uploaded(Sent),
}

/// An object the packaged template needs, now in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its key.
    pub key: ArtifactKey,
    /// The file or folder it was made from.
    pub source: Utf8PathBuf,
    /// The properties that name it.
    pub needed_by: Vec<String>,
    /// How much was sent; absent when it was there already.
    pub uploaded_bytes: Option<u64>,
}

/// What a packaging run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The packaged template.
    pub packaged: String,
    /// The objects, in the order of the template.
    pub sent: Vec<Sent>,
    /// What was rewritten for the target.
    pub rewrites: Vec<Rewritten>,
    /// Files that were deliberately not packaged.
    pub left_out: Vec<Utf8PathBuf>,
}

/// Sending stopped. What was sent before stays: the next run finds it there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The bucket cannot take artifacts for this target.
    #[error("cannot use bucket `{bucket}`")]
    Bucket {
        /// The bucket.
        bucket: Bucket,
        /// Why.
        #[source]
        kind: BucketError,
    },
    /// An archive cannot be built.
    #[error("cannot build the archive of `{origin}`")]
    Archive {
        /// The folder or file.
        origin: Utf8PathBuf,
        /// Why.
        #[source]
        error: ArchiveError,
    },
    /// A file cannot be read for sending.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// An object cannot be looked up or sent.
    #[error("cannot upload `{origin}` to `s3://{bucket}/{key}`")]
    Object {
        /// The folder or file.
        origin: Utf8PathBuf,
        /// The bucket.
        bucket: Bucket,
        /// The object's key.
        key: ArtifactKey,
        /// Why.
        #[source]
        error: CallError,
    },
}

/// Why a bucket cannot take artifacts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// There is no bucket of that name in the partition.
    #[error("it does not exist in partition `{}`", region.partition())]
    Missing {
        /// The target region.
        region: Region,
    },
    /// CloudFormation reads code only from buckets of the stack's own region.
    #[error("it lies in region `{actual}`, the target is `{expected}`")]
    OtherRegion {
        /// The bucket's region.
        actual: String,
        /// The target region.
        expected: Region,
    },
    /// It cannot be asked.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Brings the objects of a plan into the bucket.
///
/// Objects are looked up first and sent only when absent. A look-up that is
/// not allowed does not stop the run: a user may be allowed to write only.
///
/// * `request`: the one the plan was made for.
/// * `on_event`: told of every object, in the order of the plan. The returned
///   future can move between threads when this can.
///
/// # Errors
///
/// [`ApplyError`] at the first object that cannot be sent; what was sent
/// before stays, and a repeated run finds it there.
pub async fn apply(
    client: &Client,
    request: &Request,
    plan: Plan,
    options: &Options,
    on_event: &mut impl FnMut(&Event),
) -> Result<Outcome, ApplyError> {
    if !plan.uploads.is_empty() {
        check_bucket(client, request, options)
            .await
            .map_err(|kind| ApplyError::Bucket {
                bucket: request.bucket.clone(),
                kind,
            })?;
    }
    // One archive is built on all cores; a second one keeps them busy while the first is written.
    let building = Semaphore::new(2);
    let sender = Sender {
        client,
        bucket: &request.bucket,
        options,
        building: &building,
    };
    let mut sent = Vec::with_capacity(plan.uploads.len());
    let mut uploads = stream::iter(plan.uploads)
        .map(|upload| sender.bring(upload))
        .buffered(options.concurrency.max(1));
    while let Some(done) = uploads.try_next().await? {
        let event = match done.uploaded_bytes {
            Some(_) => Event::Uploaded(done.clone()),
            None => Event::Present(done.clone()),
        };
        on_event(&event);
        sent.push(done);
    }
    drop(uploads);
    Ok(Outcome {
        packaged: plan.packaged,
        sent,
        rewrites: plan.rewrites,
        left_out: plan.left_out,
    })
}

/// Asks whether the bucket is there and lies in the target region.
async fn check_bucket(
    client: &Client,
    request: &Request,
    options: &Options,
) -> Result<(), BucketError> {
    let answer = client
        .head_bucket()
        .bucket(request.bucket.as_str())
        .set_expected_bucket_owner(options.owner.clone())
        .send()
        .await;
    let region = match &answer {
        Ok(answer) => answer.bucket_region().map(str::to_owned),
        Err(error) => bucket_region(error),
    };
    if let Some(actual) = region.filter(|actual| actual != request.region.as_str()) {
        return Err(BucketError::OtherRegion {
            actual,
            expected: request.region.clone(),
        });
    }
    match answer.call("s3", "HeadBucket") {
        Ok(_) => Ok(()),
        Err(error) if error.kind == CallErrorKind::NotFound => Err(BucketError::Missing {
            region: request.region.clone(),
        }),
        // Not allowed to ask: the first upload will tell.
        Err(error) if error.kind == CallErrorKind::Denied => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The bucket's region as a refusal names it.
///
/// # Source
///
/// Amazon S3 API reference, HeadBucket: `x-amz-bucket-region` comes with
/// answers 200, 301 and 400 alike.
fn bucket_region<E>(error: &SdkError<E>) -> Option<String> {
    error
        .raw_response()?
        .headers()
        .get("x-amz-bucket-region")
        .map(str::to_owned)
}

#[derive(Clone, Copy)]
struct Sender<'a> {
    client: &'a Client,
    bucket: &'a Bucket,
    options: &'a Options,
    building: &'a Semaphore,
}

/// An object ready to be sent.
struct Ready {
    body: ByteStream,
    bytes: u64,
    sha256: [u8; 32],
    /// Kept until the object is sent.
    _file: Option<tempfile::NamedTempFile>,
}

impl Sender<'_> {
    async fn bring(self, upload: Upload) -> Result<Sent, ApplyError> {
        let Upload {
            key,
            source,
            needed_by,
            body,
        } = upload;
        let fail = |error| ApplyError::Object {
            origin: source.clone(),
            bucket: self.bucket.clone(),
            key: key.clone(),
            error,
        };
        let uploaded_bytes = if !self.options.force && self.is_present(&key).await.map_err(fail)? {
            None
        } else {
            let ready = self.prepare(&source, body).await?;
            let bytes = ready.bytes;
            self.put(&key, ready).await.map_err(fail)?;
            Some(bytes)
        };
        Ok(Sent {
            key,
            source,
            needed_by,
            uploaded_bytes,
        })
    }

    async fn is_present(self, key: &ArtifactKey) -> Result<bool, CallError> {
        let answer = self
            .client
            .head_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .set_expected_bucket_owner(self.options.owner.clone())
            .send()
            .await
            .call("s3", "HeadObject");
        match answer {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::Denied) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn prepare(self, origin: &Utf8PathBuf, body: Body) -> Result<Ready, ApplyError> {
        match body {
            Body::Text(text) => Ok(Ready {
                bytes: text.len() as u64,
                sha256: Sha256::digest(&text).into(),
                body: ByteStream::from(text.into_bytes()),
                _file: None,
            }),
            Body::File(file) => Ok(Ready {
                bytes: file.bytes,
                sha256: file.digest,
                body: stream_of(&file.path).await?,
                _file: None,
            }),
            Body::Archive(files) => {
                let archive = |error| ApplyError::Archive {
                    origin: origin.clone(),
                    error,
                };
                let permit = self.building.acquire().await;
                let built = tokio::task::spawn_blocking(move || archive::build(&files))
                    .await
                    .expect("building an archive does not panic")
                    .map_err(archive)?;
                drop(permit);
                let path = Utf8PathBuf::from(built.file.path().to_string_lossy().into_owned());
                Ok(Ready {
                    bytes: built.bytes,
                    sha256: built.sha256,
                    body: stream_of(&path).await?,
                    _file: Some(built.file),
                })
            }
        }
    }

    async fn put(self, key: &ArtifactKey, ready: Ready) -> Result<(), CallError> {
        let kms_key_id = self.options.objects.kms_key_id.clone();
        let metadata = &self.options.objects.metadata;
        self.client
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .set_expected_bucket_owner(self.options.owner.clone())
            .set_server_side_encryption(kms_key_id.as_ref().map(|_| ServerSideEncryption::AwsKms))
            .set_ssekms_key_id(kms_key_id)
            .set_metadata((!metadata.is_empty()).then(|| metadata.clone().into_iter().collect()))
            .checksum_sha256(base64::encode(ready.sha256))
            .body(ready.body)
            .send()
            .await
            .call("s3", "PutObject")?;
        Ok(())
    }
}

async fn stream_of(path: &Utf8PathBuf) -> Result<ByteStream, ApplyError> {
    ByteStream::read_from()
        .path(path)
        .build()
        .await
        .map_err(|error| ApplyError::Read {
            path: path.clone(),
            error: std::io::Error::other(error),
        })
}

#[cfg(test)]
mod tests;
