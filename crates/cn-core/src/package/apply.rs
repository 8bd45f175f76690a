//! Sending what the bucket does not have yet.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use camino::Utf8PathBuf;
use cn_template::Region;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::archive::ArchiveError;
use super::key::ArtifactKey;
use super::plan::{Body, Plan, Rewritten, Upload};
use super::request::{ObjectSettings, Request};
use super::upload::Uploader;
use crate::call::{CallError, CallErrorKind, CallExt};
use crate::s3::Bucket;
use crate::session::AccountId;

/// How [`apply`] sends.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account that must own the bucket; any when absent.
    pub owner: Option<AccountId>,
    /// Encryption and metadata of every object.
    pub objects: ObjectSettings,
    /// Send also what is there already.
    pub force: bool,
    /// How many requests are under way at once, across objects and parts of
    /// objects; at least 1. A long, lossy link wants many.
    pub concurrency: usize,
    /// How many bytes per second are sent, all requests together; no limit when absent.
    pub max_bandwidth: Option<NonZeroU64>,
    /// Where objects may be copied from instead of being sent.
    pub origin: Option<Origin>,
}

/// A bucket of the same partition that has objects of an earlier run, so that
/// they need not travel again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The bucket.
    pub bucket: Bucket,
    /// What it has.
    pub keys: BTreeSet<ArtifactKey>,
}

/// What happened to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It is in the bucket already.
    Present(Sent),
    /// It was copied from the bucket of another region.
    Copied(Sent),
    /// It was sent.
    Uploaded(Sent),
    /// Some of it is under way or there. An attempt that failed is taken back,
    /// so the number may also fall.
    Progress {
        /// Its key.
        key: ArtifactKey,
        /// Bytes handed to the connections, and bytes an earlier run had sent.
        sent_bytes: u64,
        /// Its size.
        total_bytes: u64,
    },
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
    /// Its size when it was uploaded; absent when it was there already, copied, or not sent.
    pub uploaded_bytes: Option<u64>,
    /// Whether it was copied from [`Options::origin`].
    pub is_copied: bool,
    /// How much of that an earlier, interrupted run had sent.
    pub resumed_bytes: u64,
    /// SHA-256 of its bytes; absent for an archive that was there already or copied.
    pub sha256: Option<[u8; 32]>,
}

impl Sent {
    /// An object before anything is done for it.
    pub(super) fn not_sent(upload: &Upload) -> Self {
        Self {
            key: upload.key.clone(),
            source: upload.source.clone(),
            needed_by: upload.needed_by.clone(),
            uploaded_bytes: None,
            is_copied: false,
            resumed_bytes: 0,
            sha256: match &upload.body {
                Body::Text(text) => Some(Sha256::digest(text).into()),
                Body::File(file) => Some(file.digest),
                Body::Archive(_) => None,
            },
        }
    }
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

impl Outcome {
    /// What a run did that stopped before sending anything.
    pub fn unsent(plan: &Plan) -> Self {
        Self {
            packaged: plan.packaged.clone(),
            sent: plan.uploads.iter().map(Sent::not_sent).collect(),
            rewrites: plan.rewrites.clone(),
            left_out: plan.left_out.clone(),
        }
    }
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
    /// A file is no longer what its key says.
    #[error("`{path}` changed while it was packaged")]
    Changed {
        /// The file.
        path: Utf8PathBuf,
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
/// * `on_event`: told of every object when it is there, and on the way. The
///   returned future can move between threads when this can.
///
/// # Errors
///
/// [`ApplyError`] at the first object that cannot be sent. What was sent before
/// stays: a repeated run finds the objects, and goes on with the parts of large
/// ones. The same holds when the future is dropped or the process killed.
pub async fn apply(
    client: &Client,
    request: &Request,
    plan: Plan,
    options: &Options,
    on_event: &mut impl FnMut(&Event),
) -> Result<Outcome, ApplyError> {
    let (events, mut progress) = mpsc::unbounded_channel();
    let uploader = Uploader::new(client, request, options, &plan.uploads, events);
    let mut sent = Vec::with_capacity(plan.uploads.len());
    if !plan.uploads.is_empty() {
        let check = async {
            let answer = check_bucket(client, request, options).await;
            answer.map_err(|kind| ApplyError::Bucket {
                bucket: request.bucket.clone(),
                kind,
            })
        };
        // What is wrong with the bucket explains what is wrong with its objects.
        let look = async { Ok(uploader.present(&plan.uploads).await) };
        let ((), present) = tokio::try_join!(check, look)?;
        let present = present.map_err(|error| *error)?;
        let uploader = &uploader;
        let mut bringing = stream::iter(plan.uploads.into_iter().enumerate())
            .map(|(place, upload)| {
                let is_present = present.contains(&upload.key);
                async move {
                    let sent = uploader.bring(upload, is_present).await;
                    sent.map(|sent| (place, sent))
                }
            })
            .buffer_unordered(uploader.concurrency());
        loop {
            let done = tokio::select! {
                biased;
                Some(event) = progress.recv() => {
                    on_event(&event);
                    continue;
                }
                done = bringing.try_next() => done.map_err(|error| *error)?,
            };
            let Some((place, done)) = done else { break };
            let event = match done.uploaded_bytes {
                Some(_) => Event::Uploaded,
                None if done.is_copied => Event::Copied,
                None => Event::Present,
            };
            on_event(&event(done.clone()));
            sent.push((place, done));
        }
    }
    sent.sort_by_key(|(place, _)| *place);
    Ok(Outcome {
        packaged: plan.packaged,
        sent: sent.into_iter().map(|(_, sent)| sent).collect(),
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
        .set_expected_bucket_owner(options.owner.as_ref().map(ToString::to_string))
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

#[cfg(test)]
mod tests;
