//! Stores an access key that the user provides.

use secrecy::ExposeSecret;

use super::facts::UserName;
use super::read::{Keeper, patiently};
use crate::call::{CallError, CallErrorKind};
use crate::parameter::{self, ParameterError, ParameterName};
use crate::session::{AccessKey, Caller, VerifyError};

/// Options for storing a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutRequest {
    /// The KMS key that encrypts new parameters; if `None`, the account's default key.
    pub kms_key: Option<String>,
    /// True to skip the verification of the key's owner with STS.
    pub is_unverified: bool,
}

/// The result of storing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The owner of the key; `None` if it was not verified.
    pub caller: Option<Caller>,
    /// The parameters that were written; empty if they already contained the key.
    pub written: Vec<ParameterName>,
}

/// An error in storing a key.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The key is refused, or belongs to another partition or account.
    #[error("cannot verify access key `{id}`")]
    Verify {
        /// The access key ID.
        id: String,
        /// The cause.
        source: Box<VerifyError>,
    },
    /// The key does not belong to a user.
    #[error("`{arn}` is not an IAM user, and only users have access keys that rotate")]
    NotAUser {
        /// The owner of the key.
        arn: String,
    },
    /// A parameter exists and is not encrypted.
    #[error(
        "the SSM parameter `{0}` exists but is not a SecureString, and its type cannot be changed"
    )]
    NotSecure(ParameterName),
    /// The parameters cannot be read.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A parameter cannot be written.
    #[error("cannot write the SSM parameter `{name}`")]
    Write {
        /// The parameter.
        name: ParameterName,
        /// The cause.
        source: CallError,
    },
}

impl Keeper {
    /// Verifies a key and writes it into the parameters, creating those that do not exist.
    ///
    /// # Errors
    ///
    /// [`PutError`]. Only after a [`Write`](PutError::Write) error may something have been written.
    pub async fn put(&self, key: &AccessKey, request: &PutRequest) -> Result<Put, PutError> {
        let caller = if request.is_unverified {
            None
        } else {
            Some(owner(self, key).await?)
        };
        let store = &self.store;
        let names: Vec<ParameterName> = store.names.names().into_iter().cloned().collect();
        let held = parameter::read_present(&store.ssm, &store.region, &names).await?;
        for (name, value) in names.iter().zip(&held) {
            if value.as_ref().is_some_and(|value| !value.is_secure) {
                return Err(PutError::NotSecure(name.clone()));
            }
        }
        let mut written = Vec::new();
        for (name, held) in names.into_iter().zip(held) {
            let value = store.value_for(&name, key);
            if held.is_some_and(|held| held.text.expose_secret() == value.expose_secret()) {
                continue;
            }
            let put = async {
                let before = parameter::settings(&store.ssm, &name).await?;
                // A new version keeps the encryption key of the previous version.
                let kms_key = request.kms_key.as_deref();
                parameter::write(&store.ssm, &name, &value, before.as_ref(), kms_key).await
            };
            if let Err(source) = put.await {
                return Err(PutError::Write { name, source });
            }
            written.push(name);
        }
        Ok(Put { caller, written })
    }
}

/// Returns the owner of a key from STS. Retries, because STS may refuse a key that is seconds old.
async fn owner(keeper: &Keeper, key: &AccessKey) -> Result<Caller, PutError> {
    let fail = |source| PutError::Verify {
        id: key.id().to_owned(),
        source: Box::new(source),
    };
    let expected = keeper.expected.as_ref();
    let answer = patiently(&keeper.pacing, keeper.pacing.settle, async || {
        match keeper.signers.verify(key, expected).await {
            // A wrong secret stays wrong, so it is not retried.
            Err(VerifyError::Call(call))
                if call.kind == CallErrorKind::Credentials
                    && !call.has_code("SignatureDoesNotMatch") =>
            {
                Err(call)
            }
            other => Ok(other),
        }
    });
    let caller = match answer.await {
        Ok(answer) => answer.map_err(fail)?,
        Err(call) => return Err(fail(VerifyError::Call(call))),
    };
    if UserName::of_arn(&caller.arn).is_none() {
        return Err(PutError::NotAUser { arn: caller.arn });
    }
    Ok(caller)
}
