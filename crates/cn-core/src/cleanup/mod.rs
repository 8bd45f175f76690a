//! Cleans up a deployment in AWS: its stack, artifacts, parameters and key.
//!
//! A cleanup is `read → plan → apply`. [`read`] takes an inventory. [`plan`] decides, without I/O,
//! what to delete, what to keep and what blocks the cleanup. [`Plan::approve`] returns the plan for
//! execution if nothing blocks it. [`apply`] deletes what the plan lists. *Nothing outside the plan
//! is ever deleted, and artifacts that came into use since the plan was made stay.*
//!
//! An artifact is needed if a template of a live stack references it, or if any text that
//! CloudFormation has about a live stack mentions its key.
//!
//! A run may end at any point: the next run finds what is left.

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
pub use facts::{Facts, Resource, StackTree, Unseen};

pub use inventory::{Upload, Version};
pub use outcome::{Event, Outcome};
pub use plan::{Approved, Blocked, Blocker, Deletion, Kept, Plan, Reason, plan};
pub use read::read;
pub use request::{Access, Artifacts, Request};
