//! Requests for the objects of one bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::ServerSideEncryption;

use super::Bucket;
use crate::call::{CallError, CallErrorKind, CallExt as _};
use crate::session::AccountId;

/// The objects of one bucket, with its expected owner and the encryption of new objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Objects<'a> {
    pub(crate) client: &'a Client,
    pub(crate) bucket: &'a Bucket,
    /// The account that must own the bucket; any when absent.
    pub(crate) owner: Option<&'a AccountId>,
    /// The KMS key that encrypts new objects; the bucket's own encryption when absent.
    pub(crate) kms_key_id: Option<&'a str>,
}

impl Objects<'_> {
    /// The expected owner in the form that requests take.
    pub(crate) fn owner(&self) -> Option<String> {
        self.owner.map(|account| account.as_str().to_owned())
    }

    /// The KMS key in the form that requests take: the kind of encryption, and the key.
    pub(crate) fn encryption(&self) -> (Option<ServerSideEncryption>, Option<String>) {
        let key = self.kms_key_id.map(str::to_owned);
        (key.as_ref().map(|_| ServerSideEncryption::AwsKms), key)
    }

    /// Returns whether the bucket has an object.
    ///
    /// A refusal counts as absent: an identity that may only write must still be
    /// able to, and writing the same content again does no harm.
    ///
    /// # Errors
    ///
    /// [`CallError`] for all other failures.
    pub(crate) async fn exists(&self, key: &str) -> Result<bool, CallError> {
        let answer = self
            .client
            .head_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .set_expected_bucket_owner(self.owner())
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

    /// Starts a request that writes one object: bucket, key, owner and encryption are set.
    pub(crate) fn put(&self, key: &str) -> PutObjectFluentBuilder {
        let (encryption, kms_key_id) = self.encryption();
        self.client
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .set_expected_bucket_owner(self.owner())
            .set_server_side_encryption(encryption)
            .set_ssekms_key_id(kms_key_id)
    }
}
