//! The facts that a rotation is planned from.

use std::fmt;
use std::time::Duration;

use crate::session::{AccessKey, AccountId};
use crate::timestamp::Timestamp;

/// The ID of an access key, which is not a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Creates an ID from IAM's text.
    pub fn new(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// Returns the ID as text.
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
    /// Returns the user in an ARN from STS. `None` for roles and the root user.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let (_, path) = arn.split_once(":user/")?;
        Self::new(path.rsplit('/').next()?)
    }

    /// Creates a name from IAM's text. `None` if it is empty.
    pub fn new(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The status of an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotStatus {
    /// The key can sign requests.
    Active,
    /// The key exists, but every request it signs is refused.
    Inactive,
}

/// The last use of a key, which IAM reports with some delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The time.
    pub at: Timestamp,
    /// The service, such as `s3`.
    pub service: String,
}

/// An access key of a user, who can have two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The key's ID.
    pub id: KeyId,
    /// The status of the key.
    pub status: SlotStatus,
    /// The time of creation.
    pub created: Timestamp,
    /// The last use; `None` if IAM knows of no use.
    pub last_used: Option<Use>,
    /// The earliest known version of the parameters that contained the key; `None` if no version
    /// did.
    pub first_stored: Option<i64>,
}

/// The state of the latest values of the parameters.
#[derive(Clone, Debug)]
pub(crate) enum StoredState {
    /// They are the working key.
    Current,
    /// They are not a working key; an earlier version is.
    Stale,
    /// The secret belongs to this newer key, whose ID is not written yet.
    Half(AccessKey),
}

/// All facts that a rotation is planned from.
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
    /// A working key from the latest or an earlier version of the parameters.
    pub current: AccessKey,
    /// The relation of the latest values to the working key.
    pub(crate) stored: StoredState,
    /// The time at which the latest values were written.
    pub written: Option<Timestamp>,
    /// The user's access keys, at most two.
    pub slots: Vec<Slot>,
}

impl Facts {
    /// Returns the IAM entry of the working key.
    pub(crate) fn current_slot(&self) -> Option<&Slot> {
        let id = self.current.id();
        self.slots.iter().find(|slot| slot.id.as_str() == id)
    }

    /// Returns true when the latest values of the parameters are the working key.
    pub const fn is_stored(&self) -> bool {
        matches!(self.stored, StoredState::Current)
    }

    /// Returns the age of the working key, from its creation time in IAM.
    pub fn age(&self) -> Option<Duration> {
        let age = self.now.0.saturating_sub(self.current_slot()?.created.0);
        Some(Duration::from_millis(
            u64::try_from(age).unwrap_or_default(),
        ))
    }

    /// Returns the user's other keys.
    pub fn others(&self) -> impl Iterator<Item = &Slot> {
        let id = self.current.id();
        self.slots.iter().filter(move |slot| slot.id.as_str() != id)
    }
}
