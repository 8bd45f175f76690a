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

mod attach;
mod create;
mod discard;
mod error;
mod execute;
mod facts;
pub mod gate;
mod interrupt;
mod judge;
mod outcome;
pub mod params;
mod plan;
mod propose;
mod proposed;
pub mod request;
mod steps;
mod upload;

#[cfg(test)]
pub(crate) mod tests;

pub use attach::{Attached, attach};
pub use discard::{Discarded, cancel, discard};
pub use error::{Aftermath, DeployError};
pub use execute::{conclude, execute, withdraw};
pub use facts::{Facts, read};
pub use gate::{Gate, GateKind, Refusal};
pub use interrupt::{CleanedUp, Cleanup, Done, Remains, Watch};
pub use judge::{Approved, Denied, Proposal, Verdict, judge};
pub use outcome::{End, Outcome};
pub use params::Setting;
pub use plan::{
    ChangeSetSpec, Execution, Plan, ReasonError, StackSettings, Step, StuckError, TemplateRef,
    check, plan,
};
pub use propose::{Clients, Proposed, propose};
pub use proposed::{ProposedError, ReviewedChangeSet, Unusable, proposed};
pub use request::{
    Confidential, DeclaredParameter, Mode, OnFailure, ParameterOverride, Request, RollbackAlarms,
    RollbackTrigger, StackPolicy, TemplateBucket, TemplateParameters,
};
