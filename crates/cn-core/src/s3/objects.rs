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
    /// The account that must own the bucket; any account if `None`.
    pub(crate) owner: Option<&'a AccountId>,
    /// The KMS key that encrypts new objects.
    pub(crate) kms_key_id: Option<&'a str>,
    /// The encryption of new objects without a KMS key; if `None`, the bucket's default applies.
    pub(crate) sse: Option<Sse>,
}

/// Server-side encryption that a request names explicitly, as some bucket policies require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sse {
    /// Keys that S3 manages: `AES256`.
    Aes256,
    /// The account's KMS key for S3: `aws:kms`.
    Kms,
}

impl Sse {
    /// Returns the value of the request's header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Kms => "aws:kms",
        }
    }
}

impl Objects<'_> {
    /// Returns the expected owner in the form that requests take.
    pub(crate) fn owner(&self) -> Option<String> {
        self.owner.map(|account| account.as_str().to_owned())
    }

    /// Returns the encryption in the form that requests take: its kind, and the KMS key.
    pub(crate) fn encryption(&self) -> (Option<ServerSideEncryption>, Option<String>) {
        let key = self.kms_key_id.map(str::to_owned);
        let sse = key.as_ref().map_or(self.sse, |_| Some(Sse::Kms));
        (sse.map(|sse| sse.as_str().into()), key)
    }

    /// Returns true if the bucket has an object.
    ///
    /// A denied request counts as absent: an identity with write access only must still be able to
    /// upload, and writing the same content again does no harm.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_decides_before_the_encryption_that_is_asked_for() {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .build();
        let client = Client::from_conf(config);
        let bucket: Bucket = "bkt".parse().unwrap();
        let asked = |kms_key_id, sse| {
            let objects = Objects {
                client: &client,
                bucket: &bucket,
                owner: None,
                kms_key_id,
                sse,
            };
            let (kind, key) = objects.encryption();
            (kind.map(|kind| kind.as_str().to_owned()), key)
        };
        assert_eq!(asked(None, None), (None, None));
        assert_eq!(
            asked(None, Some(Sse::Aes256)),
            (Some("AES256".into()), None)
        );
        assert_eq!(asked(None, Some(Sse::Kms)), (Some("aws:kms".into()), None));
        let of_key = (Some("aws:kms".into()), Some("k".into()));
        assert_eq!(asked(Some("k"), None), of_key);
    }
}
