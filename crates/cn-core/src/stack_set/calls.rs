//! Parts shared by all calls: the caller, and error codes.

use aws_sdk_cloudformation::types::CallAs;

/// An operation with this ID already exists.
pub(super) const ID_EXISTS: &str = "OperationIdAlreadyExistsException";
/// Another operation is running.
pub(super) const IN_PROGRESS: &str = "OperationInProgressException";
/// The StackSet does not exist.
pub(super) const NO_SET: &str = "StackSetNotFoundException";
/// The operation does not exist.
pub(super) const NO_OPERATION: &str = "OperationNotFoundException";

/// Returns the caller for a delegated administrator.
///
/// `None` otherwise: with self-managed permissions, the service accepts no other caller.
pub(super) fn call_as(is_delegated: bool) -> Option<CallAs> {
    is_delegated.then_some(CallAs::DelegatedAdmin)
}
