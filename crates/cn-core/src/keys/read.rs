//! Reads a key's state: parameters, IAM's two slots, and the pair that works.

use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep};

use super::clients::{KeyClients, Signers};
use super::error::advice_on;
use super::facts::{Facts, KeyId, Slot, SlotStatus, StoredState, UserName};
use super::plan::later;
use super::proof::Pacing;
use super::store::{History, Store};
use crate::advice::Advice;
use crate::call::{CallError, CallErrorKind};
use crate::parameter::ParameterError;
use crate::session::{AccessKey, AccountId, Caller, StoredKey, StoredKeyError, VerifyError};
use crate::timestamp::Timestamp;

/// An error in reading the state of a key.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The parameters cannot be read.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The latest values are no access key, and no version before is one that works.
    #[error("no version of the SSM parameters `{store}` holds an access key that works")]
    NoKey {
        /// The parameters.
        store: String,
        /// The reason why the latest values are not a working key.
        source: Box<StoredKeyError>,
    },
    /// STS refuses the latest values, and no version before is a key that works.
    #[error("no version of the SSM parameters `{store}` holds an access key that works")]
    Refused {
        /// The parameters.
        store: String,
        /// The refusal of the latest values.
        source: Box<CallError>,
    },
    /// The key works, but belongs to another partition or account.
    #[error("cannot use the access key in `{store}`")]
    Identity {
        /// The parameters.
        store: String,
        /// The cause.
        source: Box<VerifyError>,
    },
    /// The key works, but does not belong to a user.
    #[error("`{arn}` is not an IAM user, and only users have access keys that rotate")]
    NotAUser {
        /// The owner of the key.
        arn: String,
    },
    /// A request to IAM or STS failed.
    #[error("cannot read the access keys of `{user}`")]
    Call {
        /// The user.
        user: String,
        /// The cause.
        source: CallError,
    },
}

impl ReadError {
    /// Returns the next steps after a failed request to IAM or STS.
    pub fn advice(&self) -> Vec<Advice> {
        match self {
            Self::Call { source, .. } => advice_on(source),
            _ => Vec::new(),
        }
    }
}

/// The inputs for reading and rotating a key.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The parameters with the key.
    pub(super) store: Store,
    /// The target's endpoints.
    pub(super) signers: Signers,
    /// The account that the key must belong to.
    pub(super) expected: Option<AccountId>,
    /// Counts, intervals and time limits.
    pub(super) pacing: Pacing,
    /// The time at `since`, by the machine's clock.
    pub(super) started: Timestamp,
    /// The start of the run, by the runtime's clock.
    pub(super) since: Instant,
}

/// The latest values, and the working key among them or earlier ones with its owner.
struct Working {
    latest: StoredKey,
    key: AccessKey,
    caller: Caller,
    is_latest: bool,
    history: Option<History>,
}

impl Keeper {
    /// Returns the current time.
    fn now(&self) -> Timestamp {
        later(self.started, self.since.elapsed())
    }

    /// Reads the parameters, IAM's list of keys and their last uses, and finds the key that works.
    ///
    /// Cost: four requests if the parameters contain the user's only key; two or three more if the
    /// user has a second key.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn read(&self) -> Result<Facts, ReadError> {
        let working = self.working().await?;
        let arn = working.caller.arn.clone();
        let Some(user) = UserName::of_arn(&arn) else {
            return Err(ReadError::NotAUser { arn });
        };
        let clients = self.signers.of(&working.key);
        let current = KeyId::from(&working.key);
        let call = |source| ReadError::Call {
            user: user.to_string(),
            source,
        };
        let mut slots = self.slots(&clients, &user, &current).await.map_err(call)?;
        let mut history = working.history;
        if history.is_none() && slots.len() > 1 {
            history = Some(self.store.history(&working.latest).await?);
        }
        if let Some(history) = &history {
            for slot in &mut slots {
                let id = slot.id.as_str();
                let versions = history.ids.iter().filter(|earlier| earlier.id == id);
                slot.first_stored = versions.map(|earlier| earlier.version).min();
            }
        }
        let stored = if working.is_latest {
            StoredState::Current
        } else {
            let half = self.half_stored(history.as_ref(), &slots, &current).await;
            half.map_err(call)?
                .map_or(StoredState::Stale, StoredState::Half)
        };
        Ok(Facts {
            now: self.now(),
            user,
            arn,
            account: working.caller.account,
            current: working.key,
            stored,
            written: working.latest.written(),
            slots,
        })
    }

    async fn working(&self) -> Result<Working, ReadError> {
        let (latest, refusal) = match self.latest_that_works().await? {
            Ok(working) => return Ok(working),
            Err(refused) => refused,
        };
        let history = self.store.history(&latest).await?;
        let latest_id = latest.key().ok();
        for key in &history.candidates {
            if latest_id.as_ref().is_some_and(|latest| same(latest, key)) {
                continue;
            }
            if let Ok(caller) = self.owner(key).await? {
                return Ok(Working {
                    latest,
                    key: key.clone(),
                    caller,
                    is_latest: false,
                    history: Some(history),
                });
            }
        }
        Err(refusal)
    }

    /// Tries the latest values until they work or the time to settle is over.
    ///
    /// Reads them again for each attempt: another run may be between two writes.
    async fn latest_that_works(
        &self,
    ) -> Result<Result<Working, (StoredKey, ReadError)>, ReadError> {
        let deadline = Instant::now() + self.pacing.settle;
        let store = self.store.names.to_string();
        loop {
            let latest = self.store.latest().await?;
            let refusal = match latest.key() {
                Err(form) => ReadError::NoKey {
                    store: store.clone(),
                    source: Box::new(form),
                },
                Ok(key) => match self.owner(&key).await? {
                    Ok(caller) => {
                        return Ok(Ok(Working {
                            latest,
                            key,
                            caller,
                            is_latest: true,
                            history: None,
                        }));
                    }
                    Err(refusal) => ReadError::Refused {
                        store: store.clone(),
                        source: Box::new(refusal),
                    },
                },
            };
            if Instant::now() >= deadline {
                return Ok(Err((latest, refusal)));
            }
            sleep(self.pacing.interval).await;
        }
    }

    /// Returns the owner of a key from STS. The inner error means that STS refuses the key.
    async fn owner(&self, key: &AccessKey) -> Result<Result<Caller, CallError>, ReadError> {
        match self.signers.verify(key, self.expected.as_ref()).await {
            Ok(caller) => Ok(Ok(caller)),
            Err(VerifyError::Call(error)) if error.kind == CallErrorKind::Credentials => {
                Ok(Err(error))
            }
            Err(source) => Err(ReadError::Identity {
                store: self.store.names.to_string(),
                source: Box::new(source),
            }),
        }
    }

    /// Returns IAM's list of keys, with the last use of each.
    async fn slots(
        &self,
        clients: &KeyClients,
        user: &UserName,
        current: &KeyId,
    ) -> Result<Vec<Slot>, CallError> {
        let mut slots = patiently(&self.pacing, self.pacing.settle, async || {
            let slots = clients.list(user).await?;
            // IAM's list may be some seconds behind.
            if slots.iter().all(|slot| slot.id != *current) {
                return Err(CallError::without_answer("iam", "ListAccessKeys"));
            }
            Ok(slots)
        })
        .await?;
        for slot in &mut slots {
            slot.last_used = patiently(&self.pacing, self.pacing.settle, async || {
                let (_, last) = clients.last_used(&slot.id).await?;
                Ok(last)
            })
            .await?;
        }
        Ok(slots)
    }

    /// Returns the newer key that the latest secret belongs to, if its ID is not stored yet.
    async fn half_stored(
        &self,
        history: Option<&History>,
        slots: &[Slot],
        current: &KeyId,
    ) -> Result<Option<AccessKey>, CallError> {
        let Some(secret) = history.and_then(|history| history.latest_secret.clone()) else {
            return Ok(None);
        };
        let others = slots
            .iter()
            .filter(|slot| slot.id != *current && slot.status == SlotStatus::Active);
        for other in others {
            let id = other.id.as_str().into();
            let Ok(key) = AccessKey::new(&id, secret.clone()) else {
                continue;
            };
            let tried = patiently(&self.pacing, self.pacing.settle, async || {
                match self.signers.verify(&key, None).await {
                    Err(VerifyError::Call(error)) => Err(error),
                    _ => Ok(()),
                }
            });
            match tried.await {
                Ok(()) => return Ok(Some(key)),
                Err(error) if error.kind == CallErrorKind::Credentials => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn same(one: &AccessKey, other: &AccessKey) -> bool {
    one.id() == other.id() && one.secret().expose_secret() == other.secret().expose_secret()
}

/// Retries a call that is refused because its key is new, or that gets no response.
pub(super) async fn patiently<T, F: Future<Output = Result<T, CallError>> + Send>(
    pacing: &Pacing,
    patience: Duration,
    call: impl Fn() -> F,
) -> Result<T, CallError> {
    let deadline = Instant::now() + patience;
    loop {
        match call().await {
            Err(error) if is_passing(&error) && Instant::now() < deadline => {
                tracing::debug!(%error, "tried again");
                sleep(pacing.interval).await;
            }
            other => return other,
        }
    }
}

/// Returns true if the same call may succeed a moment later.
pub(super) fn is_passing(error: &CallError) -> bool {
    error.kind == CallErrorKind::Credentials || error.kind.is_transient()
}
