//! The age of an access key that a program uses.

use std::time::Duration;

use super::clients::KeyClients;
use super::facts::{KeyId, UserName};
use crate::call::CallError;
use crate::session::{AccessKey, Caller, Session, SessionError};
use crate::timestamp::Timestamp;

/// Time for IAM to answer: the age is worth no long wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The moment that a key's age counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySince {
    /// Its creation, as IAM knows it.
    Created(Timestamp),
    /// The last write of its parameters; the key is this old or older.
    Stored(Timestamp),
}

impl KeySince {
    /// The moment.
    pub fn moment(self) -> Timestamp {
        match self {
            Self::Created(moment) | Self::Stored(moment) => moment,
        }
    }
}

/// Returns the moment that the age of the target's access key counts from.
///
/// IAM tells it to a user who may list its own keys. If it does not, the moment is that
/// of the parameters' last write.
///
/// * `caller`: the owner of the key; without one, IAM is not asked.
///
/// Cost: one request, and ten seconds at most.
///
/// # Errors
///
/// [`SessionError`] as of [`Session::target`].
pub async fn key_since(
    session: &Session,
    key: &AccessKey,
    caller: Option<&Caller>,
) -> Result<Option<KeySince>, SessionError> {
    let stored = session.access_key_written().map(KeySince::Stored);
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
    Ok(created.map(KeySince::Created).or(stored))
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
