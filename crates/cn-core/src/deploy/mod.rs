//! Deploying a template as a stack.
//!
//! ```text
//! Given ──gather──► Request ──read──► Facts ──plan──► Plan ──propose──► Proposal
//!                                         Outcome ◄──conclude── Verdict ◄──judge──┘
//! ```
//!
//! CloudFormation computes the changes in the middle of a deployment, so there are two decisions:
//! [`plan`](plan()) uses the current stack, [`Proposal::judge`] the changes of the change set. Both
//! are pure.
//!
//! | function | effect |
//! | --- | --- |
//! | [`inputs::gather`](crate::inputs::gather()) | reads files and SSM parameters into a [`Request`] |
//! | [`read`] | reads the stack, and waits for a running operation if requested |
//! | [`plan`](plan()) | decides the steps (pure) |
//! | [`propose`](propose()) | takes the steps, up to a change set whose changes are known |
//! | [`ReviewedChangeSet::read`] | reads a change set that a person has reviewed |
//! | [`Proposal::judge`] | applies the gates to the changes (pure) |
//! | [`Verdict::conclude`] | executes an approved change set, leaves it for review, or withdraws it |
//! | [`Outcome::wait_ready`] | waits for resources that Express mode completes in the background |
//! | [`attach`](attach()) | follows the newest operation of a stack |
//!
//! [`Watch`] knows at every moment what an interrupted run would leave behind, and what to clean up
//! first.
//!
//! This module reads no clock for a decision, draws no random numbers, prints nothing, and never
//! deletes a stack that was ever complete.

mod attach;
mod create;
mod discard;
mod error;
mod execute;
mod facts;
mod gate;
mod interrupt;
mod judge;
mod outcome;
pub(crate) mod params;
pub(crate) mod plan;
mod propose;
mod proposed;
mod ready;
pub(crate) mod request;
mod steps;
pub(crate) mod stored;
pub(crate) mod upload;

#[cfg(test)]
pub(crate) mod tests;

pub use attach::attach;
pub use error::{DeployError, DeployStep};
pub use facts::{Facts, read};
pub use gate::{Gate, GateKind, Refusal};
pub use interrupt::{CleanedUp, Leftovers, Prepared, Watch};
pub use judge::{Proposal, Verdict};
pub use outcome::{End, Outcome};
pub use params::ParameterValue;
pub(crate) use plan::check;
pub use plan::{ChangeSetSpec, Plan, StackSettings, StuckError, TemplateRef, plan};
pub use propose::{Clients, Proposed, propose};
pub use proposed::{ProposedError, ReviewedChangeSet, Unusable};
pub(crate) use request::TemplateParameters;
pub use request::{
    Completion, Confidential, Mode, OnFailure, ParameterOverride, Request, RollbackTrigger,
    StackPolicy, TemplateBucket,
};
