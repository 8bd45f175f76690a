//! The location of an access key in the home account, and its forms there.

use std::fmt;
use std::str::FromStr;

use aws_sdk_ssm::Client;
use cn_template::Region;
use secrecy::{ExposeSecret, SecretString};

use crate::access_key::{AccessKey, is_id};
use crate::malformed::Malformed;
use crate::parameter::{self, ParameterError, ParameterName, Value};
use crate::timestamp::Timestamp;

/// The SSM parameters that contain an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStore {
    /// One parameter with both halves as JSON, the only form that is updated in one step.
    Json(ParameterName),
    /// A parameter for each half.
    Pair {
        /// The parameter with the access key ID.
        access_key: ParameterName,
        /// The parameter with the secret access key.
        secret_key: ParameterName,
    },
}

impl FromStr for KeyStore {
    type Err = Malformed;

    /// Parses `NAME`, or `ID-NAME,SECRET-NAME`.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text.split_once(',') {
            None => Ok(Self::Json(text.parse()?)),
            Some((id, secret)) => Ok(Self::Pair {
                access_key: id.parse()?,
                secret_key: secret.parse()?,
            }),
        }
    }
}

impl fmt::Display for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(name) => write!(f, "{name}"),
            Self::Pair {
                access_key,
                secret_key,
            } => write!(f, "{access_key},{secret_key}"),
        }
    }
}

impl KeyStore {
    /// Returns the parameters, the secret half first.
    ///
    /// Writes use this order: once the second half is written, both are new. Between the two
    /// writes, the old pair is still complete in the parameters' versions, and the new pair is in
    /// IAM's list and the latest secret.
    pub fn names(&self) -> Vec<&ParameterName> {
        match self {
            Self::Json(name) => vec![name],
            Self::Pair {
                access_key,
                secret_key,
            } => vec![secret_key, access_key],
        }
    }

    /// Checks that every name can be written to.
    ///
    /// # Errors
    ///
    /// As of [`ParameterName::check_writable`].
    pub fn check_writable(&self) -> Result<(), Malformed> {
        let mut names = self.names().into_iter();
        names.try_for_each(ParameterName::check_writable)
    }
}

/// An error for a stored value that is not an access key. It never shows the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredKeyError {
    /// A half of a pair is not valid.
    #[error("cannot use the SSM parameter `{name}`")]
    Half {
        /// The parameter.
        name: ParameterName,
        /// The cause.
        source: Malformed,
    },
    /// One parameter is given for both halves.
    #[error("the SSM parameter `{0}` is given for both halves of the access key")]
    Same(ParameterName),
    /// The value is not the JSON of a key.
    #[error(
        "the SSM parameter `{0}` does not hold an access key as JSON with `AccessKeyId` and \
         `SecretAccessKey`"
    )]
    Json(ParameterName),
    /// The parameters of the two halves are swapped.
    #[error(
        "the SSM parameters are swapped: `{id}` holds a secret access key, and `{secret}` holds \
         an access key ID"
    )]
    Swapped {
        /// The parameter for the access key ID.
        id: ParameterName,
        /// The parameter for the secret.
        secret: ParameterName,
    },
}

/// Returns a key in the form of the single JSON parameter.
///
/// The form is also the output that AWS tools expect from a `credential_process`, so `aws ssm
/// get-parameter` alone can serve as one.
pub(crate) fn to_json(key: &AccessKey) -> SecretString {
    let object = serde_json::json!({
        "Version": 1,
        "AccessKeyId": key.id(),
        "SecretAccessKey": key.secret().expose_secret(),
    });
    object.to_string().into()
}

/// Parses a key from JSON with `AccessKeyId` and `SecretAccessKey`.
///
/// `None` if the text has another form.
pub(crate) fn from_json(text: &SecretString) -> Option<AccessKey> {
    let object: serde_json::Value = serde_json::from_str(text.expose_secret()).ok()?;
    // `aws iam create-access-key` prints the key one level deeper.
    let object = object.get("AccessKey").unwrap_or(&object);
    let half = |name: &str| object.get(name).and_then(serde_json::Value::as_str);
    let id = SecretString::from(half("AccessKeyId")?);
    AccessKey::new(&id, half("SecretAccessKey")?.into()).ok()
}

/// The latest values of the parameters of a key.
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    names: KeyStore,
    /// In the order of [`KeyStore::names`].
    values: Vec<Value>,
}

impl StoredKey {
    /// Reads the values, in one request.
    pub(crate) async fn read(
        ssm: &Client,
        region: &Region,
        names: &KeyStore,
    ) -> Result<Self, ParameterError> {
        let asked: Vec<ParameterName> = names.names().into_iter().cloned().collect();
        let values = parameter::read(ssm, region, &asked).await?;
        Ok(Self {
            names: names.clone(),
            values,
        })
    }

    /// Returns the values, in the order of [`KeyStore::names`].
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    /// Returns the access key.
    pub(crate) fn key(&self) -> Result<AccessKey, StoredKeyError> {
        match &self.names {
            KeyStore::Json(name) => {
                from_json(&self.values[0].text).ok_or_else(|| StoredKeyError::Json(name.clone()))
            }
            KeyStore::Pair {
                access_key,
                secret_key,
            } => pair_key(
                (access_key, &self.values[1].text),
                (secret_key, &self.values[0].text),
            ),
        }
    }

    /// Returns the parameters that contain the secret and are not encrypted.
    pub(crate) fn plain(&self) -> Vec<ParameterName> {
        // The parameter of the secret comes first; an access key ID is not secret.
        let secret = self.names.names().into_iter().zip(&self.values).take(1);
        secret
            .filter(|(_, value)| !value.is_secure)
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Returns the time when the latest half was written.
    pub(crate) fn written(&self) -> Option<Timestamp> {
        self.values.iter().filter_map(|value| value.written).max()
    }

    /// Returns the secret half of a pair. `None` for a single parameter.
    pub(crate) fn secret(&self) -> Option<&SecretString> {
        matches!(self.names, KeyStore::Pair { .. }).then(|| &self.values[0].text)
    }
}

/// Reads both halves of a pair, each with the name of its parameter.
pub(crate) fn pair_key(
    (id_name, id): (&ParameterName, &SecretString),
    (secret_name, secret): (&ParameterName, &SecretString),
) -> Result<AccessKey, StoredKeyError> {
    if id_name == secret_name {
        return Err(StoredKeyError::Same(id_name.clone()));
    }
    if looks_like_id(secret.expose_secret()) && !looks_like_id(id.expose_secret()) {
        return Err(StoredKeyError::Swapped {
            id: id_name.clone(),
            secret: secret_name.clone(),
        });
    }
    AccessKey::new(id, secret.clone()).map_err(|source| StoredKeyError::Half {
        name: if is_id(id.expose_secret()) {
            secret_name.clone()
        } else {
            id_name.clone()
        },
        source,
    })
}

/// Returns true if a text has the form of an access key ID from AWS.
///
/// # Source
///
/// IAM user guide, "IAM identifiers", unique ID prefixes: `AKIA` and `ASIA`.
fn looks_like_id(text: &str) -> bool {
    let rest = text.strip_prefix("AKIA").or(text.strip_prefix("ASIA"));
    rest.is_some_and(|rest| {
        rest.len() >= 12 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
