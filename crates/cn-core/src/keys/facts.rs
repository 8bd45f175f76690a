//! The facts that a rotation decides on.

use std::fmt;
use std::time::Duration;

use crate::session::{AccessKey, AccountId};
use crate::timestamp::Timestamp;

/// The identifier of an access key, which is not a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Takes an identifier as IAM tells it.
    pub fn new(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&AccessKey> for KeyId {
    fn from(key: &AccessKey) -> Self {
        Self::new(key.id())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an IAM user, without its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// Reads the user from the ARN that STS tells; absent for roles and the root user.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let (_, path) = arn.split_once(":user/")?;
        Self::new(path.rsplit('/').next()?)
    }

    /// Takes a name as IAM tells it; absent when it is empty.
    pub fn new(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The acceptance of requests that a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotStatus {
    /// The key signs requests.
    Active,
    /// The key is kept, and every request it signs is refused.
    Inactive,
}

/// The last use of a key, as IAM tells it some time later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The time.
    pub at: Timestamp,
    /// The service, such as `s3`.
    pub service: String,
}

/// One of the two access keys that a user can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The key's identifier.
    pub id: KeyId,
    /// The status of the key.
    pub status: SlotStatus,
    /// The time of creation.
    pub created: Timestamp,
    /// The time of the last use; absent when IAM knows of no use.
    pub last_used: Option<Use>,
    /// The earliest known parameter version that held it; absent when none did.
    pub first_stored: Option<i64>,
}

/// The latest values of the parameters.
#[derive(Clone, Debug)]
pub(crate) enum StoredState {
    /// They are the working key.
    Current,
    /// They are no working key; an earlier version is.
    Stale,
    /// The secret belongs to this newer key, whose identifier was not written yet.
    Half(AccessKey),
}

/// Everything a rotation is decided on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time at which the facts were read.
    pub now: Timestamp,
    /// The key's user.
    pub user: UserName,
    /// The user's ARN.
    pub arn: String,
    /// The user's account.
    pub account: AccountId,
    /// A key that the parameters hold, in their latest or an earlier version, and that works.
    pub current: AccessKey,
    /// The relation of the latest values to the key.
    pub(crate) stored: StoredState,
    /// The time at which the latest values were written.
    pub written: Option<Timestamp>,
    /// The user's access keys, at most two.
    pub slots: Vec<Slot>,
}

impl Facts {
    /// The IAM entry of the working key.
    pub(crate) fn current_slot(&self) -> Option<&Slot> {
        let id = self.current.id();
        self.slots.iter().find(|slot| slot.id.as_str() == id)
    }

    /// Returns true when the latest values of the parameters are the working key.
    pub const fn is_stored(&self) -> bool {
        matches!(self.stored, StoredState::Current)
    }

    /// The age of the working key, as IAM knows it.
    pub fn age(&self) -> Option<Duration> {
        let age = self.now.0.saturating_sub(self.current_slot()?.created.0);
        Some(Duration::from_millis(
            u64::try_from(age).unwrap_or_default(),
        ))
    }

    /// The user's other keys.
    pub fn others(&self) -> impl Iterator<Item = &Slot> {
        let id = self.current.id();
        self.slots.iter().filter(move |slot| slot.id.as_str() != id)
    }
}
