//! Steps of a rotation that fail.

use std::time::Duration;

use crate::call::CallError;
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
