//! The steps from a state of both key slots and the parameters to a completed or cleanly undone
//! rotation, without I/O.

use std::fmt;
use std::time::Duration;

use super::facts::{Facts, KeyId, Slot, SlotStatus, StoredState};
use crate::session::AccessKey;
use crate::timestamp::Timestamp;

/// Time after a key's creation in which its uses count as proofs of the rotation that made it.
const PROOF_TIME: Duration = Duration::from_mins(15);

/// The ages at which a key is rotated and other keys are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotateRequest {
    /// Age from which the key is replaced. Default: one day, so that a second run on the same day
    /// completes the first one but starts no rotation.
    pub min_age: Duration,
    /// Time between the creation of a key and the deletion of the previous key, which is inactive
    /// in the meantime and can be activated again. Default: one day.
    pub grace: Duration,
    /// Age from which an unknown new key counts as a leftover, and not as the work of a rotation
    /// that is still running. Default: five minutes.
    pub orphan_age: Duration,
}

impl RotateRequest {
    /// Returns the default ages.
    pub const fn standard() -> Self {
        Self {
            min_age: Duration::from_hours(24),
            grace: Duration::from_hours(24),
            orphan_age: Duration::from_mins(5),
        }
    }
}

/// A step of a rotation.
#[derive(Clone, Debug)]
pub enum Step {
    /// Waits for the end of a rotation that may be running; then the state is read again.
    Await {
        /// The key that the other rotation may be working on.
        key: KeyId,
        /// The time from which the key counts as a leftover.
        until: Timestamp,
    },
    /// Writes the working key back into the parameters.
    Restore,
    /// Writes the ID of the key whose secret the parameters already contain.
    Adopt(AccessKey),
    /// Deletes a key that an interrupted rotation left behind.
    DeleteOrphan(KeyId),
    /// Creates a key.
    Create,
    /// Waits until every endpoint accepts the new key, several times in a row.
    Prove,
    /// Writes the new key into the parameters.
    Store,
    /// Reads the parameters and proves the key in them.
    ReadBack,
    /// Deactivates the previous key.
    Deactivate(KeyId),
    /// Deletes the previous key.
    DeleteOld(KeyId),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Await { key, until } => write!(
                f,
                "wait until {until}: another rotation may be working on key `{key}`"
            ),
            Self::Restore => f.write_str("write the working key into the parameters again"),
            Self::Adopt(key) => write!(f, "complete the parameters with key `{}`", key.id()),
            Self::DeleteOrphan(key) => write!(
                f,
                "delete key `{key}`, which an interrupted rotation left behind"
            ),
            Self::Create => f.write_str("create a key"),
            Self::Prove => f.write_str("prove the new key at every endpoint"),
            Self::Store => f.write_str("write the new key into the parameters"),
            Self::ReadBack => f.write_str("read the parameters back and prove the key again"),
            Self::Deactivate(key) => write!(f, "deactivate key `{key}`"),
            Self::DeleteOld(key) => write!(f, "delete key `{key}`"),
        }
    }
}

/// The purpose of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Replaces a key that is old enough.
    Rotate,
    /// Completes a rotation that was interrupted.
    Finish,
    /// Cleans up without replacing a key, because the key is not old enough.
    CleanUp,
    /// Waits for another rotation.
    Await,
    /// Does nothing.
    Nothing,
}

/// The steps of a rotation, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The purpose.
    pub purpose: Purpose,
    /// The steps.
    pub steps: Vec<Step>,
    /// The key that stays inactive until the end of its grace period.
    pub kept: Option<Kept>,
}

/// An inactive key that is deleted later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The key.
    pub key: KeyId,
    /// The end of its grace period.
    pub until: Timestamp,
}

/// An error for a state that requires a person to decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// IAM does not list the working key.
    #[error("access key `{0}` works, but IAM does not list it among the keys of its user")]
    NotListed(KeyId),
    /// The second slot contains a key that another program may use.
    #[error(
        "the user's second access key `{key}` is active and was never in these parameters; last \
         use: {}",
        used(.last_use.as_ref())
    )]
    UnknownActiveKey {
        /// The key.
        key: KeyId,
        /// The time and the service of the last use.
        last_use: Option<super::facts::Use>,
    },
    /// The second slot contains a key within its grace period.
    #[error(
        "the user's second access key `{key}` is inactive, and its grace ends at {until}: a user \
         can have two keys"
    )]
    InGrace {
        /// The key.
        key: KeyId,
        /// The end of its grace period.
        until: Timestamp,
    },
}

fn used(last: Option<&super::facts::Use>) -> String {
    last.map_or_else(
        || "none".to_owned(),
        |last| format!("{} by {}", last.at, last.service),
    )
}

/// The relation of the second key to the working key.
enum Other {
    /// The previous key: the rotation that replaced it did not end.
    Before,
    /// A newer key that was stored and rolled back.
    TakenBack,
    /// A newer key that was never stored and never used except in proofs.
    Orphan,
    /// Inactive.
    Inactive,
    /// A key that another program may use.
    Foreign,
}

/// Plans the steps.
///
/// Every state with a working key results in a plan or in an error that requires a person to
/// decide. At every point of each plan, the latest or the previous version of the parameters
/// contains an active key.
///
/// # Errors
///
/// [`PlanError`] if a step would remove a key that another program may use.
pub fn plan(request: &RotateRequest, facts: &Facts) -> Result<Plan, PlanError> {
    let current = facts
        .current_slot()
        .ok_or_else(|| PlanError::NotListed(KeyId::from(&facts.current)))?;
    if let StoredState::Half(new) = &facts.stored {
        let steps = vec![Step::Adopt(new.clone()), Step::ReadBack];
        let made = facts.others().find(|slot| slot.id.as_str() == new.id());
        let made = made.map_or(facts.now, |slot| slot.created);
        return Ok(finish(request, steps, &current.id, made));
    }
    let mut steps = Vec::new();
    if matches!(facts.stored, StoredState::Stale) {
        steps.push(Step::Restore);
    }
    let is_due = facts.now >= later(current.created, request.min_age);
    let mut kept = None;
    for other in facts.others() {
        match kind(current, other) {
            Other::Before => {
                steps.push(Step::ReadBack);
                return Ok(finish(request, steps, &other.id, current.created));
            }
            Other::TakenBack | Other::Orphan => {
                let until = later(other.created, request.orphan_age);
                if facts.now < until {
                    let key = other.id.clone();
                    return Ok(Plan {
                        purpose: Purpose::Await,
                        steps: vec![Step::Await { key, until }],
                        kept: None,
                    });
                }
                steps.push(Step::DeleteOrphan(other.id.clone()));
            }
            Other::Inactive => {
                let replaced = current.created.max(other.created);
                let until = later(replaced, request.grace);
                let key = other.id.clone();
                if facts.now >= until {
                    steps.push(Step::DeleteOld(key));
                } else if is_due {
                    return Err(PlanError::InGrace { key, until });
                } else {
                    kept = Some(Kept { key, until });
                }
            }
            Other::Foreign if is_due => {
                return Err(PlanError::UnknownActiveKey {
                    key: other.id.clone(),
                    last_use: other.last_used.clone(),
                });
            }
            Other::Foreign => {}
        }
    }
    if !is_due {
        let purpose = if steps.is_empty() {
            Purpose::Nothing
        } else {
            Purpose::CleanUp
        };
        return Ok(Plan {
            purpose,
            steps,
            kept,
        });
    }
    steps.extend([Step::Create, Step::Prove, Step::Store, Step::ReadBack]);
    Ok(Plan {
        purpose: Purpose::Rotate,
        ..finish(request, steps, &current.id, facts.now)
    })
}

/// Returns the last steps of every rotation: the previous key is deactivated, then deleted.
///
/// * `made`: the creation time of the new key, which the grace period starts at.
fn finish(request: &RotateRequest, mut steps: Vec<Step>, before: &KeyId, made: Timestamp) -> Plan {
    steps.push(Step::Deactivate(before.clone()));
    let key = before.clone();
    let kept = if request.grace.is_zero() {
        steps.push(Step::DeleteOld(key));
        None
    } else {
        let until = later(made, request.grace);
        Some(Kept { key, until })
    };
    Plan {
        purpose: Purpose::Finish,
        steps,
        kept,
    }
}

fn kind(current: &Slot, other: &Slot) -> Other {
    if other.status == SlotStatus::Inactive {
        return Other::Inactive;
    }
    match (current.first_stored, other.first_stored) {
        // Versions are in order even if both keys were created in the same second.
        (Some(current), Some(other)) if other < current => Other::Before,
        (_, Some(_)) if other.created < current.created => Other::Before,
        (_, Some(_)) => Other::TakenBack,
        (_, None) if other.created >= current.created && is_unused(other) => Other::Orphan,
        (_, None) => Other::Foreign,
    }
}

/// Returns true if only the proofs of a rotation can have used a key.
fn is_unused(slot: &Slot) -> bool {
    slot.last_used
        .as_ref()
        .is_none_or(|used| used.at <= later(slot.created, PROOF_TIME))
}

pub(super) fn later(moment: Timestamp, time: Duration) -> Timestamp {
    let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Timestamp(moment.0.saturating_add(time))
}
