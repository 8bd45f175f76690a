//! Executing a change set that a person has reviewed.

use aws_sdk_cloudformation::Client;

use super::error::DeployError;
use super::gate::Gate;
use super::plan::{ReasonError, StackSettings};
use super::request::OnFailure;
use crate::call::CallErrorKind;
use crate::stack::change_set::{self, ChangeSetFacts};
use crate::stack::{ChangeSetKind, ChangeSetName, StackName, Waits, facts};

/// Which change set is to be executed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedRequest {
    /// Its ARN, or its name together with the stack's.
    pub change_set: String,
    /// The stack; may be absent when the change set is named by its ARN.
    pub stack: Option<StackName>,
    /// Marks every request and event of this run.
    pub token: ChangeSetName,
    /// What becomes of a failed operation; [`OnFailure::Delete`] only as the
    /// change set was made with.
    pub on_failure: OnFailure,
    /// Whether a rollback also deletes new resources whose policy would retain them.
    pub retain_except_on_create: bool,
    /// What is set besides.
    pub settings: StackSettings,
    /// Changes that must not happen all the same.
    pub gates: Vec<Gate>,
    /// How long and how often to ask.
    pub waits: Waits,
}

/// A reviewed change set as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedFacts {
    pub(super) change_set: ChangeSetFacts,
    pub(super) is_new_stack: bool,
}

/// What executing a reviewed change set comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedPlan {
    /// The stack.
    pub stack: StackName,
    /// Whether the stack is made or changed.
    pub kind: ChangeSetKind,
    /// Marks every request and event of this run.
    pub token: ChangeSetName,
    /// Sent as it is; absent when the change set itself says what happens on failure.
    pub disable_rollback: Option<bool>,
    /// Whether a rollback also deletes new resources whose policy would retain them.
    pub retain_except_on_create: bool,
    /// What is set besides: before an update, after a creation.
    pub settings: StackSettings,
    /// Changes for which nothing is executed.
    pub gates: Vec<Gate>,
    /// How long and how often to ask.
    pub waits: Waits,
    pub(super) change_set: ChangeSetFacts,
}

/// A change set that cannot be executed any more, or never could.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change set `{change_set}` cannot be executed")]
pub struct ReviewedError {
    /// The change set's name or ARN, as it was asked for.
    pub change_set: String,
    /// Why.
    #[source]
    pub reason: ReasonError,
    /// What a person can do.
    pub advice: String,
}

/// Reads the change set and its stack; none when there is no such change set.
///
/// # Errors
///
/// When they cannot be read.
pub async fn read_reviewed(
    client: &Client,
    request: &ReviewedRequest,
) -> Result<Option<ReviewedFacts>, DeployError> {
    let what = format!("read change set `{}`", request.change_set);
    let stack = request.stack.as_ref().map_or("", StackName::as_str);
    let found = match change_set::describe_in(client, stack, &request.change_set).await {
        Ok(found) => found,
        Err(error) if error.kind == CallErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DeployError::new(what, error)),
    };
    let stack = facts::describe(client, &found.stack_id).await;
    let stack = stack.map_err(|source| DeployError::new(what, source))?;
    let is_new_stack = stack.is_some_and(|stack| stack.status.as_str() == "REVIEW_IN_PROGRESS");
    Ok(Some(ReviewedFacts {
        change_set: found,
        is_new_stack,
    }))
}

/// Decides whether the change set can still be executed.
///
/// # Errors
///
/// When it is gone, was executed already, or the stack has changed since.
pub fn plan_reviewed(
    request: &ReviewedRequest,
    facts: Option<ReviewedFacts>,
) -> Result<ReviewedPlan, ReviewedError> {
    let refuse = |reason: &str, advice: &str| ReviewedError {
        change_set: request.change_set.clone(),
        reason: ReasonError(reason.to_owned()),
        advice: advice.to_owned(),
    };
    let anew = "make a new one with `--no-execute-changeset`, and have it reviewed";
    let Some(facts) = facts else {
        return Err(refuse(
            "there is no such change set: it was removed, or another one of its stack was executed",
            anew,
        ));
    };
    let found = &facts.change_set;
    match found.execution.as_str() {
        "AVAILABLE" => {}
        "OBSOLETE" => return Err(refuse("the stack has changed since it was made", anew)),
        "EXECUTE_IN_PROGRESS" => {
            return Err(refuse(
                "it is being executed",
                "follow it with `cn-deploy --attach`",
            ));
        }
        "EXECUTE_COMPLETE" | "EXECUTE_FAILED" => {
            return Err(refuse(
                "it has been executed",
                "see how that went with `cn-deploy --attach`",
            ));
        }
        _ if found.is_pending() => {
            return Err(refuse("it is still being made", "run again in a minute"));
        }
        _ => {
            let said = found.reason.as_deref();
            return Err(refuse(said.unwrap_or("it was never usable"), anew));
        }
    }
    let kind = if facts.is_new_stack {
        ChangeSetKind::Create
    } else {
        ChangeSetKind::Update
    };
    let stack = found.stack_id.parse().map_err(|_| {
        refuse(
            "it belongs to no stack",
            "check the change set's ARN in the console",
        )
    })?;
    if request.stack.as_ref().is_some_and(|named| *named != stack) {
        return Err(refuse(
            &format!("it belongs to stack `{stack}`"),
            "leave `--stack-name` out, or name that stack",
        ));
    }
    Ok(ReviewedPlan {
        stack,
        kind,
        token: request.token.clone(),
        disable_rollback: (!found.decides_on_failure)
            .then_some(request.on_failure == OnFailure::Keep),
        retain_except_on_create: request.retain_except_on_create,
        settings: request.settings.clone(),
        gates: request.gates.clone(),
        waits: request.waits,
        change_set: facts.change_set,
    })
}
