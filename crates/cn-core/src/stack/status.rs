//! The meaning of each stack status for a deployment, as one table.

use super::word::words;
use crate::advice::Advice;

words! {
    /// The status of a stack.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `StackStatus`.
    pub enum StackStatus {
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        CreateInProgress = "CREATE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
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

/// The reaction of a deployment to the status of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Creates the stack with a change set of type CREATE.
    Create,
    /// Updates the stack with a change set of type UPDATE.
    Update,
    /// The stack contains nothing: it is deleted and recreated, unless that is forbidden.
    Replace,
    /// An operation is running: wait for its end if requested, otherwise stop.
    Busy,
    /// The rollback is continued if requested, otherwise a person has to act.
    Continue,
    /// Can be updated only with rollback disabled, otherwise a person has to decide.
    Paused,
    /// A person has to act; the advice names the next step.
    Stuck,
}

/// A row of the table: a status, the reaction to it, and its meaning.
struct Row {
    status: &'static str,
    reaction: Reaction,
    meaning: &'static str,
    advice: Option<Advice>,
}

const fn row(
    status: &'static str,
    reaction: Reaction,
    meaning: &'static str,
    advice: Option<Advice>,
) -> Row {
    Row {
        status,
        reaction,
        meaning,
        advice,
    }
}

const WAIT: Option<Advice> = Some(Advice::WaitWhileBusy);
const PAUSED: Option<Advice> = Some(Advice::ContinueOrRollBack);

/// Every status that CloudFormation documents, and a deployment's reaction to it.
///
/// No row deletes a stack that was ever complete: only `ROLLBACK_COMPLETE`, which a stack reaches
/// when its *creation* was rolled back, is replaced.
///
/// # Source
///
/// CloudFormation user guide, "Stack status codes" and "Choose how to handle
/// failures when provisioning resources"; API model of 2026-11,
/// `StackStatus`. The choice for each: practice of the CDK, rain, Sceptre and
/// Takomo, made cautious.
const STATES: &[Row] = &[
    row(
        "REVIEW_IN_PROGRESS",
        Reaction::Create,
        "A change set reserved the name of the stack, but nothing was created yet.",
        None,
    ),
    row(
        "CREATE_COMPLETE",
        Reaction::Update,
        "The stack was created.",
        None,
    ),
    row(
        "UPDATE_COMPLETE",
        Reaction::Update,
        "The last update succeeded.",
        None,
    ),
    row(
        "UPDATE_ROLLBACK_COMPLETE",
        Reaction::Update,
        "The last update failed and was rolled back; the stack is as it was before.",
        None,
    ),
    row(
        "IMPORT_COMPLETE",
        Reaction::Update,
        "The last import succeeded.",
        None,
    ),
    row(
        "IMPORT_ROLLBACK_COMPLETE",
        Reaction::Update,
        "The last import failed and was rolled back.",
        None,
    ),
    row(
        "DELETE_COMPLETE",
        Reaction::Create,
        "The stack was deleted; only its ID can still be looked up.",
        None,
    ),
    row(
        "ROLLBACK_COMPLETE",
        Reaction::Replace,
        "The creation failed and was rolled back; CloudFormation accepts only a deletion.",
        Some(Advice::Replace),
    ),
    row(
        "CREATE_IN_PROGRESS",
        Reaction::Busy,
        "The stack is being created.",
        WAIT,
    ),
    row(
        "UPDATE_IN_PROGRESS",
        Reaction::Busy,
        "The stack is being updated.",
        WAIT,
    ),
    row(
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        Reaction::Busy,
        "The last update succeeded; replaced resources are being deleted.",
        WAIT,
    ),
    row(
        "ROLLBACK_IN_PROGRESS",
        Reaction::Busy,
        "The creation failed and is being rolled back.",
        WAIT,
    ),
    row(
        "UPDATE_ROLLBACK_IN_PROGRESS",
        Reaction::Busy,
        "The last update failed and is being rolled back.",
        WAIT,
    ),
    row(
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        Reaction::Busy,
        "The last update was rolled back; the resources that it created are being deleted.",
        WAIT,
    ),
    row(
        "DELETE_IN_PROGRESS",
        Reaction::Busy,
        "The stack is being deleted; afterwards it can be created again.",
        WAIT,
    ),
    row(
        "IMPORT_IN_PROGRESS",
        Reaction::Busy,
        "Resources are being imported.",
        WAIT,
    ),
    row(
        "IMPORT_ROLLBACK_IN_PROGRESS",
        Reaction::Busy,
        "An import failed and is being rolled back.",
        WAIT,
    ),
    row(
        "CREATE_FAILED",
        Reaction::Paused,
        "The creation failed, and successful resources were kept.",
        PAUSED,
    ),
    row(
        "UPDATE_FAILED",
        Reaction::Paused,
        "The last update failed, and successful resources were kept.",
        PAUSED,
    ),
    row(
        "ROLLBACK_FAILED",
        Reaction::Stuck,
        "The creation failed and could not be rolled back; resources may still exist.",
        Some(Advice::Do(
            "list the remaining resources with `aws cloudformation list-stack-resources`, then \
             delete the stack and deploy again",
        )),
    ),
    row(
        "UPDATE_ROLLBACK_FAILED",
        Reaction::Continue,
        "The last update failed and could not be rolled back.",
        Some(Advice::ContinueRollback),
    ),
    row(
        "DELETE_FAILED",
        Reaction::Stuck,
        "The stack could not be deleted; resources still exist.",
        Some(Advice::Do(
            "remove what blocks the deletion, delete the stack, then deploy again",
        )),
    ),
    row(
        "IMPORT_ROLLBACK_FAILED",
        Reaction::Stuck,
        "An import failed and could not be rolled back.",
        Some(Advice::Do(
            "fix what blocks the rollback, run `aws cloudformation continue-update-rollback`, then \
             deploy again",
        )),
    ),
];

impl StackStatus {
    /// Returns every status that the table knows.
    pub fn known() -> impl Iterator<Item = Self> {
        STATES.iter().map(|row| Self::new(row.status))
    }

    fn row(&self) -> Option<&'static Row> {
        STATES.iter().find(|row| row.status == self.as_str())
    }

    /// Returns the meaning of a known status; a sentence.
    pub fn meaning(&self) -> Option<&'static str> {
        Some(self.row()?.meaning)
    }

    /// Returns the next step for a person when a deployment stops at a known status.
    pub fn advice(&self) -> Option<Advice> {
        self.row()?.advice
    }

    /// Returns the reaction of a deployment to a stack in this status.
    ///
    /// A status that is missing from the table is judged by its ending: `_IN_PROGRESS` is busy,
    /// `_COMPLETE` can be updated, anything else needs a person.
    pub fn reaction(&self) -> Reaction {
        match self.row() {
            Some(row) => row.reaction,
            None if self.is_in_progress() => Reaction::Busy,
            None if self.as_str().ends_with("_COMPLETE") => Reaction::Update,
            None => Reaction::Stuck,
        }
    }

    /// Returns true if an operation is running. `REVIEW_IN_PROGRESS` does not count.
    pub fn is_in_progress(&self) -> bool {
        self.as_str().ends_with("_IN_PROGRESS") && *self != Self::ReviewInProgress
    }

    /// Returns true if a creation or update with this status succeeded.
    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::UpdateCompleteCleanupInProgress
                | Self::ImportComplete
        )
    }

    /// Returns true if the stack is being deleted, was deleted, or could not be deleted.
    pub fn is_deletion(&self) -> bool {
        self.as_str().starts_with("DELETE_")
    }

    /// Returns true if only the deletion of replaced resources remains.
    pub(crate) fn is_cleanup(&self) -> bool {
        *self == Self::UpdateCompleteCleanupInProgress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::word::assert_words;
    use aws_sdk_cloudformation::types::StackStatus as Wire;

    #[test]
    fn every_status_of_the_service_has_a_variant() {
        assert_words(StackStatus::WORDS, Wire::values());
    }

    #[test]
    fn every_status_of_the_service_has_one_row() {
        for name in Wire::values() {
            let rows = STATES.iter().filter(|row| row.status == *name).count();
            assert_eq!(rows, 1, "{name}");
        }
        assert_eq!(STATES.len(), Wire::values().len());
    }

    #[test]
    fn only_a_rolled_back_creation_is_replaced() {
        let replaced: Vec<_> = STATES
            .iter()
            .filter(|row| row.reaction == Reaction::Replace)
            .map(|row| row.status)
            .collect();
        assert_eq!(replaced, ["ROLLBACK_COMPLETE"]);
    }

    #[test]
    fn whatever_stops_a_deployment_has_advice() {
        for row in STATES {
            let stops = !matches!(row.reaction, Reaction::Create | Reaction::Update);
            assert_eq!(stops, row.advice.is_some(), "{}", row.status);
        }
    }

    #[test]
    fn an_unknown_status_is_judged_by_its_ending() {
        assert_eq!(
            StackStatus::new("FOO_IN_PROGRESS").reaction(),
            Reaction::Busy
        );
        assert_eq!(
            StackStatus::new("FOO_COMPLETE").reaction(),
            Reaction::Update
        );
        assert_eq!(StackStatus::new("FOO_FAILED").reaction(), Reaction::Stuck);
    }
}
