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
                "operation `{operation}` of StackSet `{name}` goes on"
            )),
            _ => None,
        };
        let said = error.source.message.clone().unwrap_or_default();
        let is_about_trust =
            said.contains("organizations access") || said.contains("trusted access");
        let has_code = |code: &str| error.source.has_code(code);
        let lacks_capabilities = has_code("InsufficientCapabilitiesException");
        let exists = has_code("NameAlreadyExistsException");
        let mut failure = failed_call(error, |error| &error.source);
        if let Some(note) = note {
            failure = failure.note(note);
        }
        if lacks_capabilities {
            failure = failure.hint(words(Advice::AcknowledgeCapabilities));
        }
        if exists {
            failure = failure.hint("another run created it meanwhile: run again, which updates it");
        }
        if is_about_trust {
            failure = failure.hint(
                "activate trusted access for StackSets in the management account of the organization; \
                 where the region does not offer that, name accounts and use self-managed permissions",
            );
        }
        failure
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
