//! Putting a template where CloudFormation can fetch it.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use cn_template::Source;

use super::request::TemplateBucket;
use crate::call::{CallError, CallErrorKind, CallExt as _};

/// Uploads a template unless an object of its name exists; says whether one did.
///
/// Being forbidden to look is not being told that it is absent, but writing
/// an object whose name is its content's digest again does no harm.
pub(super) async fn template(
    client: &Client,
    bucket: &TemplateBucket,
    key: &str,
    template: &Source,
) -> Result<bool, CallError> {
    if !bucket.force_upload && exists(client, bucket, key).await? {
        return Ok(true);
    }
    let mut call = client
        .put_object()
        .bucket(&bucket.name)
        .key(key)
        .set_expected_bucket_owner(bucket.owner.clone())
        .body(ByteStream::from(template.text().as_bytes().to_vec()));
    if let Some(kms_key_id) = &bucket.kms_key_id {
        call = call
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(kms_key_id);
    }
    call.send().await.call("s3", "PutObject")?;
    Ok(false)
}

async fn exists(client: &Client, bucket: &TemplateBucket, key: &str) -> Result<bool, CallError> {
    let answer = client
        .head_object()
        .bucket(&bucket.name)
        .key(key)
        .set_expected_bucket_owner(bucket.owner.clone())
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
