//! The end of a deployment.

use std::time::Duration;

use tokio::time::Instant;

use super::gate::Refusal;
use crate::advice::Advice;
use crate::failure::{Cause, cause};
use crate::secret::Secrets;
use crate::stack::Reaction;
use crate::stack::change_set::ChangeSetFacts;
use crate::stack::follow::{Followed, Rest};
use crate::stack::{
    Change, ChangeSetKind, ChangeSetName, Detail, Output, ResourceEvent, StackName, StackStatus,
    Validation, in_background, left_behind, redacted_changes, redacted_events,
};

/// The outcome of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The stack's name.
    pub stack: StackName,
    /// The stack's ARN; absent when there is no stack.
    pub stack_id: Option<String>,
    /// The kind of the operation: creation or update.
    pub kind: ChangeSetKind,
    /// The change set's name; absent when somebody else's operation was followed.
    pub change_set: Option<ChangeSetName>,
    /// The end.
    pub end: End,
    /// The changes of the change set, as far as it was read.
    pub changes: Vec<Change>,
    /// The findings of the service's validation of the change set, as far as they were read.
    pub validation: Validation,
    /// Everything the operation reported, oldest first.
    pub events: Vec<ResourceEvent>,
    /// False if the change set, or the empty stack that it made, should have
    /// been deleted and could not be.
    pub is_tidy: bool,
    /// From the first step to the last; of an operation that was
    /// attached to, from its first event to its last.
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

    /// Returns the resources that could not be deleted when the operation cleaned up: the
    /// last event of each. They belong to no stack any more, and may cost money.
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

    /// Returns the resources with which something goes on in the background although the
    /// operation is complete: the last event of each. They become ready, or are deleted.
    pub fn in_background(&self) -> Vec<&ResourceEvent> {
        match &self.end {
            End::Done { .. } => in_background(&self.events),
            _ => Vec::new(),
        }
    }

    /// Returns what a person can do about the status that a failed operation left the
    /// stack in; none when the next deployment needs nobody.
    pub fn advice(&self) -> Option<Advice> {
        let End::Failed { status, .. } = &self.end else {
            return None;
        };
        let status = status.as_ref()?;
        let is_stopped = matches!(
            status.reaction(),
            Reaction::Continue | Reaction::Paused | Reaction::Stuck
        );
        status.advice().filter(|_| is_stopped)
    }
}

/// The end of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The stack is as the template says.
    Done {
        /// The stack's outputs, sorted by key.
        outputs: Vec<Output>,
        /// True if the removal of replaced resources still goes on.
        is_cleaning_up: bool,
    },
    /// The stack is gone, as somebody had asked for.
    Deleted,
    /// There was nothing to change.
    NoChanges {
        /// The stack's outputs, sorted by key.
        outputs: Vec<Output>,
    },
    /// The change set waits for a person.
    Reviewable {
        /// Its ARN.
        change_set_id: String,
    },
    /// The changes were shown and nothing was done.
    Previewed,
    /// A gate refused the changes, and nothing was done.
    Gated {
        /// The refused changes, in the order of the change set.
        refusals: Vec<Refusal>,
    },
    /// CloudFormation could not make the change set.
    Refused {
        /// Why; always a sentence.
        reason: String,
        /// The details of the service, where it offers them.
        details: Vec<Detail>,
    },
    /// The operation failed.
    Failed {
        /// The stack's status after it; absent when the stack is gone.
        status: Option<StackStatus>,
        /// The first failure; absent when no event tells.
        cause: Option<Box<Cause>>,
        /// Why the stack is in its status, in the service's words.
        reason: Option<String>,
    },
    /// The deadline came first; the operation goes on.
    Running {
        /// The stack's last known status.
        status: Option<StackStatus>,
        /// The change set when it was not even executed.
        is_executing: bool,
    },
}

impl End {
    /// Returns the end of an operation that was followed.
    pub(super) fn of(followed: &Followed) -> Self {
        let stack = match &followed.rest {
            Rest::Over(stack) => stack.as_ref(),
            Rest::Deadline(status) => {
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
                cause: cause(&followed.events).map(Box::new),
                reason: stack.and_then(|stack| stack.reason.clone()),
            },
        }
    }
}

impl Outcome {
    /// Redacts every text but the values of the outputs, which the template asks for.
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
    use crate::failure::cause;
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
                cause: cause(&[event()]).map(Box::new),
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
