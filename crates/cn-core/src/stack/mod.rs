//! CloudFormation's own concepts: stacks, change sets, events, and polling them.
//!
//! Nothing here depends on the purpose of a deployment. This module reads facts, follows
//! operations, and reports the service's events as [`Event`]s.
//!
//! | module | contents |
//! | --- | --- |
//! | `name` | names of stacks and change sets, tags |
//! | `status` | every status of a stack: one table |
//! | `change` | a change in a change set |
//! | `resource_status` | the statuses of resources and hooks |
//! | `word` | enums of CloudFormation's values |
//! | `event` | stack events, and the progress of an operation |
//! | `express` | Express mode, and the background work after an operation |
//! | `facts` | a stack |
//! | `change_set` | a change set, including those of nested stacks |
//! | `validation` | the service's validation findings for a change set |
//! | `template` | a stack's template |
//! | `newest` | the newest operation of a stack |
//! | `pace` | intervals, deadline and retries of polling |
//! | `redact` | redaction of all of these |
//! | `feed` | the events of one operation, including nested stacks |
//! | `follow` | following an operation to its end |
//! | `ready` | the background work after an operation in Express mode |

mod change;
pub(crate) mod change_set;
mod event;
mod express;
pub(crate) mod facts;
mod feed;
pub(crate) mod follow;
pub(crate) mod name;
pub(crate) mod newest;
mod outputs;
pub(crate) mod pace;
pub(crate) mod ready;
mod redact;
mod resource_status;
mod status;
pub(crate) mod template;
pub(crate) mod validation;
pub(crate) mod word;

pub(crate) use change::NESTED_STACK;
pub use change::{
    Change, ChangeAction, ChangeAttribute, ChangeDetail, ChangeSetKind, ChangeSource, DriftKept,
    DriftStatus, Effect, LiveDrift, PolicyAction, PropertyValue, Recreation, Replacement,
};
pub use event::{Event, Hook, Progress, ResourceEvent, Setting};
pub(crate) use event::{in_background, is_custom, left_behind};
pub use express::{Background, Express};
pub use facts::Output;
pub(crate) use facts::StackFacts;
pub(crate) use name::REVISION_TAG;
pub use name::{ChangeSetName, StackName, Tag};
pub use pace::Pace;
pub use resource_status::{HookStatus, ResourceStatus};
pub use status::{Reaction, StackStatus};
pub use validation::{Detail, FailureMode, Validation};

pub(crate) use redact::{redacted_changes, redacted_events};
