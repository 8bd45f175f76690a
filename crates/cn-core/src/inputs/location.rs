//! Templates that are already in S3.

use aws_sdk_s3::Client;

use crate::call::{CallError, CallExt as _};
use crate::deploy::request::MAX_TEMPLATE_BYTES;
use crate::s3::{LocationError, S3Location};

/// Failure to read a template from S3.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The request failed.
    #[error("cannot read the template `{address}`")]
    Call {
        /// The object's address.
        address: String,
        /// The failed request.
        source: CallError,
    },
    /// The object is not a template.
    #[error(transparent)]
    Content(#[from] LocationError),
}

/// Reads a template from S3.
///
/// * `owner`: the account that must own the bucket; `None` skips the check.
///
/// # Errors
///
/// Fails if the object cannot be read, is larger than CloudFormation accepts, or is not text.
pub(crate) async fn fetch_template(
    location: &S3Location,
    s3: &Client,
    owner: Option<&str>,
) -> Result<String, FetchError> {
    let address = location.to_string();
    let answer = s3
        .get_object()
        .bucket(&location.bucket)
        .key(&location.key)
        .set_version_id(location.version.clone())
        .set_expected_bucket_owner(owner.map(str::to_owned))
        .send()
        .await
        .call("s3", "GetObject")
        .map_err(|source| FetchError::Call {
            address: address.clone(),
            source,
        })?;
    let size = answer.content_length().unwrap_or_default();
    if usize::try_from(size).unwrap_or_default() > MAX_TEMPLATE_BYTES {
        let why = format!("has {size} bytes; CloudFormation accepts at most {MAX_TEMPLATE_BYTES}");
        return Err(refuse(&address, &why).into());
    }
    let body = answer.body.collect().await;
    let body = body.map_err(|error| refuse(&address, &format!("broke off: {error}")))?;
    let text = String::from_utf8(body.to_vec());
    text.map_err(|_| refuse(&address, "is not UTF-8").into())
}

fn refuse(address: &str, why: &str) -> LocationError {
    LocationError {
        address: address.to_owned(),
        why: why.to_owned(),
    }
}
