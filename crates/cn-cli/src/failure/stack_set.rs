//! Failures of deployments to StackSets.

use cn_core::advice::Advice;
use cn_core::stack_set::{BusyError, StackSetError, StackSetStep};

use super::{Failure, kind_of_call};
use crate::advice::words;
use crate::exit::FailureKind;

impl From<StackSetError> for Failure {
    fn from(error: StackSetError) -> Self {
        let kind = if error.is_busy() {
            FailureKind::Stuck
        } else {
            kind_of_call(&error.source)
        };
        let note = match &error.step {
            StackSetStep::Follow { name, operation } if !error.is_busy() => Some(format!(
                "operation `{operation}` of StackSet `{name}` continues"
            )),
            _ => None,
        };
        let hint = error.advice().map(words);
        let mut failure = Self::new(kind, error);
        failure.notes.extend(note);
        failure.hints.extend(hint.map(Into::into));
        failure
    }
}

impl From<BusyError> for Failure {
    fn from(error: BusyError) -> Self {
        let follow = format!(
            "follow it with `cn-deploy --attach --stack-set {} --operation {}`",
            error.name, error.operation
        );
        let failure = Self::new(FailureKind::Stuck, error);
        failure.hint(words(Advice::WaitWhileBusy)).hint(follow)
    }
}
