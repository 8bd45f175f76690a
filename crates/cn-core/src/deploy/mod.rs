//! Deploying a template as a stack: read, decide, act, and say what happened.
//!
//! ```text
//! Request ──► read ──► Facts ──► plan ──► Plan ──► apply ──► Outcome
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`request`] | what is wanted, valid by construction |
//! | [`state`] | what every status of a stack means: one table |
//! | `facts` | what is read before deciding |
//! | [`params`] | which parameters are sent (pure) |
//! | `plan` | the steps (pure) |
//! | `apply` | taking them |
//! | [`changeset`] | making, reading and removing change sets |
//! | [`inputs`] | parameters and tags as people write them (pure) |
//! | [`gate`] | changes refused before they happen (pure) |
//! | [`event`] | what is told on the way |
//! | `cause` | which failure came first (pure) |
//! | `outcome` | how it ended |
//! | [`report`] | what became of every resource, for reports (pure) |
//!
//! Nothing here reads a clock for a decision, draws random numbers, prints,
//! or deletes a stack that was ever complete.

mod apply;
mod attach;
mod cause;
pub mod changeset;
mod error;
pub mod event;
mod facts;
mod feed;
mod follow;
pub mod gate;
pub mod hint;
pub mod inputs;
mod outcome;
pub mod params;
mod plan;
pub mod report;
pub mod request;
mod reviewed;
pub mod state;
mod upload;
mod wait;

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;

pub use apply::{Clients, apply, apply_reviewed};
pub use attach::attach;
pub use cause::{Cause, cause};
pub use changeset::{Change, ChangeDetail, cancel, discard};
pub use error::DeployError;
pub use event::{Event, Hook, Progress, ResourceEvent, Timestamp};
pub use facts::{Facts, Output, StackFacts, read};
pub use gate::{Gate, GateKind, Refusal};
pub use outcome::{Detail, End, Outcome};
pub use params::Setting;
pub use plan::{
    ChangeSetKind, ChangeSetSpec, Plan, Planned, Step, StuckError, TemplateRef, Then, check, plan,
};
pub use request::{
    ChangeSetName, DeclaredParameter, Mode, OnFailure, ParameterOverride, Request, StackName, Tag,
    TemplateBucket, TemplateParameters, Waits,
};
pub use reviewed::{
    ReviewedError, ReviewedFacts, ReviewedPlan, ReviewedRequest, plan_reviewed, read_reviewed,
};
pub use state::StackStatus;
