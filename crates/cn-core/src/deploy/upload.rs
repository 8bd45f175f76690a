//! Uploading a template for CloudFormation to fetch.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use cn_template::Source;

use super::request::TemplateBucket;
use crate::call::{CallError, CallExt as _};
use crate::s3::Objects;

/// Uploads a template unless an object of its name exists; returns true if it existed.
pub(crate) async fn template(
    client: &Client,
    bucket: &TemplateBucket,
    key: &str,
    template: &Source,
) -> Result<bool, CallError> {
    let objects = Objects {
        client,
        bucket: &bucket.name,
        owner: bucket.owner.as_ref(),
        kms_key_id: bucket.kms_key_id.as_deref(),
        sse: bucket.sse,
    };
    if !bucket.force_upload && objects.exists(key).await? {
        return Ok(true);
    }
    let body = ByteStream::from(template.text().as_bytes().to_vec());
    let answer = objects.put(key).body(body).send().await;
    answer.call("s3", "PutObject")?;
    Ok(false)
}
