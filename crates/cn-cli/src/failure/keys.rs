//! Failures of `cn-keys`.

use cn_core::advice::Advice;
use cn_core::keys::{PlanError, PutError, ReadError, RevokeError, RotateError, StepError};
use cn_core::web_identity::{PublicKeyError, VerifyIssuerError};

use super::{Failure, hints_of_call, kind_of_call, parameter, stored_key, verify};
use crate::advice::words;
use crate::exit::FailureKind;

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let (kind, hints) = read(&error);
        Self {
            hints,
            ..Self::new(kind, error)
        }
    }
}

fn read(error: &ReadError) -> (FailureKind, Vec<String>) {
    match error {
        ReadError::Parameter(error) => parameter(error),
        ReadError::NoKey { .. } | ReadError::Refused { .. } => {
            let mut hints = match error {
                ReadError::NoKey { source, .. } => stored_key(source),
                ReadError::Refused { source, .. } => hints_of_call(source),
                _ => Vec::new(),
            };
            hints.push(
                "create an access key in the IAM console of the target account and store it with \
                 `cn-keys put`"
                    .to_owned(),
            );
            (FailureKind::Access, hints)
        }
        ReadError::Identity { source, .. } => verify(source),
        ReadError::NotAUser { .. } => (FailureKind::Input, Vec::new()),
        ReadError::Call { source, .. } => (kind_of_call(source), all_words(error.advice())),
    }
}

fn all_words(advice: Vec<Advice>) -> Vec<String> {
    advice.into_iter().map(|step| words(step).into()).collect()
}

impl From<RotateError> for Failure {
    fn from(error: RotateError) -> Self {
        let mut notes = Vec::new();
        let (kind, hints) = match &error {
            RotateError::Read(error) => read(error),
            RotateError::Plan(error) => (FailureKind::Stuck, vec![plan(error)]),
            RotateError::Step { state, source, .. } => {
                notes.push(state.to_string());
                step(source)
            }
        };
        Self {
            notes,
            hints,
            ..Self::new(kind, error)
        }
    }
}

fn plan(error: &PlanError) -> String {
    match error {
        PlanError::NotListed(_) => "run again: IAM may list the key only after a few \
                                    seconds"
            .to_owned(),
        PlanError::UnknownActiveKey { key, .. } => format!(
            "find out who uses key `{key}`; when nobody does, deactivate it with `cn-keys revoke \
             --key-id {key}` and run again with `--grace 0s`"
        ),
        PlanError::InGrace { .. } => {
            "run again later, or pass `--grace 0s` to delete it now".to_owned()
        }
    }
}

fn step(error: &StepError) -> (FailureKind, Vec<String>) {
    match error {
        StepError::Call(call) => (kind_of_call(call), all_words(error.advice())),
        StepError::Parameter(error) => parameter(error),
        StepError::Proof { .. } => (
            FailureKind::Unavailable,
            vec!["new keys are accepted after some seconds, rarely minutes".to_owned()],
        ),
        StepError::Overwritten => (
            FailureKind::Failed,
            vec!["make sure that only one program writes the parameters".to_owned()],
        ),
    }
}

impl From<PutError> for Failure {
    fn from(error: PutError) -> Self {
        let (kind, hints) = match &error {
            PutError::Verify { source, .. } => verify(source),
            PutError::NotAUser { .. } => (
                FailureKind::Input,
                vec!["create an access key for an IAM user".to_owned()],
            ),
            PutError::NotSecure(name) => (
                FailureKind::Input,
                vec![format!(
                    "delete `{name}`, or name another parameter with `--key-ssm`"
                )],
            ),
            PutError::Parameter(error) => parameter(error),
            PutError::Write { source, .. } => (kind_of_call(source), hints_of_call(source)),
        };
        Self {
            hints,
            ..Self::new(kind, error)
        }
    }
}

impl From<RevokeError> for Failure {
    fn from(error: RevokeError) -> Self {
        let (kind, mut hints) = match &error {
            RevokeError::Unknown { source, .. }
            | RevokeError::Deactivate { source, .. }
            | RevokeError::Deny { source, .. } => (kind_of_call(source), hints_of_call(source)),
        };
        if let RevokeError::Deny { policy, .. } = &error {
            hints.push(format!("attach this policy to the user: {policy}"));
        } else {
            hints.push("sign as an administrator with `--admin-profile`".to_owned());
        }
        Self {
            hints,
            ..Self::new(kind, error)
        }
    }
}

impl From<PublicKeyError> for Failure {
    fn from(error: PublicKeyError) -> Self {
        match error {
            PublicKeyError::Call(call) => call.into(),
            PublicKeyError::Form(form) => Self::new(FailureKind::Input, form),
        }
    }
}

impl From<VerifyIssuerError> for Failure {
    fn from(error: VerifyIssuerError) -> Self {
        Self::new(FailureKind::Unavailable, error)
            .hint("make the file public: STS has to fetch it, too")
    }
}
