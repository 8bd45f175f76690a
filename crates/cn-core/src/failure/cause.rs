//! The search for the root cause among many failures.

use std::fmt;

use cn_template::Partition;

use super::hint::advice;
use crate::advice::Advice;
use crate::secret::Secrets;
use crate::stack::{NESTED_STACK, ResourceEvent, ResourceStatus, redacted_events};

/// The root cause of a failed operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The event of the failure.
    pub event: ResourceEvent,
    /// The reason, in the service's words; always a sentence.
    pub reason: String,
    /// The error code of the service behind the resource, such as `AccessDenied`.
    pub code: Option<String>,
    /// Number of resources that were canceled because of the root cause.
    pub cancelled: usize,
    /// Other resources that failed on their own, in order of time.
    pub others: Vec<ResourceEvent>,
}

impl Cause {
    /// Returns the earliest failure, including nested stacks.
    ///
    /// Cancellations and the stacks' own events are consequences. They count only if there is no other
    /// failure.
    ///
    /// * `events`: the events of one operation, in any order.
    ///
    /// # Source
    ///
    /// The rules follow the CDK (`resource-errors.ts`).
    pub fn of(events: &[ResourceEvent]) -> Option<Self> {
        let mut ordered: Vec<&ResourceEvent> = events.iter().collect();
        ordered.sort_by_key(|event| event.at);
        let failures: Vec<&ResourceEvent> = ordered
            .iter()
            .copied()
            .filter(|event| event.is_failure() && !is_cancellation(event))
            .collect();
        let own: Vec<&ResourceEvent> = failures
            .iter()
            .copied()
            .filter(|event| !is_stack_resource(event))
            .collect();
        let first = own
            .first()
            .or_else(|| failures.iter().find(|event| !event.is_stack()))
            .or_else(|| failures.first())
            .copied()
            .or_else(|| ordered.iter().copied().find(|event| is_rollback(event)))?;
        let cancelled = ordered
            .iter()
            .filter(|event| event.is_failure() && is_cancellation(event))
            .count();
        let mut others: Vec<ResourceEvent> = Vec::new();
        for event in own {
            let is_same = |other: &ResourceEvent| {
                other.stack_id == event.stack_id && other.logical_id == event.logical_id
            };
            if !is_same(first) && !others.iter().any(is_same) {
                others.push(event.clone());
            }
        }
        let reason = reason(first);
        Some(Self {
            code: error_code(&reason),
            reason,
            event: first.clone(),
            cancelled,
            others,
        })
    }

    /// Redacts the reason and the events.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        Self {
            event: self.event.redacted(secrets),
            reason: secrets.text(&self.reason),
            others: redacted_events(self.others, secrets),
            ..self
        }
    }

    /// Returns the next step, when the cause is a known one.
    ///
    /// * `partition`: of the stack's region.
    pub fn advice(&self, partition: Partition) -> Option<Advice> {
        advice(partition, &self.event.resource_type, &self.reason)
    }
}

/// Writes the resource, its type and the reason.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, reason, .. } = self;
        let (path, kind) = (event.full_path(), &event.resource_type);
        write!(f, "`{path}` ({kind}): {reason}")
    }
}

pub(crate) fn is_cancellation(event: &ResourceEvent) -> bool {
    event
        .reason
        .as_deref()
        .is_some_and(|reason| reason.to_ascii_lowercase().contains("cancelled"))
}

fn is_stack_resource(event: &ResourceEvent) -> bool {
    event.resource_type == NESTED_STACK
}

fn is_rollback(event: &ResourceEvent) -> bool {
    event.is_stack()
        && event.reason.is_some()
        && matches!(
            event.status,
            ResourceStatus::RollbackInProgress | ResourceStatus::UpdateRollbackInProgress
        )
}

fn reason(event: &ResourceEvent) -> String {
    let hook = event.hook.as_ref().filter(|hook| hook.status.is_failed());
    let said = match hook {
        Some(hook) => hook
            .reason
            .as_ref()
            .or(event.reason.as_ref())
            .map(|reason| format!("hook `{}`: {reason}", hook.name)),
        None => event.reason.clone(),
    };
    said.filter(|reason| !reason.trim().is_empty())
        .unwrap_or_else(|| format!("{} without a reason given", event.status))
}

/// Returns the code in a reason: `HandlerErrorCode: X` or `Error Code: X`.
fn error_code(reason: &str) -> Option<String> {
    ["Error Code: ", "HandlerErrorCode: "]
        .iter()
        .find_map(|label| {
            let (_, rest) = reason.split_once(label)?;
            let code: String = rest
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            (!code.is_empty()).then_some(code)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Hook;
    use crate::timestamp::Timestamp;

    fn event(
        at: i64,
        path: &[&str],
        id: &str,
        kind: &str,
        status: &str,
        why: &str,
    ) -> ResourceEvent {
        let stack_id = format!("arn:stack/{}", path.join("-"));
        ResourceEvent {
            id: format!("{at}-{id}-{status}"),
            at: Timestamp(at),
            physical_id: (id == "root").then(|| stack_id.clone()),
            stack_id,
            path: path.iter().map(|id| (*id).to_owned()).collect(),
            logical_id: id.to_owned(),
            resource_type: kind.to_owned(),
            status: status.into(),
            reason: (!why.is_empty()).then(|| why.to_owned()),
            background: None,
            hook: None,
            service_token: None,
        }
    }

    const STACK: &str = "AWS::CloudFormation::Stack";

    #[test]
    fn the_earliest_failure_across_nested_stacks_is_the_cause() {
        let events = [
            event(
                9,
                &[],
                "root",
                STACK,
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Inner].",
            ),
            event(
                8,
                &[],
                "Inner",
                STACK,
                "CREATE_FAILED",
                "Embedded stack arn was not successfully created",
            ),
            event(
                7,
                &[],
                "Table",
                "AWS::DynamoDB::Table",
                "CREATE_FAILED",
                "Resource creation cancelled",
            ),
            event(
                6,
                &["Inner"],
                "Role",
                "AWS::IAM::Role",
                "CREATE_FAILED",
                "late (Service: Iam; Error Code: AccessDenied; x)",
            ),
            event(
                5,
                &["Inner"],
                "Queue",
                "AWS::SQS::Queue",
                "CREATE_FAILED",
                "no (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
            ),
        ];
        let found = Cause::of(&events).unwrap();
        assert_eq!(found.event.full_path(), "Inner/Queue");
        assert_eq!(found.code.as_deref(), Some("InvalidRequest"));
        assert_eq!(found.cancelled, 1);
        let others: Vec<_> = found.others.iter().map(ResourceEvent::full_path).collect();
        assert_eq!(others, ["Inner/Role"]);
    }

    #[test]
    fn a_nested_stack_that_never_started_is_the_cause_itself() {
        let events = [
            event(
                2,
                &[],
                "root",
                STACK,
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Inner].",
            ),
            event(
                1,
                &[],
                "Inner",
                STACK,
                "CREATE_FAILED",
                "S3 error: Access Denied",
            ),
        ];
        let found = Cause::of(&events).unwrap();
        assert_eq!(found.event.logical_id, "Inner");
        assert!(found.others.is_empty());
    }

    #[test]
    fn a_rollback_without_a_failed_resource_tells_its_own_reason() {
        let events = [event(
            1,
            &[],
            "root",
            STACK,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "User Initiated",
        )];
        assert_eq!(Cause::of(&events).unwrap().reason, "User Initiated");
        assert_eq!(Cause::of(&[]), None);
    }

    #[test]
    fn a_failure_without_a_reason_is_still_a_sentence() {
        let events = [event(1, &[], "X", "Custom::X", "UPDATE_FAILED", "")];
        assert_eq!(
            Cause::of(&events).unwrap().reason,
            "UPDATE_FAILED without a reason given"
        );
    }

    #[test]
    fn a_hook_tells_before_its_resource_does() {
        let mut hook = event(1, &[], "B", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", "");
        hook.hook = Some(Hook {
            name: "Org::Guard::Hook".into(),
            status: "HOOK_COMPLETE_FAILED".into(),
            reason: Some("bucket is public".into()),
        });
        let failed = event(
            2,
            &[],
            "B",
            "AWS::S3::Bucket",
            "CREATE_FAILED",
            "The following hook(s) failed: [Org::Guard::Hook]",
        );
        let found = Cause::of(&[failed, hook]).unwrap();
        assert_eq!(found.reason, "hook `Org::Guard::Hook`: bucket is public");
        assert!(found.others.is_empty());
    }
}
