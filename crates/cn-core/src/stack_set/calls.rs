//! The parts that all calls have: the caller, and error codes.

use aws_sdk_cloudformation::types::CallAs;

/// An operation of this ID exists.
pub(super) const ID_EXISTS: &str = "OperationIdAlreadyExistsException";
/// Another operation runs.
pub(super) const IN_PROGRESS: &str = "OperationInProgressException";
/// There is no such StackSet.
pub(super) const NO_SET: &str = "StackSetNotFoundException";
/// There is no such operation.
pub(super) const NO_OPERATION: &str = "OperationNotFoundException";

/// Absent with self-managed permissions, where the service knows nothing else.
pub(super) fn call_as(is_delegated: bool) -> Option<CallAs> {
    is_delegated.then_some(CallAs::DelegatedAdmin)
}
