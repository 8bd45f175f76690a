//! A change set that was created earlier and reviewed by a person.

use aws_sdk_cloudformation::Client;
use tokio::time::Instant;

use super::error::{DeployError, DeployStep};
use super::judge::Proposal;
use super::plan::{Execution, StackSettings};
use super::request::{Confidential, Mode, OnFailure};
use crate::call::CallErrorKind;
use crate::stack::change_set::{self, ChangeSetFacts, ExecutionStatus};
use crate::stack::{ChangeSetKind, ChangeSetName, Event, StackName, StackStatus, facts};

/// A change set to execute, and the settings for its execution.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReviewedChangeSet {
    /// The change set's ARN, or its name together with the stack's.
    pub change_set: String,
    /// The stack; optional if the change set is given by its ARN.
    pub stack: Option<StackName>,
    /// Marks every request and event of this run.
    pub token: ChangeSetName,
    /// The reaction to a failed operation. [`OnFailure::Delete`] works only if the change set was
    /// created with it. Default: rollback.
    pub on_failure: OnFailure,
    /// True if a rollback also deletes new resources whose policy would retain them. Default: no.
    pub retain_except_on_create: bool,
    /// The settings that no change set can contain. Default: none.
    pub settings: StackSettings,
    /// Values to redact. Default: none.
    pub confidential: Confidential,
}

impl ReviewedChangeSet {
    /// Returns a request to execute a change set with all defaults.
    ///
    /// * `change_set`: its ARN, or its name together with `stack`.
    /// * `token`: unique among all runs.
    pub fn new(
        change_set: impl Into<String>,
        stack: Option<StackName>,
        token: ChangeSetName,
    ) -> Self {
        Self {
            change_set: change_set.into(),
            stack,
            token,
            on_failure: OnFailure::Rollback,
            retain_except_on_create: false,
            settings: StackSettings::default(),
            confidential: Confidential::default(),
        }
    }
}

/// Failure to read a change set, or to execute it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposedError {
    /// The change set or its stack could not be read.
    #[error(transparent)]
    Read(#[from] DeployError),
    /// The change set cannot be executed.
    #[error("change set `{change_set}` cannot be executed")]
    Unusable {
        /// The change set's name or ARN, as it was given.
        change_set: String,
        /// The change set's stack, if the service names it.
        stack: Option<StackName>,
        /// The reason.
        source: Unusable,
    },
}

impl ProposedError {
    /// Returns the stack of a change set that another run has executed, or is executing.
    ///
    /// [`attach`](super::attach()) follows that operation.
    ///
    /// * `named`: the stack that the change set must belong to; `None` accepts any stack.
    pub fn executed(&self, named: Option<&StackName>) -> Option<&StackName> {
        let Self::Unusable { source, stack, .. } = self else {
            return None;
        };
        let is_executed = matches!(source, Unusable::Executed | Unusable::Executing);
        let stack = stack.as_ref().filter(|_| is_executed)?;
        named.is_none_or(|named| named == stack).then_some(stack)
    }
}

/// The reason why a change set cannot be executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The change set does not exist.
    #[error("it does not exist: it was deleted, or another change set of its stack was executed")]
    Absent,
    /// Another change set has changed the stack.
    #[error("the stack has changed since the change set was created")]
    Obsolete,
    /// The change set is being executed.
    #[error("it is being executed")]
    Executing,
    /// The change set was executed.
    #[error("it has been executed")]
    Executed,
    /// CloudFormation has not computed the changes yet.
    #[error("it is still being created")]
    Pending,
    /// The change set failed; contains the service's reason.
    #[error("{0}")]
    Failed(String),
    /// The service names no stack for the change set.
    #[error("it belongs to no stack")]
    NoStack,
    /// The change set belongs to this stack, not to the given one.
    #[error("it belongs to stack `{0}`")]
    OtherStack(StackName),
}

impl ReviewedChangeSet {
    /// Reads a change set that was created earlier, so that it can be judged.
    ///
    /// # Errors
    ///
    /// [`ProposedError::Unusable`] if the change set is gone or was already executed, or if the stack
    /// has changed since; [`ProposedError::Read`] if it cannot be read.
    pub async fn read(
        &self,
        client: &Client,
        on_event: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Proposal, ProposedError> {
        let secrets = &self.confidential.secrets;
        match read(client, self).await {
            Ok(proposal) => {
                let changes = proposal.changes();
                let validation = proposal.validation();
                on_event(Event::ChangeSetReady {
                    changes,
                    validation,
                });
                Ok(proposal)
            }
            Err(ProposedError::Read(error)) => Err(error.redacted(secrets).into()),
            Err(error) => Err(error),
        }
    }
}

async fn read(client: &Client, reviewed: &ReviewedChangeSet) -> Result<Proposal, ProposedError> {
    let started = Instant::now();
    let cannot_read =
        |source| DeployStep::ReadChangeSet(reviewed.change_set.clone()).failed(source);
    let unusable = |stack, source| ProposedError::Unusable {
        change_set: reviewed.change_set.clone(),
        stack,
        source,
    };
    let stack = reviewed.stack.as_ref().map_or("", StackName::as_str);
    let mut found = match change_set::describe_in(client, stack, &reviewed.change_set).await {
        Ok(found) => found,
        Err(error) if error.kind == CallErrorKind::NotFound => {
            return Err(unusable(None, Unusable::Absent));
        }
        Err(error) => return Err(cannot_read(error).into()),
    };
    let stack = facts::describe(client, &found.stack_id).await;
    let stack = stack.map_err(cannot_read)?;
    let is_new = stack.is_some_and(|stack| stack.status == StackStatus::ReviewInProgress);
    let secrets = reviewed.confidential.redaction(&found.masked_keys);
    let stack = usable(reviewed, &found).map_err(|why| {
        let why = match why {
            Unusable::Failed(reason) => Unusable::Failed(secrets.text(&reason)),
            why => why,
        };
        unusable(found.stack_id.parse().ok(), why)
    })?;
    found.validation = change_set::validation(client, &found, None).await;
    Ok(Proposal {
        stack,
        kind: if is_new {
            ChangeSetKind::Create
        } else {
            ChangeSetKind::Update
        },
        token: reviewed.token.clone(),
        is_ours: false,
        mode: Mode::Execute,
        execution: Execution {
            disable_rollback: (!found.decides_on_failure && found.express.is_none())
                .then_some(reviewed.on_failure == OnFailure::Keep),
            retain_except_on_create: reviewed.retain_except_on_create,
            settings: reviewed.settings.clone(),
        },
        change_set: found,
        secrets,
        started,
    })
}

/// Checks that a change set can still be executed; returns its stack.
fn usable(reviewed: &ReviewedChangeSet, found: &ChangeSetFacts) -> Result<StackName, Unusable> {
    match found.execution {
        ExecutionStatus::Available => {}
        ExecutionStatus::Obsolete => return Err(Unusable::Obsolete),
        ExecutionStatus::ExecuteInProgress => return Err(Unusable::Executing),
        ExecutionStatus::ExecuteComplete | ExecutionStatus::ExecuteFailed => {
            return Err(Unusable::Executed);
        }
        _ if found.is_pending() => return Err(Unusable::Pending),
        _ => {
            let said = found.reason.clone();
            let said = said.unwrap_or_else(|| "it could not be created".to_owned());
            return Err(Unusable::Failed(said));
        }
    }
    let stack: StackName = found.stack_id.parse().map_err(|_| Unusable::NoStack)?;
    match &reviewed.stack {
        Some(named) if *named != stack => Err(Unusable::OtherStack(stack)),
        _ => Ok(stack),
    }
}
