//! The root cause of a failed operation, advice, and the log of a custom resource's function.

mod cause;
mod function_log;
mod hint;

pub(crate) use cause::is_cancellation;
pub use cause::{Cause, cause};
pub use function_log::{FunctionLog, LogError, LogPlace, log_place, read_log};
pub use hint::hint;
