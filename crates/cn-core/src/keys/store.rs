//! The parameters of an access key: reading their versions, and writing them.

use aws_sdk_ssm::Client;
use cn_template::Region;
use secrecy::{ExposeSecret, SecretString};

use crate::call::CallError;
use crate::parameter::{self, ParameterError, ParameterName, Value};
use crate::session::{AccessKey, KeyStore, StoredKey, from_json, pair_key, to_json};

/// Number of earlier versions to read if the latest values are not a working key.
///
/// Together with the latest version they fit into one `GetParameters` request.
const EARLIER: i64 = 9;

/// A store with the client that reads and writes it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    /// Systems Manager of the home account.
    pub(super) ssm: Client,
    /// The client's region, for messages.
    pub(super) region: Region,
    /// The parameters.
    pub(super) names: KeyStore,
}

/// An access key from an earlier version of a store.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    /// The version of the parameter with the ID.
    pub(crate) version: i64,
    pub(crate) id: String,
}

/// The latest and earlier versions of a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Every pair that may have belonged together, most recent first.
    pub(crate) candidates: Vec<AccessKey>,
    /// Access key IDs, most recent first.
    pub(crate) ids: Vec<Earlier>,
    /// The latest secret; `None` if ID and secret share a parameter.
    pub(crate) latest_secret: Option<SecretString>,
}

impl Store {
    /// Reads the latest values, in one request.
    pub(crate) async fn latest(&self) -> Result<StoredKey, ParameterError> {
        StoredKey::read(&self.ssm, &self.region, &self.names).await
    }

    /// Reads the history of the parameters, with up to nine earlier versions of each.
    pub(crate) async fn history(&self, latest: &StoredKey) -> Result<History, ParameterError> {
        let mut halves = Vec::new();
        for (name, value) in self.names.names().into_iter().zip(latest.values()) {
            halves.push(self.versions(name, value).await?);
        }
        let mut history = match &self.names {
            KeyStore::Json(_) => json_history(&halves[0]),
            KeyStore::Pair {
                access_key,
                secret_key,
            } => pair_history((access_key, &halves[1]), (secret_key, &halves[0])),
        };
        history.latest_secret = latest.secret().cloned();
        Ok(history)
    }

    /// Returns the values of a parameter, latest first.
    async fn versions(
        &self,
        name: &ParameterName,
        latest: &Value,
    ) -> Result<Vec<(i64, SecretString)>, ParameterError> {
        let mut values = vec![(latest.version, latest.text.clone())];
        let first = (latest.version - EARLIER).max(1);
        // A name with a selector already names a single version or a label.
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

    /// Writes a key, each half into its parameter, and keeps the encryption key and tier.
    ///
    /// A half that the parameters already contain is not written again.
    pub(crate) async fn write(&self, key: &AccessKey) -> Result<(), WriteFailure> {
        let mut has_begun = false;
        for name in self.names.names() {
            let written = self.write_half(name, key).await;
            match written {
                Ok(is_new) => has_begun |= is_new,
                Err(error) => {
                    let is_under_way = error.kind.is_transient();
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
            KeyStore::Pair { access_key, .. } if name == access_key => key.id().into(),
            KeyStore::Pair { .. } => key.secret().clone(),
        }
    }
}

/// An error in writing a key.
#[derive(Debug)]
pub(crate) struct WriteFailure {
    /// The cause.
    pub(crate) error: CallError,
    /// True if the first half of a pair was written.
    pub(crate) has_begun: bool,
    /// True if the request may still take effect.
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
        if !history
            .candidates
            .iter()
            .any(|known| known.id() == key.id())
        {
            history.candidates.push(key);
        }
    }
    history
}

fn pair_history(
    (id_name, ids): (&ParameterName, &[(i64, SecretString)]),
    (secret_name, secrets): (&ParameterName, &[(i64, SecretString)]),
) -> History {
    /// Number of distinct values to try: an unfinished rotation leaves two, an undone one three.
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
        let with_secret = |secret| pair_key((id_name, &id), (secret_name, secret)).ok();
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
