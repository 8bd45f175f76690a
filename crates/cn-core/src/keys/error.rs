//! Steps of a rotation that fail.

use std::time::Duration;

use crate::advice::Advice;
use crate::call::{CallError, CallErrorKind};
use crate::parameter::ParameterError;

/// The reason why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A request failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The parameters cannot be read back.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// Some endpoint did not accept the key within the time limit.
    #[error("{endpoint} did not accept access key `{key}` in {} s", patience.as_secs())]
    Proof {
        /// The key's identifier.
        key: String,
        /// The last service that refused it, such as `IAM`.
        endpoint: String,
        /// The time limit of the proof.
        patience: Duration,
        /// The last refusal.
        source: CallError,
    },
    /// The parameters contain another key than the one that was written.
    #[error(
        "the parameters hold a different key than the one just written: another program writes them"
    )]
    Overwritten,
}

/// The actions that a user needs on itself so that its key can rotate.
const OWN_ACTIONS: &[&str] = &[
    "CreateAccessKey",
    "ListAccessKeys",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "GetAccessKeyLastUsed",
];

impl StepError {
    /// Returns the next steps after a failed request.
    pub fn advice(&self) -> Vec<Advice> {
        match self {
            Self::Call(call) => advice_on(call),
            _ => Vec::new(),
        }
    }
}

/// Returns the next steps after a request that a key's own user sent.
pub(super) fn advice_on(call: &CallError) -> Vec<Advice> {
    let is_own = call.kind == CallErrorKind::Denied && call.service == "iam";
    let own = Advice::AllowOnItself {
        actions: OWN_ACTIONS,
    };
    call.advice()
        .into_iter()
        .chain(is_own.then_some(own))
        .collect()
}
