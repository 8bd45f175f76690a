//! CloudFormation's values for StackSets.

use crate::stack::word::words;

words! {
    /// The status of an operation on a StackSet.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `StackSetOperationStatus`.
    pub enum OperationStatus {
        Failed = "FAILED",
        Queued = "QUEUED",
        Running = "RUNNING",
        Stopped = "STOPPED",
        Stopping = "STOPPING",
        Succeeded = "SUCCEEDED",
    }
}

impl OperationStatus {
    /// Returns true if the operation has ended.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Failed | Self::Stopped | Self::Succeeded)
    }
}

words! {
    /// The kind of an operation on a StackSet.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `StackSetOperationAction`.
    pub enum OperationAction {
        Create = "CREATE",
        Delete = "DELETE",
        DetectDrift = "DETECT_DRIFT",
        Update = "UPDATE",
    }
}

words! {
    /// The result of an operation in one account and region.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `StackSetOperationResultStatus`.
    pub enum ResultStatus {
        Cancelled = "CANCELLED",
        Failed = "FAILED",
        Pending = "PENDING",
        Running = "RUNNING",
        Succeeded = "SUCCEEDED",
    }
}

impl ResultStatus {
    /// Returns true if the operation has ended in the account and region.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed | Self::Succeeded)
    }
}

words! {
    /// The status of an instance, compared with its StackSet.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `StackInstanceStatus`.
    pub(super) enum InstanceStatus {
        Current = "CURRENT",
        Inoperable = "INOPERABLE",
        Outdated = "OUTDATED",
    }
}

words! {
    /// The origin of the roles that a StackSet needs.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `PermissionModels`.
    pub enum PermissionModel {
        SelfManaged = "SELF_MANAGED",
        ServiceManaged = "SERVICE_MANAGED",
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types;

    use super::*;
    use crate::stack::word::assert_words;

    #[test]
    fn every_word_of_the_service_has_a_variant() {
        assert_words(
            OperationStatus::WORDS,
            types::StackSetOperationStatus::values(),
        );
        assert_words(
            OperationAction::WORDS,
            types::StackSetOperationAction::values(),
        );
        assert_words(
            ResultStatus::WORDS,
            types::StackSetOperationResultStatus::values(),
        );
        assert_words(InstanceStatus::WORDS, types::StackInstanceStatus::values());
        assert_words(PermissionModel::WORDS, types::PermissionModels::values());
    }
}
