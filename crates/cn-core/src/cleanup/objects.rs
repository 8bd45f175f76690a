//! Deletes object versions, and aborts unfinished uploads.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::error::{CleanupError, ObjectFailure};
use super::inventory::Upload;
use super::outcome::Event;
use super::patience::patiently;
use super::plan::Deletion;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::s3::{Bucket, Objects};
use crate::stack::pace::Pacer;
use crate::stack::{self, Pace};

/// Number of versions that one request deletes.
///
/// # Source
///
/// Amazon S3 API reference, `DeleteObjects`: up to 1,000 keys.
const PER_REQUEST: usize = 1000;

/// Maximum number of rounds for versions that S3 failed to delete for a temporary reason.
const ROUNDS: usize = 6;

/// S3's error codes for a single version that are temporary, so that a retry may succeed.
const PASSING: [&str; 4] = [
    "InternalError",
    "SlowDown",
    "ServiceUnavailable",
    "OperationAborted",
];

/// A version to delete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Doomed {
    key: String,
    version: String,
}

/// Deletes every version that the plan lists, and nothing else.
///
/// The oldest version of each object is deleted first, so that an interrupted run leaves the newest
/// one in place.
pub(super) async fn delete(
    bucket: Objects<'_>,
    deletions: &[&Deletion],
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<usize, CleanupError> {
    let mut rest: Vec<Doomed> = Vec::new();
    for deletion in deletions {
        rest.extend(deletion.versions.iter().rev().map(|version| Doomed {
            key: deletion.key.clone(),
            version: version.id.clone(),
        }));
    }
    let of = rest.len();
    let mut deleted = 0;
    let mut failures = Vec::new();
    let mut pacer = Pacer::new(pace);
    for round in 1.. {
        let mut again = Vec::new();
        for chunk in rest.chunks(PER_REQUEST) {
            let failed = send(bucket, chunk, pace, on_event).await;
            let failed = failed.map_err(|source| CleanupError::Delete {
                what: format!("objects of bucket `{}`", bucket.bucket),
                source,
            })?;
            deleted += chunk.len() - failed.len();
            let is_passing = |failure: &ObjectFailure| PASSING.contains(&failure.code.as_str());
            for failure in failed {
                if is_passing(&failure) && round < ROUNDS {
                    again.push(Doomed {
                        key: failure.key,
                        version: failure.version,
                    });
                } else {
                    failures.push(failure);
                }
            }
            on_event(Event::ObjectsDeleted {
                bucket: bucket.bucket.clone(),
                versions: deleted,
                of,
            });
        }
        if again.is_empty() || !pacer.pause_after_failure().await {
            break;
        }
        rest = again;
    }
    if failures.is_empty() && deleted == of {
        return Ok(deleted);
    }
    Err(CleanupError::Objects {
        bucket: bucket.bucket.clone(),
        failures,
        of,
    })
}

/// Sends one request; returns the versions that were not deleted.
async fn send(
    bucket: Objects<'_>,
    chunk: &[Doomed],
    pace: &Pace,
    on_event: &mut (dyn FnMut(Event) + Send),
) -> Result<Vec<ObjectFailure>, CallError> {
    let identifiers = chunk.iter().map(|doomed| {
        let identifier = ObjectIdentifier::builder().key(&doomed.key);
        let identifier = identifier.version_id(&doomed.version).build();
        identifier.expect("the key is given")
    });
    let delete = Delete::builder()
        .set_objects(Some(identifiers.collect()))
        .quiet(true)
        .build()
        .expect("the objects are given");
    let request = bucket
        .client
        .delete_objects()
        .bucket(bucket.bucket.as_str())
        .delete(delete)
        .set_expected_bucket_owner(bucket.owner());
    let answer = patiently(
        pace,
        &mut |event| on_event(Event::Stack(event)),
        async || {
            let answer = request.clone().send().await;
            answer.call("s3", "DeleteObjects")
        },
    )
    .await?;
    let errors = answer.errors.unwrap_or_default().into_iter();
    let failures = errors.map(|error| ObjectFailure {
        key: error.key.unwrap_or_default(),
        version: error.version_id.unwrap_or_else(|| "null".to_owned()),
        code: error.code.unwrap_or_default(),
        message: error.message.unwrap_or_default(),
    });
    // A version that no longer exists counts as deleted.
    let is_left =
        |failure: &ObjectFailure| !matches!(failure.code.as_str(), "NoSuchKey" | "NoSuchVersion");
    Ok(failures.filter(is_left).collect())
}

/// Aborts an unfinished upload. An upload that no longer exists counts as aborted.
pub(super) async fn abort(
    bucket: Objects<'_>,
    upload: &Upload,
    pace: &Pace,
    on_event: &mut (dyn FnMut(stack::Event) + Send),
) -> Result<(), CleanupError> {
    let request = bucket
        .client
        .abort_multipart_upload()
        .bucket(bucket.bucket.as_str())
        .key(&upload.key)
        .upload_id(&upload.id)
        .set_expected_bucket_owner(bucket.owner());
    let answer = patiently(pace, on_event, async || {
        let answer = request.clone().send().await;
        answer.call("s3", "AbortMultipartUpload").map(drop)
    });
    match answer.await {
        Err(source)
            if source.kind != CallErrorKind::NotFound && !source.has_code("NoSuchUpload") =>
        {
            Err(CleanupError::Delete {
                what: format!("the unfinished upload of `{}`", upload.key),
                source,
            })
        }
        _ => Ok(()),
    }
}

/// Groups deletions by bucket.
pub(super) fn by_bucket<'d>(
    deletions: impl IntoIterator<Item = &'d Deletion>,
) -> BTreeMap<&'d Bucket, Vec<&'d Deletion>> {
    let mut all: BTreeMap<&Bucket, Vec<&Deletion>> = BTreeMap::new();
    for deletion in deletions {
        all.entry(&deletion.bucket).or_default().push(deletion);
    }
    all
}
