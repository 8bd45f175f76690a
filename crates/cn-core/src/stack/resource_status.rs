//! Statuses of resources and hooks.

use super::word::words;

words! {
    /// The status of a resource, or of a stack in its own events.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `ResourceStatus` and `StackStatus`.
    pub enum ResourceStatus {
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        CreateInProgress = "CREATE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteSkipped = "DELETE_SKIPPED",
        ExportComplete = "EXPORT_COMPLETE",
        ExportFailed = "EXPORT_FAILED",
        ExportInProgress = "EXPORT_IN_PROGRESS",
        ExportRollbackComplete = "EXPORT_ROLLBACK_COMPLETE",
        ExportRollbackFailed = "EXPORT_ROLLBACK_FAILED",
        ExportRollbackInProgress = "EXPORT_ROLLBACK_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportFailed = "IMPORT_FAILED",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateFailed = "UPDATE_FAILED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
    }
}

impl ResourceStatus {
    /// Returns true if the resource failed.
    ///
    /// Like the other methods, this one tests parts of CloudFormation's status names, so that it
    /// also works for a status that this version does not know.
    pub fn is_failed(&self) -> bool {
        self.as_str().ends_with("_FAILED")
    }

    /// Returns true if the status will change.
    pub fn is_in_progress(&self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS")
    }

    /// Returns true if an operation reached its end, including the end of a rollback.
    pub fn is_complete(&self) -> bool {
        self.as_str().ends_with("_COMPLETE")
    }

    /// Returns true if an earlier state is being restored, or was.
    pub fn is_rollback(&self) -> bool {
        self.as_str().contains("ROLLBACK")
    }

    /// Returns true if replaced or removed resources are being deleted.
    pub(crate) fn is_cleanup(&self) -> bool {
        self.as_str().contains("CLEANUP")
    }
}

words! {
    /// The result of a hook for a resource.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `HookStatus`.
    pub enum HookStatus {
        CompleteFailed = "HOOK_COMPLETE_FAILED",
        CompleteSucceeded = "HOOK_COMPLETE_SUCCEEDED",
        Failed = "HOOK_FAILED",
        InProgress = "HOOK_IN_PROGRESS",
    }
}

impl HookStatus {
    /// Returns true if the hook refuses the resource, or could not run.
    pub fn is_failed(&self) -> bool {
        match self {
            Self::CompleteFailed | Self::Failed => true,
            Self::CompleteSucceeded | Self::InProgress => false,
            Self::Other(word) => word.ends_with("_FAILED"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::word::assert_words;
    use aws_sdk_cloudformation::types as wire;

    #[test]
    fn every_status_of_the_service_is_known() {
        let mut values = wire::ResourceStatus::values().to_vec();
        values.extend(wire::StackStatus::values());
        assert_words(ResourceStatus::WORDS, &values);
        assert_words(HookStatus::WORDS, wire::HookStatus::values());
    }

    #[test]
    fn words_come_back_as_they_were() {
        for word in ResourceStatus::WORDS.iter().chain(&["", "NEW_FAILED"]) {
            assert_eq!(ResourceStatus::new(*word).as_str(), *word);
        }
        assert_eq!(
            ResourceStatus::new("DELETE_SKIPPED"),
            ResourceStatus::DeleteSkipped
        );
        let new = ResourceStatus::new("NEW_FAILED");
        assert_eq!(new, ResourceStatus::Other("NEW_FAILED".to_owned()));
        assert!(new.is_failed() && !new.is_in_progress());
        assert!(HookStatus::new("HOOK_NEW_FAILED").is_failed());
    }

    #[test]
    fn a_status_fills_the_column_of_a_table() {
        assert_eq!(format!("{:<8}|", ResourceStatus::new("DONE")), "DONE    |");
    }
}
