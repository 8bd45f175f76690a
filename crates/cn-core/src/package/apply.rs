//! Sending what the bucket does not have yet.

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

/// Brings the objects of a plan into the bucket.
///
/// Objects are looked up first and sent only when absent. A look-up that is
/// not allowed does not stop the run: a user may be allowed to write only.
///
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
        // What is wrong with the bucket explains what is wrong with its objects.
        let look = async { Ok(uploader.present(&uploads).await) };
        let note = async {
            uploader.note_unfinished(&uploads).await;
            Ok(())
        };
        let ((), present, ()) = tokio::try_join!(check, look, note)?;
        let present = present.map_err(|error| *error)?;
        let uploader = &uploader;
        let mut bringing = stream::iter(uploads.into_iter().enumerate())
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
        template: plan.template,
        destination,
        packaged: plan.packaged,
        sent: sent.into_iter().map(|(_, sent)| sent).collect(),
        rewrites: plan.rewrites,
        left_out: plan.left_out,
    })
}

/// Asks whether the bucket is there and lies in the target region.
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
