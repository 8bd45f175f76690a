//! The end of a deployment.

use std::time::Duration;

use cn_template::Partition;
use tokio::time::Instant;

use super::gate::Refusal;
use crate::advice::Advice;
use crate::failure::{Cause, advice};
use crate::secret::Secrets;
use crate::stack::Reaction;
use crate::stack::change_set::ChangeSetFacts;
use crate::stack::follow::{Finish, Followed};
use crate::stack::{
    Change, ChangeSetKind, ChangeSetName, Detail, Output, ResourceEvent, StackName, StackStatus,
    Validation, in_background, left_behind, redacted_changes, redacted_events,
};

/// The outcome of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The stack's name.
    pub stack: StackName,
    /// The stack's ARN; `None` if there is no stack.
    pub stack_id: Option<String>,
    /// The kind of the operation: creation or update.
    pub kind: ChangeSetKind,
    /// The change set's name; `None` if the followed operation was started by somebody else.
    pub change_set: Option<ChangeSetName>,
    /// The result of the operation.
    pub end: End,
    /// The changes of the change set; empty if it was not read.
    pub changes: Vec<Change>,
    /// The findings of the service's validation of the change set, if they were read.
    pub validation: Validation,
    /// All events of the operation, oldest first.
    pub events: Vec<ResourceEvent>,
    /// False if the change set, or the empty stack that it created, could not be deleted.
    pub is_tidy: bool,
    /// Time from the first step to the last; if attached, from the first event to the last.
    pub elapsed: Duration,
}

impl Outcome {
    pub(super) fn new(
        stack: StackName,
        kind: ChangeSetKind,
        token: ChangeSetName,
        end: End,
        change_set: Option<ChangeSetFacts>,
        events: Vec<ResourceEvent>,
        started: Instant,
    ) -> Self {
        let has_stack = kind == ChangeSetKind::Update
            || !matches!(
                end,
                End::NoChanges { .. } | End::Previewed | End::Gated { .. } | End::Refused { .. }
            );
        let (stack_id, changes, validation) = match change_set {
            Some(facts) => (Some(facts.stack_id), facts.changes, facts.validation),
            None => (None, Vec::new(), Validation::default()),
        };
        Self {
            stack,
            stack_id: stack_id.filter(|_| has_stack),
            kind,
            change_set: Some(token),
            end,
            changes,
            validation,
            events,
            is_tidy: true,
            elapsed: started.elapsed(),
        }
    }

    /// Returns the last event of each resource that the operation could not delete in its cleanup.
    ///
    /// These resources belong to no stack any more, and may cost money.
    pub fn left_behind(&self) -> Vec<&ResourceEvent> {
        match &self.end {
            End::Done { .. }
            | End::Failed {
                status: Some(StackStatus::UpdateRollbackComplete),
                ..
            } => left_behind(&self.events),
            _ => Vec::new(),
        }
    }

    /// Returns the last event of each resource that still changes in the background.
    ///
    /// The operation is complete, and such a resource becomes ready, or is deleted.
    pub fn in_background(&self) -> Vec<&ResourceEvent> {
        match &self.end {
            End::Done { .. } => in_background(&self.events),
            _ => Vec::new(),
        }
    }

    /// Returns the next step for a person after a refused change set or a failed operation.
    ///
    /// `None` if the next deployment needs no help. The root cause has its own
    /// [`advice`](Cause::advice).
    ///
    /// * `partition`: of the stack's region.
    pub fn advice(&self, partition: Partition) -> Option<Advice> {
        let status = match &self.end {
            End::Refused { reason, details } => {
                return match details.first() {
                    Some(first) => advice(partition, &first.resource_type, &first.reason),
                    None => advice(partition, "", reason),
                };
            }
            End::Failed { status, .. } => status.as_ref()?,
            _ => return None,
        };
        let is_stopped = matches!(
            status.reaction(),
            Reaction::Continue | Reaction::Paused | Reaction::Stuck
        );
        status.advice().filter(|_| is_stopped)
    }
}

/// The ways in which a deployment ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The stack matches the template.
    Done {
        /// The stack's outputs, sorted by key.
        outputs: Vec<Output>,
        /// True if replaced resources are still being deleted.
        is_cleaning_up: bool,
    },
    /// The stack is deleted, as somebody requested.
    Deleted,
    /// There were no changes.
    NoChanges {
        /// The stack's outputs, sorted by key.
        outputs: Vec<Output>,
    },
    /// The change set waits for a person's review.
    Reviewable {
        /// The change set's ARN.
        change_set_id: String,
    },
    /// The changes were shown, and nothing was executed.
    Previewed,
    /// A gate refused the changes, and nothing was executed.
    Gated {
        /// The refused changes, in the order of the change set.
        refusals: Vec<Refusal>,
    },
    /// CloudFormation could not create the change set.
    Refused {
        /// The reason; always a sentence.
        reason: String,
        /// Details from the service, if it provides them.
        details: Vec<Detail>,
    },
    /// The operation failed.
    Failed {
        /// The stack's final status; `None` if the stack is gone.
        status: Option<StackStatus>,
        /// The root cause; `None` if no event shows it.
        cause: Option<Box<Cause>>,
        /// The reason for the stack's status, in the service's words.
        reason: Option<String>,
    },
    /// The deadline was reached first; the operation is still running.
    Running {
        /// The stack's last known status.
        status: Option<StackStatus>,
        /// False if the change set was not even executed.
        is_executing: bool,
    },
}

impl End {
    /// Returns the end of an operation that was followed.
    pub(super) fn of(followed: &Followed) -> Self {
        let stack = match &followed.finish {
            Finish::Ended(stack) => stack.as_ref(),
            Finish::Deadline(status) => {
                return Self::Running {
                    status: status.clone(),
                    is_executing: true,
                };
            }
        };
        let is_gone = stack.is_none_or(|stack| stack.status == StackStatus::DeleteComplete);
        match stack {
            Some(stack) if stack.status.is_success() => Self::Done {
                outputs: stack.outputs.clone(),
                is_cleaning_up: stack.status.is_cleanup(),
            },
            _ if followed.is_deletion() && is_gone => Self::Deleted,
            stack => Self::Failed {
                status: stack.map(|stack| stack.status.clone()),
                cause: Cause::of(&followed.events).map(Box::new),
                reason: stack.and_then(|stack| stack.reason.clone()),
            },
        }
    }
}

impl Outcome {
    /// Redacts every text except the output values, which the template exposes on purpose.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        Self {
            end: self.end.redacted(secrets),
            changes: redacted_changes(self.changes, secrets),
            validation: self.validation.redacted(secrets),
            events: redacted_events(self.events, secrets),
            ..self
        }
    }
}

impl End {
    fn redacted(self, secrets: &Secrets) -> Self {
        let described = |outputs: Vec<Output>| {
            let described = |output: Output| Output {
                description: secrets.option(output.description),
                ..output
            };
            outputs.into_iter().map(described).collect()
        };
        match self {
            Self::Done {
                outputs,
                is_cleaning_up,
            } => Self::Done {
                outputs: described(outputs),
                is_cleaning_up,
            },
            Self::NoChanges { outputs } => Self::NoChanges {
                outputs: described(outputs),
            },
            Self::Gated { mut refusals } => {
                for refusal in &mut refusals {
                    refusal.why = secrets.text(&refusal.why);
                }
                Self::Gated { refusals }
            }
            Self::Refused { reason, details } => {
                let details = details.into_iter();
                Self::Refused {
                    reason: secrets.text(&reason),
                    details: details.map(|detail| detail.redacted(secrets)).collect(),
                }
            }
            Self::Failed {
                status,
                cause,
                reason,
            } => Self::Failed {
                status,
                cause: cause.map(|cause| Box::new(cause.redacted(secrets))),
                reason: secrets.option(reason),
            },
            Self::Deleted | Self::Reviewable { .. } | Self::Previewed | Self::Running { .. } => {
                self
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::Gate;
    use crate::timestamp::Timestamp;

    fn event() -> ResourceEvent {
        ResourceEvent {
            id: "1".into(),
            at: Timestamp(1),
            stack_id: "arn:stack/orders".into(),
            path: Vec::new(),
            logical_id: "Queue".into(),
            physical_id: Some("queue-hunter2".into()),
            resource_type: "AWS::SQS::Queue".into(),
            status: "CREATE_FAILED".into(),
            reason: Some("bad password hunter2".into()),
            background: None,
            hook: None,
            service_token: None,
        }
    }

    fn outcome(end: End) -> Outcome {
        Outcome {
            stack: "orders".parse().unwrap(),
            stack_id: None,
            kind: ChangeSetKind::Update,
            change_set: None,
            end,
            changes: Vec::new(),
            validation: Validation::default(),
            events: vec![event()],
            is_tidy: true,
            elapsed: Duration::ZERO,
        }
    }

    fn redacted(end: End) -> Outcome {
        let mut secrets = Secrets::default();
        secrets.add("Password", "hunter2".into());
        outcome(end).redacted(&secrets)
    }

    #[test]
    fn every_text_of_an_outcome_is_redacted() {
        let text = || "x hunter2 y".to_owned();
        let detail = Detail {
            logical_id: "Queue".into(),
            resource_type: String::new(),
            found_by: String::new(),
            mode: None,
            reason: text(),
            place: Some(text()),
        };
        let refusal = Refusal {
            gate: "delete".parse::<Gate>().unwrap(),
            logical_id: "Queue".into(),
            resource_type: String::new(),
            why: text(),
            advice: None,
        };
        let ends = [
            End::Gated {
                refusals: vec![refusal],
            },
            End::Refused {
                reason: text(),
                details: vec![detail],
            },
            End::Failed {
                status: None,
                cause: Cause::of(&[event()]).map(Box::new),
                reason: Some(text()),
            },
        ];
        for end in ends {
            let shown = format!("{:?}", redacted(end));
            assert!(shown.contains("x **** y"), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn the_values_of_outputs_stay_because_the_template_asks_for_them() {
        let output = |text: &str| Output {
            key: "Address".into(),
            value: "db://u:hunter2@host".into(),
            description: Some(text.into()),
            export: None,
        };
        let done = End::Done {
            outputs: vec![output("with hunter2")],
            is_cleaning_up: false,
        };
        let shown = End::Done {
            outputs: vec![output("with ****")],
            is_cleaning_up: false,
        };
        assert_eq!(redacted(done).end, shown);
    }
}
