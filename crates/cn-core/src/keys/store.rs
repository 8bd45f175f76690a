//! Where an access key is kept in the home account, and reading and writing it there.

use std::fmt;
use std::str::FromStr;

use aws_sdk_ssm::Client;
use cn_template::Region;
use secrecy::{ExposeSecret, SecretString};

use crate::call::{CallError, CallErrorKind};
use crate::stack::Timestamp;
use crate::parameter::{self, ParameterError, ParameterName, ParameterNameError, Value};
use crate::session::{AccessKey, AccessKeyError, KeyParameters};

/// Earlier versions that are read when the latest values are no working key.
///
/// With the latest one they fit one `GetParameters` request.
const EARLIER: i64 = 9;

/// The SSM parameters that hold one access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStore {
    /// One parameter with both halves as JSON: the only form that changes in one step.
    Json(ParameterName),
    /// A parameter for each half.
    Pair(KeyParameters),
}

/// A text that does not name the parameters of an access key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// A name is not one.
    #[error(transparent)]
    Name(#[from] ParameterNameError),
    /// A version, label or ARN, which cannot be written.
    #[error("cannot write `{0}`: a new value needs the plain name of a parameter")]
    Selector(ParameterName),
}

impl FromStr for KeyStore {
    type Err = ParameterNameError;

    /// Reads `NAME`, or `ID-NAME,SECRET-NAME`.
    fn from_str(text: &str) -> Result<Self, ParameterNameError> {
        match text.split_once(',') {
            None => Ok(Self::Json(text.parse()?)),
            Some((id, secret)) => Ok(Self::Pair(KeyParameters {
                access_key: id.parse()?,
                secret_key: secret.parse()?,
            })),
        }
    }
}

impl fmt::Display for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(name) => write!(f, "{name}"),
            Self::Pair(pair) => write!(f, "{},{}", pair.access_key, pair.secret_key),
        }
    }
}

impl KeyStore {
    /// The parameters, the secret half first.
    ///
    /// Writes go in this order: once the second half is written, both are new.
    /// After the first, the old pair is still complete in the parameters'
    /// versions, and the new one in IAM's list and the latest secret.
    pub fn names(&self) -> Vec<&ParameterName> {
        match self {
            Self::Json(name) => vec![name],
            Self::Pair(pair) => vec![&pair.secret_key, &pair.access_key],
        }
    }

    /// Checks that every name is one that can be written.
    ///
    /// # Errors
    ///
    /// [`KeyStoreError::Selector`] for an ARN, a version or a label.
    pub fn check_writable(&self) -> Result<(), KeyStoreError> {
        let fixed = self
            .names()
            .into_iter()
            .find(|name| name.as_str().contains(':'));
        fixed.map_or(Ok(()), |name| Err(KeyStoreError::Selector(name.clone())))
    }
}

/// A stored value that is no access key. Never shows the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoredKeyError {
    /// Half of a pair.
    #[error("cannot use the SSM parameter `{name}`")]
    Half {
        /// The parameter.
        name: ParameterName,
        /// Why.
        source: AccessKeyError,
    },
    /// Not the JSON of a key.
    #[error(
        "the SSM parameter `{0}` does not hold an access key as JSON with `AccessKeyId` and \
         `SecretAccessKey`"
    )]
    Json(ParameterName),
    /// The halves are in each other's parameter.
    #[error(
        "the SSM parameters are swapped: `{id}` holds a secret access key, and `{secret}` holds \
         an access key ID"
    )]
    Swapped {
        /// The parameter for the identifier.
        id: ParameterName,
        /// The parameter for the secret.
        secret: ParameterName,
    },
}

/// Writes a key as the one JSON parameter holds it.
///
/// It is also the output that the AWS tools expect of a `credential_process`,
/// so `aws ssm get-parameter` alone can serve as one.
pub fn to_json(key: &AccessKey) -> SecretString {
    let object = serde_json::json!({
        "Version": 1,
        "AccessKeyId": key.id(),
        "SecretAccessKey": key.secret().expose_secret(),
    });
    object.to_string().into()
}

/// Reads a key from JSON with `AccessKeyId` and `SecretAccessKey`; absent when it is none.
pub fn from_json(text: &SecretString) -> Option<AccessKey> {
    let object: serde_json::Value = serde_json::from_str(text.expose_secret()).ok()?;
    // `aws iam create-access-key` prints the key one level deeper.
    let object = object.get("AccessKey").unwrap_or(&object);
    let half = |name: &str| object.get(name).and_then(serde_json::Value::as_str);
    let id = SecretString::from(half("AccessKeyId")?);
    AccessKey::new(&id, half("SecretAccessKey")?.into()).ok()
}

/// The values of one store, as they were read.
#[derive(Clone, Debug)]
pub(crate) struct Latest {
    names: KeyStore,
    /// In the order of [`KeyStore::names`].
    values: Vec<Value>,
}

impl Latest {
    /// The access key.
    pub(crate) fn key(&self) -> Result<AccessKey, StoredKeyError> {
        match &self.names {
            KeyStore::Json(name) => {
                from_json(&self.values[0].text).ok_or_else(|| StoredKeyError::Json(name.clone()))
            }
            KeyStore::Pair(pair) => pair_key(pair, &self.values[1].text, &self.values[0].text),
        }
    }

    /// When the latest half was written.
    pub(crate) fn written(&self) -> Option<Timestamp> {
        self.values.iter().filter_map(|value| value.written).max()
    }

    /// The secret half of a pair.
    fn secret(&self) -> Option<&SecretString> {
        matches!(self.names, KeyStore::Pair(_)).then(|| &self.values[0].text)
    }
}

fn pair_key(
    pair: &KeyParameters,
    id: &SecretString,
    secret: &SecretString,
) -> Result<AccessKey, StoredKeyError> {
    if looks_like_id(secret.expose_secret()) && !looks_like_id(id.expose_secret()) {
        return Err(StoredKeyError::Swapped {
            id: pair.access_key.clone(),
            secret: pair.secret_key.clone(),
        });
    }
    AccessKey::new(id, secret.clone()).map_err(|source| StoredKeyError::Half {
        name: match source {
            AccessKeyError::Id => pair.access_key.clone(),
            AccessKeyError::Secret => pair.secret_key.clone(),
        },
        source,
    })
}

/// Whether a text has the form of an access key ID, as AWS makes them.
///
/// # Source
///
/// IAM user guide, "IAM identifiers", unique ID prefixes: `AKIA` and `ASIA`.
fn looks_like_id(text: &str) -> bool {
    let rest = text.strip_prefix("AKIA").or(text.strip_prefix("ASIA"));
    rest.is_some_and(|rest| {
        rest.len() >= 12
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

/// A store with the client that reads and writes it.
#[derive(Clone, Debug)]
pub struct Store {
    /// Systems Manager of the home account.
    pub ssm: Client,
    /// The client's region, for messages.
    pub region: Region,
    /// The parameters.
    pub names: KeyStore,
}

/// An access key that a store held before.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    /// The version of the parameter with the identifier.
    pub(crate) version: i64,
    pub(crate) id: String,
}

/// The versions before the latest one.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Every pair that may have belonged together, the most recent first.
    pub(crate) candidates: Vec<AccessKey>,
    /// Identifiers, the most recent first.
    pub(crate) ids: Vec<Earlier>,
    /// The latest secret, where it stands in a parameter of its own.
    pub(crate) latest_secret: Option<SecretString>,
}

impl Store {
    /// Reads the latest values, in one request.
    pub(crate) async fn latest(&self) -> Result<Latest, ParameterError> {
        let names: Vec<ParameterName> = self.names.names().into_iter().cloned().collect();
        let values = parameter::read_values(&self.ssm, &self.region, &names).await?;
        Ok(Latest {
            names: self.names.clone(),
            values,
        })
    }

    /// Reads what the parameters held before, up to nine versions each.
    pub(crate) async fn history(&self, latest: &Latest) -> Result<History, ParameterError> {
        let mut halves = Vec::new();
        for (name, value) in self.names.names().into_iter().zip(&latest.values) {
            halves.push(self.versions(name, value).await?);
        }
        let mut history = match &self.names {
            KeyStore::Json(_) => json_history(&halves[0]),
            KeyStore::Pair(pair) => pair_history(pair, &halves[1], &halves[0]),
        };
        history.latest_secret = latest.secret().cloned();
        Ok(history)
    }

    /// The values of one parameter, the latest first.
    async fn versions(
        &self,
        name: &ParameterName,
        latest: &Value,
    ) -> Result<Vec<(i64, SecretString)>, ParameterError> {
        let mut values = vec![(latest.version, latest.text.clone())];
        let first = (latest.version - EARLIER).max(1);
        // A name with a selector names one version, or none.
        if name.as_str().contains(':') {
            return Ok(values);
        }
        let names: Vec<ParameterName> = (first..latest.version)
            .rev()
            .map(|version| ParameterName::of_version(name, version))
            .collect();
        let found = parameter::read_present(&self.ssm, &self.region, &names).await?;
        for value in found.into_iter().flatten() {
            let text = value.text.expose_secret().trim_end_matches(['\r', '\n']);
            values.push((value.version, text.into()));
        }
        Ok(values)
    }

    /// Writes a key, each half where it belongs, keeping encryption key and tier.
    ///
    /// A half that the parameters hold already is not written again.
    pub(crate) async fn write(&self, key: &AccessKey) -> Result<(), WriteFailure> {
        let mut has_begun = false;
        for name in self.names.names() {
            let written = self.write_half(name, key).await;
            match written {
                Ok(is_new) => has_begun |= is_new,
                Err(error) => {
                    let is_under_way = matches!(
                        error.kind,
                        CallErrorKind::Unavailable | CallErrorKind::Throttled
                    );
                    return Err(WriteFailure {
                        error,
                        has_begun,
                        is_under_way,
                    });
                }
            }
        }
        Ok(())
    }

    async fn write_half(&self, name: &ParameterName, key: &AccessKey) -> Result<bool, CallError> {
        let value = self.value_for(name, key);
        let names = std::slice::from_ref(name);
        let held = match parameter::read_present(&self.ssm, &self.region, names).await {
            Ok(held) => held.into_iter().flatten().next(),
            Err(ParameterError::Call { source, .. }) => return Err(*source),
            Err(_) => None,
        };
        if held.is_some_and(|held| held.text.expose_secret() == value.expose_secret()) {
            return Ok(false);
        }
        let before = parameter::settings(&self.ssm, name).await?;
        parameter::write(&self.ssm, name, &value, before.as_ref(), None).await?;
        Ok(true)
    }

    pub(crate) fn value_for(&self, name: &ParameterName, key: &AccessKey) -> SecretString {
        match &self.names {
            KeyStore::Json(_) => to_json(key),
            KeyStore::Pair(pair) if *name == pair.access_key => key.id().into(),
            KeyStore::Pair(_) => key.secret().clone(),
        }
    }
}

/// A write that failed.
#[derive(Debug)]
pub(crate) struct WriteFailure {
    /// Why.
    pub(crate) error: CallError,
    /// Whether the first half of a pair was written.
    pub(crate) has_begun: bool,
    /// Whether the request may still take effect.
    pub(crate) is_under_way: bool,
}

fn json_history(versions: &[(i64, SecretString)]) -> History {
    let mut history = History::default();
    for (version, text) in versions {
        let Some(key) = from_json(text) else { continue };
        history.ids.push(Earlier {
            version: *version,
            id: key.id().to_owned(),
        });
        if !history.candidates.iter().any(|known| known.id() == key.id()) {
            history.candidates.push(key);
        }
    }
    history
}

fn pair_history(
    pair: &KeyParameters,
    ids: &[(i64, SecretString)],
    secrets: &[(i64, SecretString)],
) -> History {
    /// Distinct values that are tried: a rotation in between leaves two, an undone one three.
    const DISTINCT: usize = 3;
    let distinct = |values: &[(i64, SecretString)]| {
        let mut kept: Vec<SecretString> = Vec::new();
        for (_, text) in values {
            if !kept
                .iter()
                .any(|known| known.expose_secret() == text.expose_secret())
            {
                kept.push(text.clone());
            }
        }
        kept.truncate(DISTINCT);
        kept
    };
    let mut candidates = Vec::new();
    let secrets = distinct(secrets);
    for id in distinct(ids) {
        let with_secret = |secret| pair_key(pair, &id, secret).ok();
        candidates.extend(secrets.iter().filter_map(with_secret));
    }
    History {
        candidates,
        ids: ids
            .iter()
            .map(|(version, id)| Earlier {
                version: *version,
                id: id.expose_secret().to_owned(),
            })
            .collect(),
        latest_secret: None,
    }
}
