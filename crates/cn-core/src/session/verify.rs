//! Verifies an identity with STS.

use cn_template::partition::Arn;
use cn_template::{Partition, Region};

use super::account::AccountId;
use crate::call::{CallError, CallExt};

/// The target identity, as STS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its account.
    pub account: AccountId,
    /// Its ARN.
    pub arn: String,
    /// The partition in the ARN.
    pub partition: Partition,
}

/// An error for an identity that is not the expected one.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// STS refuses the request or cannot be reached.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The response lacks a part, or a part has an unknown form.
    #[error("`sts:GetCallerIdentity` answered without account and ARN")]
    Answer,
    /// The access key belongs to the home identity, and must not be used in another partition.
    #[error(
        "the access key `{access_key_id}` belongs to the build and cannot be used for the target"
    )]
    OfHome {
        /// The access key ID; not a secret.
        access_key_id: String,
    },
    /// The identity belongs to another partition.
    #[error("`{arn}` belongs to partition `{actual}`, but `{region}` is in `{expected}`")]
    Partition {
        /// The identity.
        arn: String,
        /// The partition in its ARN.
        actual: String,
        /// The partition of the target region.
        expected: Partition,
        /// The target region.
        region: Region,
    },
    /// The identity belongs to another account.
    #[error("`{arn}` belongs to account `{actual}`, not to `{expected}`")]
    Account {
        /// The identity.
        arn: String,
        /// Its account.
        actual: AccountId,
        /// The expected account.
        expected: AccountId,
    },
}

/// Reads the identity of a client from STS, and compares it with the expected one.
///
/// # Errors
///
/// [`VerifyError`].
pub(crate) async fn verify(
    sts: &aws_sdk_sts::Client,
    region: &Region,
    account: Option<&AccountId>,
) -> Result<Caller, VerifyError> {
    let answer = sts.get_caller_identity().send().await;
    let answer = answer.call("sts", "GetCallerIdentity")?;
    let (Some(arn), Some(actual)) = (answer.arn, answer.account) else {
        return Err(VerifyError::Answer);
    };
    let actual: AccountId = actual.parse().map_err(|_| VerifyError::Answer)?;
    let partition = Arn::parse(&arn)
        .ok_or(VerifyError::Answer)?
        .partition
        .to_owned();
    let expected = region.partition();
    if partition != expected.id() {
        return Err(VerifyError::Partition {
            arn,
            actual: partition,
            expected,
            region: region.clone(),
        });
    }
    match account {
        Some(expected) if *expected != actual => Err(VerifyError::Account {
            arn,
            actual,
            expected: expected.clone(),
        }),
        _ => Ok(Caller {
            account: actual,
            arn,
            partition: expected,
        }),
    }
}
