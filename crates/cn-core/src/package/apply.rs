//! Uploads the objects that are not in the bucket yet.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::error::{ApplyError, BucketError};
use super::options::Options;
use super::outcome::{Event, Outcome};
use super::plan::Plan;
use super::request::Destination;
use super::upload::Uploader;
use crate::call::{CallErrorKind, CallExt};

/// Uploads the objects of a plan that are not in the bucket yet.
///
/// Looks each object up first and uploads it only if it is absent. A denied lookup does not stop
/// the run: a user may have write access only.
///
/// * `on_event`: receives an event for each object that is in the bucket, and progress events. The
///   returned future is `Send` if `on_event` is.
///
/// # Errors
///
/// [`ApplyError`] for the first object that cannot be uploaded. Objects uploaded so far stay in the
/// bucket: the next run finds them, and continues with the remaining parts of large objects. This
/// also applies when the future is dropped or the process is killed.
pub async fn apply(
    client: &Client,
    plan: Plan,
    options: &Options,
    on_event: &mut impl FnMut(&Event),
) -> Result<Outcome, ApplyError> {
    let Plan {
        destination,
        prefix,
        uploads,
        ..
    } = plan;
    let (events, mut progress) = mpsc::unbounded_channel();
    let uploader = Uploader::new(
        client,
        &destination.bucket,
        &prefix,
        options,
        &uploads,
        events,
    );
    let mut sent = Vec::with_capacity(uploads.len());
    if !uploads.is_empty() {
        let check = async {
            let answer = check_bucket(client, &destination, options).await;
            answer.map_err(|kind| ApplyError::Bucket {
                bucket: destination.bucket.clone(),
                kind,
            })
        };
        // A bucket error explains the errors of its objects, so it takes precedence over them.
        let look = async { Ok(uploader.present(&uploads).await) };
        let note = async {
            Box::pin(uploader.note_unfinished(&uploads)).await;
            Ok(())
        };
        let list = async { Ok(Box::pin(uploader.list_all_indexes(&uploads)).await) };
        let ((), present, (), mut indexes) = tokio::try_join!(check, look, note, list)?;
        let present = present.map_err(|error| *error)?;
        let uploader = &uploader;
        let mut bringing = stream::iter(uploads.into_iter().enumerate())
            .map(|(place, upload)| {
                let is_present = present.contains(&upload.key);
                let indexes = indexes.remove(&upload.key);
                async move {
                    let sent = uploader.bring(upload, is_present, indexes).await;
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
        template: plan.template,
        destination,
        packaged: plan.packaged,
        sent: sent.into_iter().map(|(_, sent)| sent).collect(),
        rewrites: plan.rewrites,
        left_out: plan.left_out,
    })
}

/// Checks that the bucket exists and is in the target region.
async fn check_bucket(
    client: &Client,
    destination: &Destination,
    options: &Options,
) -> Result<(), BucketError> {
    let answer = client
        .head_bucket()
        .bucket(destination.bucket.as_str())
        .set_expected_bucket_owner(options.owner.as_ref().map(ToString::to_string))
        .send()
        .await;
    let region = match &answer {
        Ok(answer) => answer.bucket_region().map(str::to_owned),
        Err(error) => bucket_region(error),
    };
    if let Some(actual) = region.filter(|actual| actual != destination.region.as_str()) {
        return Err(BucketError::OtherRegion {
            actual,
            expected: destination.region.clone(),
        });
    }
    match answer.call("s3", "HeadBucket") {
        Ok(_) => Ok(()),
        Err(error) if error.kind == CallErrorKind::NotFound => Err(BucketError::Missing {
            region: destination.region.clone(),
        }),
        // The check is denied: the first upload will show if the bucket can be used.
        Err(error) if error.kind == CallErrorKind::Denied => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns the bucket's region as the error response names it.
///
/// # Source
///
/// Amazon S3 API reference, HeadBucket: `x-amz-bucket-region` is present in responses 200, 301 and
/// 400.
fn bucket_region<E>(error: &SdkError<E>) -> Option<String> {
    error
        .raw_response()?
        .headers()
        .get("x-amz-bucket-region")
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
