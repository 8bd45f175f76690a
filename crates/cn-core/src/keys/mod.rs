//! The access key of the target's user: storing it, reading its state, rotating and revoking it.
//!
//! A rotation, [`Keeper::rotate`], is `read → plan → apply`. [`Keeper::read`] finds the working key
//! among the versions of the parameters and lists both of the user's key slots. [`plan`] decides,
//! without I/O, the steps from there to a completed or cleanly undone rotation. [`Keeper::apply`]
//! executes them.
//!
//! A run may end at any point, even by SIGKILL: the latest or the previous version of the
//! parameters always contains an active key, and the next run finds an unfinished rotation and
//! completes or undoes it.

mod age;
mod apply;
mod clients;
mod error;
mod facts;
mod open;
mod plan;
mod proof;
mod put;
mod read;
mod revoke;
mod store;

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;

pub use age::KeySince;
pub use apply::{Event, FailedState, Outcome, RotateError};
pub(crate) use clients::KeyClients;
pub use error::StepError;
pub use facts::{Facts, KeyId, Slot, SlotStatus, Use, UserName};
pub use plan::{Kept, Plan, PlanError, Purpose, RotateRequest, Step, plan};
pub use proof::Pacing;
pub use put::{Put, PutError, PutRequest};
pub use read::{Keeper, ReadError};
pub use revoke::{RevokeError, Revoked, Revoker};
