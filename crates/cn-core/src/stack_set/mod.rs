//! Deploying a template to many accounts and regions: a StackSet of CloudFormation.
//!
//! ```text
//! Request ──read──► Facts ──plan──► Plan ──apply──► Outcome
//!                                       attach ───────┘
//! ```
//!
//! | call | does |
//! | --- | --- |
//! | [`read`] | reads the StackSet and its instances, and waits for a running operation when asked to |
//! | [`plan`](plan()) | decides what is created and what is updated (pure) |
//! | [`apply`] | creates or updates the StackSet, creates missing instances, follows each operation |
//! | [`attach`](attach()) | follows an operation that another run has started |
//!
//! One update changes every instance of the StackSet: it has one template. Instances that
//! are named and do not exist are created after it. No instance is ever deleted.
//!
//! Every operation has an ID that this library chose, which the service takes once only: a
//! request that got no answer can be sent again. CloudFormation computes no change set for
//! a StackSet, so there are no gates.

mod apply;
mod attach;
mod calls;
mod check;
mod error;
mod facts;
mod follow;
mod outcome;
mod plan;
mod request;
mod status;
mod wire;

pub use apply::apply;
pub use attach::attach;
pub use error::{StackSetError, StackSetStep};
pub use facts::{Facts, read};
pub use outcome::{End, Event, InstanceResult, Operation, Outcome, Remains};
pub use plan::{BusyError, Creation, Plan, Scope, SetStep, plan};
pub use request::{
    AccountFilter, AutoDeployment, OrganizationalUnit, Permissions, Place, Preferences, Request,
    Share, StackSetName, Targets,
};
pub use status::{OperationAction, OperationStatus, PermissionModel, ResultStatus};
