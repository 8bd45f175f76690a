//! The access key of the target's user: storing it, reading its state, rotating and revoking it.
//!
//! A rotation is `read → plan → apply`. [`Keeper::read`] finds the working key among the versions
//! of the parameters and lists both of the user's key slots. [`plan`] decides, without I/O, the
//! steps from there to a completed or cleanly undone rotation. [`apply`] executes them.
//!
//! A run may end at any point, even by SIGKILL: the latest or the previous version of the
//! parameters always contains an active key, and the next run finds an unfinished rotation and
//! completes or undoes it.

mod age;
mod apply;
mod clients;
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

pub use age::{KeySince, key_since};
pub use apply::{Aftermath, Event, Outcome, RotateError, StepError, apply, rotate};
pub use clients::{KeyClients, Signers};
pub use facts::{Facts, KeyId, Slot, SlotStatus, StoredState, Use, UserName};
pub use plan::{Kept, Plan, PlanError, Purpose, RotateRequest, Step, plan};
pub use proof::{Endpoint, Pacing, ProofError};
pub use put::{KeyInputError, Put, PutError, PutRequest, parse_key, put};
pub use read::{Keeper, NoKeyReason, ReadError};
pub use revoke::{DENY_POLICY, RevokeError, Revoked, Revoker, revoke};
pub use store::Store;
