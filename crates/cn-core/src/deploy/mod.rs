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
//! | [`compare`] | whether stacks of several regions run the same (pure, but for reading them) |
//! | `drift` | what was changed behind the stack's back |
//! | `verify` | whether the stack has the template it was given, and its functions their code |
//! | `location` | templates that lie in S3 already |
//! | [`gate`] | changes refused before they happen (pure) |
//! | [`event`] | what is told on the way |
//! | `cause` | which failure came first (pure) |
//! | `function_log` | what the function of a failed custom resource has logged |
//! | `outcome` | how it ended |
//! | [`report`] | what became of every resource, for reports (pure) |
//!
//! Nothing here reads a clock for a decision, draws random numbers, prints,
//! or deletes a stack that was ever complete.

mod apply;
mod attach;
mod cause;
pub mod changeset;
pub mod compare;
mod drift;
mod error;
pub mod event;
mod facts;
mod feed;
mod follow;
mod function_log;
pub mod gate;
pub mod hint;
pub mod inputs;
mod location;
mod outcome;
pub mod params;
mod plan;
pub mod report;
pub mod request;
mod reviewed;
pub mod state;
mod upload;
mod verify;
mod wait;

#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;

pub use apply::{Clients, apply, apply_reviewed};
pub use attach::attach;
pub use cause::{Cause, cause};
pub use changeset::{Change, ChangeDetail, Discarded, cancel, discard};
pub use drift::{Drift, DriftedResource, PropertyDrift, drift};
pub use error::DeployError;
pub use event::{Event, Hook, Progress, ResourceEvent, Timestamp};
pub use facts::{Facts, Output, StackFacts, read};
pub use function_log::{FunctionLog, LogPlace, log_place, read_log};
pub use gate::{Gate, GateKind, Refusal};
pub use location::{FetchError, fetch_template};
pub use outcome::{Detail, End, Outcome};
pub use params::Setting;
pub use plan::{
    ChangeSetKind, ChangeSetSpec, Plan, Planned, StackSettings, Step, StuckError, TemplateRef,
    Then, check, plan,
};
pub use request::{
    ChangeSetName, DeclaredParameter, Mode, OnFailure, ParameterOverride, REVISION_TAG, Request,
    RollbackAlarms, RollbackTrigger, StackName, StackPolicy, Tag, TemplateBucket,
    TemplateParameters, Waits,
};
pub use reviewed::{
    ReviewedError, ReviewedFacts, ReviewedPlan, ReviewedRequest, plan_reviewed, read_reviewed,
};
pub use state::StackStatus;
pub use verify::{CodeCheck, CodeClients, Difference, OtherCode, verify_code, verify_template};
