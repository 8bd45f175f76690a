//! The root cause of a failed operation, advice, and the log of a custom resource's function.

mod cause;
mod function_log;
mod hint;

pub use cause::Cause;
pub(crate) use cause::is_cancellation;
pub use function_log::{FunctionLog, LogPlace};
pub(crate) use hint::{advice, advice_on_call};
