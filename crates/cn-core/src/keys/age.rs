//! The age of an access key that a program uses.

use std::time::Duration;

use super::clients::KeyClients;
use super::facts::{KeyId, UserName};
use crate::call::CallError;
use crate::session::{AccessKey, Caller, Session, SessionError};
use crate::timestamp::Timestamp;

/// Time limit for IAM's response: the age is not worth a long wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time that a key's age is measured from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySince {
    /// The key's creation time, as IAM reports it.
    Created(Timestamp),
    /// The last write of the key's parameters; the key is this old or older.
    Stored(Timestamp),
}

impl KeySince {
    /// Returns the time that the age of the target's access key is measured from.
    ///
    /// IAM returns it to a user who may list their own keys. Otherwise, the time is that of the last
    /// write of the parameters.
    ///
    /// * `caller`: the owner of the key. Without an owner, no request is sent to IAM.
    ///
    /// Cost: at most one request and ten seconds.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::target`].
    pub async fn of(
        session: &Session,
        key: &AccessKey,
        caller: Option<&Caller>,
    ) -> Result<Option<Self>, SessionError> {
        let stored = session.access_key_written().map(Self::Stored);
        let Some(user) = caller.and_then(|caller| UserName::of_arn(&caller.arn)) else {
            return Ok(stored);
        };
        let clients = KeyClients::from(session.target().await?.clone());
        let asked = tokio::time::timeout(PATIENCE, created(&clients, &user, key)).await;
        let created = match asked {
            Ok(Ok(created)) => created,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the age of the key is unknown");
                None
            }
            Err(_) => None,
        };
        Ok(created.map(Self::Created).or(stored))
    }

    /// Returns the time.
    pub fn moment(self) -> Timestamp {
        match self {
            Self::Created(moment) | Self::Stored(moment) => moment,
        }
    }
}

async fn created(
    clients: &KeyClients,
    user: &UserName,
    key: &AccessKey,
) -> Result<Option<Timestamp>, CallError> {
    let id = KeyId::from(key);
    let slots = clients.list(user).await?;
    let slot = slots.into_iter().find(|slot| slot.id == id);
    Ok(slot.map(|slot| slot.created))
}
