//! Failures of `cn-cleanup`.

use cn_core::advice::Advice;
use cn_core::cleanup::{Blocked, Blocker, CleanupError, ObjectFailure, StackFailure};
use cn_core::template::Region;
use cn_core::template::partition::Arn;

use super::{Failure, hints_of_call, kind_of_call};
use crate::advice::words;
use crate::exit::FailureKind;
use crate::ui::plural;

/// Maximum number of failures of single objects to print.
const MOST_OBJECTS: usize = 5;

impl From<Blocked> for Failure {
    fn from(error: Blocked) -> Self {
        let notes: Vec<String> = error.0.iter().map(fact).collect();
        let mut hints: Vec<String> = error.0.iter().map(step).collect();
        hints.dedup();
        let data = notes.clone();
        Self {
            notes,
            hints,
            ..Self::new(FailureKind::Stuck, error)
        }
        .data("blockers", data)
    }
}

/// Returns the fact that blocks the clean-up.
fn fact(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Protected(stack) => format!("stack `{stack}` has termination protection"),
        Blocker::Busy(stack, status) => {
            format!("another operation is running on stack `{stack}` ({status})")
        }
        Blocker::Nested(stack, parent) => {
            format!("stack `{stack}` is nested in stack `{parent}`")
        }
        Blocker::Imported { export, by } => {
            let by: Vec<String> = by.iter().map(|stack| format!("`{stack}`")).collect();
            format!("export `{export}` is imported by {}", by.join(", "))
        }
        Blocker::BucketNotEmpty { path, name } => {
            format!("bucket `{name}` (`{path}`) is not empty")
        }
        Blocker::NoSuchBucket(name) => {
            format!("`{name}` is not a bucket that is deleted with the stack")
        }
        Blocker::OwnRole(role) => {
            format!("role `{role}` signs this run, and a role cannot delete itself")
        }
        Blocker::RoleOfStack(role, stack) => format!("stack `{stack}` created role `{role}`"),
    }
}

/// Returns the step that removes a blocker.
fn step(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Protected(stack) => format!(
            "turn the protection off with `aws cloudformation update-termination-protection \
             --no-enable-termination-protection --stack-name {stack}`"
        ),
        Blocker::Busy(..) => "wait for the operation to end, and run again".to_owned(),
        Blocker::Nested(_, parent) => {
            format!("delete `{parent}`, or remove the stack from its template")
        }
        Blocker::Imported { by, .. } => {
            format!(
                "delete stack `{}` first, or remove the import",
                by.join("`, `")
            )
        }
        Blocker::BucketNotEmpty { name, .. } => {
            format!("pass `--empty-bucket {name}` to delete its content, too")
        }
        Blocker::NoSuchBucket(_) => {
            "name a bucket of the stack in `--empty-bucket`, by name or logical ID".to_owned()
        }
        Blocker::OwnRole(_) => {
            "sign as an administrator of the target account with `--profile`".to_owned()
        }
        Blocker::RoleOfStack(_, stack) => format!("delete stack `{stack}` instead"),
    }
}

impl From<CleanupError> for Failure {
    fn from(error: CleanupError) -> Self {
        match error {
            CleanupError::Session(error) => error.into(),
            CleanupError::Parameter(error) => error.into(),
            CleanupError::Bucket(error) => error.into(),
            CleanupError::Stack(failure) => of_stack(&failure),
            CleanupError::Running(_) => Self::new(FailureKind::Running, error)
                .hint("run again: the cleanup continues where it stopped"),
            CleanupError::Busy(..) => Self::new(FailureKind::Stuck, error)
                .hint("wait for the operation to end, and run again"),
            CleanupError::Objects { .. } => of_objects(error),
            other => {
                let (kind, hints) = match other.call() {
                    Some(call) => (kind_of_call(call), hints_of_call(call)),
                    None => (FailureKind::Failed, Vec::new()),
                };
                Self::with_hints(kind, other, hints)
            }
        }
    }
}

/// Returns the failure of a stack deletion, root cause first, like that of a failed deployment.
fn of_stack(failure: &StackFailure) -> Failure {
    let region = Arn::parse(&failure.id).and_then(|arn| arn.region.parse::<Region>().ok());
    let said = match (&failure.cause, &failure.reason) {
        (Some(cause), _) => format!(
            "`{}` ({}): {}",
            cause.event.full_path(),
            cause.event.resource_type,
            cause.reason
        ),
        (None, Some(reason)) => reason.clone(),
        (None, None) => "CloudFormation gives no reason".to_owned(),
    };
    let message = format!(
        "stack `{}` could not be deleted and is in {}",
        failure.stack, failure.status
    );
    let mut told = Failure::new(
        FailureKind::Failed,
        StackError {
            message,
            said: Said(said),
        },
    );
    if let Some(cause) = &failure.cause {
        let region = region.as_ref();
        told = match region.and_then(|region| cause.advice(region.partition())) {
            None => told,
            Some(Advice::EmptyBucket) if let Some(name) = &cause.event.physical_id => told.hint(
                format!("pass `--empty-bucket {name}` to delete its content, too"),
            ),
            Some(Advice::AllowToRole) => told.hint(
                "allow this action in a policy of the stack's role; without a role, CloudFormation \
                 uses the identity of this run",
            ),
            Some(advice) => told.hint(words(advice)),
        };
        for other in &cause.others {
            let why = other.reason.as_deref().unwrap_or(other.status.as_str());
            let path = other.full_path();
            told = told.note(format!(
                "`{path}` ({}) also failed: {why}",
                other.resource_type
            ));
        }
    }
    if let Some(url) = region.and_then(|region| region.console_stack_url(&failure.id)) {
        told = told.note(format!("all events: {url}"));
    }
    told.note("artifacts, parameters and keys were not touched")
        .hint("fix the cause and run again: the cleanup continues where it stopped")
}

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct StackError {
    message: String,
    #[source]
    said: Said,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

fn of_objects(error: CleanupError) -> Failure {
    let advice = error.advice();
    let mut told = Failure::new(FailureKind::Failed, error);
    let failures: Vec<ObjectFailure> = match told.error.downcast_ref::<CleanupError>() {
        Some(CleanupError::Objects { failures, .. }) => failures.clone(),
        _ => Vec::new(),
    };
    for failure in failures.iter().take(MOST_OBJECTS) {
        let ObjectFailure {
            key,
            version,
            code,
            message,
        } = failure;
        told = told.note(format!("`{key}` (version {version}): {code}: {message}"));
    }
    if let Some(more) = failures
        .len()
        .checked_sub(MOST_OBJECTS)
        .filter(|more| *more > 0)
    {
        told = told.note(format!("and {} more", plural(more, "version")));
    }
    if let Some(step) = advice {
        told.kind = FailureKind::Access;
        told = told.hint(words(step));
    }
    told.hint("run again: deleted objects are skipped")
}
