//! Deleting what a deployment left in AWS: a stack, its artifacts, parameters and the key.
//!
//! A clean-up is `read → plan → apply`. [`read`] takes an inventory; [`plan`] decides,
//! without I/O, what goes, what stays and what is in the way; [`Plan::approve`] opens a
//! plan with nothing in the way; [`apply`] deletes what the plan lists. *Nothing that is
//! not in the plan is ever deleted; what has come into use since is left out.*
//!
//! An artifact is needed when a template of a live stack points at it, or anything that
//! CloudFormation knows about a live stack mentions its key.
//!
//! A run may end anywhere: the next one finds what is left.

mod access;
mod apply;
mod error;
mod facts;
mod inventory;
mod needs;
mod objects;
mod outcome;
mod patience;
mod plan;
mod read;
mod request;
mod stacks;
#[cfg(test)]
mod tests;
mod tree;

pub use access::{AccessFacts, KeyFacts, RoleFacts};
pub use apply::apply;
pub use error::{CleanupError, ObjectFailure, StackFailure};
pub use facts::{Export, Facts, Resource, StackTree, Unseen};

pub use inventory::{Object, Upload, Version};
pub use outcome::{Event, Outcome};
pub use plan::{Approved, Blocked, Blocker, Deletion, Kept, Plan, Reason, plan};
pub use read::read;
pub use request::{Access, Artifacts, Request};
