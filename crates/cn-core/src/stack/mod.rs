//! CloudFormation as it is: stacks, change sets, events, and polling them.
//!
//! Nothing here knows what a deployment wants. Facts are read, operations are
//! followed, and what the service reports is told as [`Event`]s.
//!
//! | module | holds |
//! | --- | --- |
//! | `name` | names of stacks and change sets, tags |
//! | [`status`] | every status of a stack: one table |
//! | `change` | one change of a change set |
//! | `resource_status` | the statuses of resources and hooks |
//! | `word` | enums of the words that CloudFormation uses |
//! | `event` | stack events, and progress as it is reported |
//! | `express` | Express mode, and what goes on after an operation |
//! | `facts` | a stack |
//! | `change_set` | a change set, with those of nested stacks |
//! | `validation` | what the service finds wrong with a change set |
//! | `template` | the template a stack has |
//! | `newest` | the newest operation of a stack |
//! | `pace` | intervals, deadline, retries of a poll |
//! | `redact` | all of these without secrets |
//! | `feed` | the events of one operation, nested stacks included |
//! | `follow` | an operation, to its end |
//! | `ready` | what goes on after an operation in Express mode |

mod change;
pub(crate) mod change_set;
mod event;
mod express;
pub(crate) mod facts;
mod feed;
pub(crate) mod follow;
pub(crate) mod name;
pub(crate) mod newest;
pub mod outputs;
pub(crate) mod pace;
pub(crate) mod ready;
mod redact;
mod resource_status;
pub mod status;
pub(crate) mod template;
pub(crate) mod validation;
pub(crate) mod word;

pub use crate::timestamp::Timestamp;
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
pub use pace::{Pace, TimeLimits};
pub use resource_status::{HookStatus, ResourceStatus};
pub use status::StackStatus;
pub use validation::{Detail, FailureMode, Validation};

pub(crate) use redact::{redacted_changes, redacted_events};
