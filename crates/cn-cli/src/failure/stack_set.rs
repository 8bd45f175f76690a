//! Failures of deployments to StackSets.

use cn_core::advice::Advice;
use cn_core::stack_set::{BusyError, StackSetError, StackSetStep};

use super::{Failure, failed_call};
use crate::advice::words;
use crate::exit::FailureKind;

impl From<StackSetError> for Failure {
    fn from(error: StackSetError) -> Self {
        if error.is_busy() {
            return Self::new(FailureKind::Stuck, error).hint(words(Advice::WaitWhileBusy));
        }
        let note = match &error.step {
            StackSetStep::Follow { name, operation } => Some(format!(
                "operation `{operation}` of StackSet `{name}` continues"
            )),
            _ => None,
        };
        let hint = hint(&error);
        let mut failure = failed_call(error, |error| &error.source);
        failure.notes.extend(note);
        failure.hints.extend(hint.map(str::to_owned));
        failure
    }
}

/// Returns the next step after a refusal, in addition to those of every call.
fn hint(error: &StackSetError) -> Option<&'static str> {
    let said = error.source.message.as_deref().unwrap_or_default();
    match error.source.code.as_deref().unwrap_or_default() {
        "InsufficientCapabilitiesException" => Some(words(Advice::AcknowledgeCapabilities)),
        "NameAlreadyExistsException" => {
            Some("run again to update it: another run has created it meanwhile")
        }
        _ if said.contains("organizations access") || said.contains("trusted access") => Some(
            "activate trusted access for StackSets in the management account of the organization; \
             where the region does not support that, pass accounts and use self-managed \
             permissions",
        ),
        _ => None,
    }
}

impl From<BusyError> for Failure {
    fn from(error: BusyError) -> Self {
        let follow = format!(
            "follow it with `cn-deploy --attach --stack-set {} --operation {}`",
            error.name, error.running.id
        );
        let failure = Self::new(FailureKind::Stuck, error);
        failure.hint(words(Advice::WaitWhileBusy)).hint(follow)
    }
}
