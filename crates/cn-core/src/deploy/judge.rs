//! The decision about a change set that is ready.

use std::fmt;

use tokio::time::Instant;

use super::gate::{Gate, Refusal, refusals, unrecoverable};
use super::outcome::{End, Outcome};
use super::plan::Execution;
use super::request::Mode;
use crate::secret::Secrets;
use crate::stack::change_set::ChangeSetFacts;
use crate::stack::{
    Change, ChangeSetKind, ChangeSetName, Express, ResourceEvent, StackName, Validation,
    redacted_changes,
};

/// A change set whose changes CloudFormation has computed and nobody has executed.
///
/// `Debug` redacts the changes, like [`changes`](Self::changes).
#[derive(Clone)]
pub struct Proposal {
    pub(super) stack: StackName,
    pub(super) kind: ChangeSetKind,
    /// Marks every request and event of this run; the name of the change set if the run created it.
    pub(super) token: ChangeSetName,
    pub(super) change_set: ChangeSetFacts,
    /// True if this run created the change set, and deletes it when it is not used.
    pub(super) is_ours: bool,
    pub(super) mode: Mode,
    pub(super) execution: Execution,
    pub(super) secrets: Secrets,
    pub(super) started: Instant,
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proposal")
            .field("stack", &self.stack)
            .field("kind", &self.kind)
            .field("change_set_id", &self.change_set.id)
            .field("changes", &self.changes())
            .finish_non_exhaustive()
    }
}

impl Proposal {
    /// Returns the stack's name.
    pub const fn stack(&self) -> &StackName {
        &self.stack
    }

    /// Returns the kind of the operation: creation or update.
    pub const fn kind(&self) -> ChangeSetKind {
        self.kind
    }

    /// Returns the settings of Express mode; `None` in the standard mode.
    pub const fn express(&self) -> Option<Express> {
        self.change_set.express
    }

    /// Returns everything to redact.
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Returns the change set's ARN.
    pub fn change_set_id(&self) -> &str {
        &self.change_set.id
    }

    /// Returns the redacted changes in the service's order; a nested stack precedes its changes.
    pub fn changes(&self) -> Vec<Change> {
        redacted_changes(self.change_set.changes.clone(), &self.secrets)
    }

    /// Returns the findings of the service's validation, redacted.
    pub fn validation(&self) -> Validation {
        self.change_set.validation.clone().redacted(&self.secrets)
    }

    /// Decides if a change set may be executed without a person's approval.
    ///
    /// Always refuses replacements in an Express mode update without rollback: CloudFormation would
    /// stop at them in the middle, and the stack could not be rolled back.
    ///
    /// * `gates`: the changes to refuse; usually those of the request.
    pub fn judge(self, gates: &[Gate]) -> Verdict {
        let found = &self.change_set;
        let mut refusals = refusals(gates, &found.changes, &found.validation);
        let keeps = found
            .express
            .is_some_and(|express| express.disable_rollback);
        if keeps && self.kind == ChangeSetKind::Update {
            refusals.extend(unrecoverable(&found.changes));
        }
        Verdict {
            proposal: self,
            refusals,
        }
    }

    /// Ends the run with this change set, and returns the redacted outcome.
    pub(super) fn outcome(self, end: End, events: Vec<ResourceEvent>) -> Outcome {
        let outcome = Outcome::new(
            self.stack,
            self.kind,
            self.token,
            end,
            Some(self.change_set),
            events,
            self.started,
        );
        outcome.redacted(&self.secrets)
    }
}

/// A change set and the changes that gates refuse. Only [`Proposal::judge`] creates it.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(super) proposal: Proposal,
    pub(super) refusals: Vec<Refusal>,
}

impl Verdict {
    /// Returns the change set.
    pub const fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// Returns the refused changes in the order of the changes; empty if the change set is
    /// approved.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }
}
