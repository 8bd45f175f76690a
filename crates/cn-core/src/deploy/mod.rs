//! Deploying a template as a stack: read, decide, act, and say what happened.
//!
//! ```text
//! Request ──► read ──► Facts ──► plan ──► Plan ──► apply ──► Outcome
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`request`] | what is wanted, valid by construction |
//! | `facts` | what is read before deciding |
//! | [`params`] | which parameters are sent (pure) |
//! | `plan` | the steps (pure) |
//! | `apply` | taking them |
//! | `create`, `discard` | making and removing change sets |
//! | [`gate`] | changes refused before they happen (pure) |
//! | `outcome` | how it ended |
//!
//! Nothing here reads a clock for a decision, draws random numbers, prints,
//! or deletes a stack that was ever complete.

mod apply;
mod attach;
mod create;
mod discard;
mod error;
mod facts;
pub mod gate;
mod outcome;
pub mod params;
mod plan;
pub mod request;
mod reviewed;
mod upload;

#[cfg(test)]
pub(crate) mod tests;

pub use apply::{Clients, apply, apply_reviewed};
pub use attach::attach;
pub use discard::{Discarded, cancel, discard};
pub use error::DeployError;
pub use facts::{Facts, read};
pub use gate::{Gate, GateKind, Refusal};
pub use outcome::{End, Outcome};
pub use params::Setting;
pub use plan::{
    ChangeSetSpec, Plan, Planned, ReasonError, StackSettings, Step, StuckError, TemplateRef, Then,
    check, plan,
};
pub use request::{
    DeclaredParameter, Mode, OnFailure, ParameterOverride, Request, RollbackAlarms,
    RollbackTrigger, StackPolicy, TemplateBucket, TemplateParameters,
};
pub use reviewed::{
    ReviewedError, ReviewedFacts, ReviewedPlan, ReviewedRequest, plan_reviewed, read_reviewed,
};
