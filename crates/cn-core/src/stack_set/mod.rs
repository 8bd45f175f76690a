//! Deploying a template to many accounts and regions as a CloudFormation StackSet.
//!
//! ```text
//! Request ──read──► Facts ──plan──► Plan ──apply──► Outcome
//!                                       attach ───────┘
//! ```
//!
//! | function | effect |
//! | --- | --- |
//! | [`read`] | reads the StackSet and its instances, and waits for a running operation if requested |
//! | [`plan`](plan()) | decides what to create and update (pure) |
//! | [`apply`] | creates or updates the StackSet, creates missing instances, follows each operation |
//! | [`attach`](attach()) | follows an operation that another run started |
//!
//! One update changes every instance of the StackSet, because it has one template. Afterwards,
//! requested instances that do not exist are created. No instance is ever deleted.
//!
//! This library chooses the ID of every operation, and the service accepts each ID only once, so a
//! request that got no answer can be sent again. CloudFormation computes no change set for a
//! StackSet, so there are no gates.

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
mod stored;
mod wire;

pub use apply::apply;
pub use attach::attach;
pub use error::{StackSetError, StackSetStep};
pub use facts::{Facts, read};
pub use outcome::{End, Event, InstanceResult, Leftovers, Operation, Outcome};
pub use plan::{BusyError, Creation, Plan, Scope, SetStep, plan};
pub use request::{
    AccountFilter, AutoDeployment, OrganizationalUnit, Permissions, Place, Preferences, Request,
    Share, StackSetName, Targets,
};
pub use status::{OperationAction, OperationStatus, PermissionModel, ResultStatus};
