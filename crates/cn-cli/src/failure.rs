//! The error type of the programs, and the conversions from the library's errors.

mod cleanup;
mod doctor;
mod keys;
mod package;
mod stack_set;

use std::error::Error;
use std::fmt;

use camino::Utf8PathBuf;
use cn_core::Malformed;
use cn_core::call::{CallError, CallErrorKind};
use cn_core::check;
use cn_core::deploy::{DeployError, DeployStep, ProposedError, StuckError, Unusable};
use cn_core::file::{LockError, OutputError, WriteError};
use cn_core::findings::Findings;
use cn_core::inputs::{GatherError, Misread, WordError};
use cn_core::inspect::{CompareError, InspectError};
use cn_core::manifest::RecordError;
use cn_core::parameter::ParameterError;
use cn_core::profile::{ProfileFileError, WriteProfileError};
use cn_core::s3::LocationError;
use cn_core::session::{ResolveError, SessionError, StoredKeyError, VerifyError};
use serde::Serialize;

use crate::advice::words;
use crate::exit::FailureKind;

/// An error with its exit code and the next steps.
#[derive(Debug)]
pub struct Failure {
    /// The kind, which decides the exit code.
    pub kind: FailureKind,
    /// The error; its sources are printed as causes.
    pub error: Box<dyn Error + Send + Sync>,
    /// Facts, each a sentence without a final period.
    pub notes: Vec<String>,
    /// Next steps, each a sentence without a final period.
    pub hints: Vec<String>,
    /// The facts behind the error as data for JSON, such as the root cause.
    pub data: Box<serde_json::Map<String, serde_json::Value>>,
    /// The result's file that it is about, whose setting is named at the end.
    pub(crate) file: Option<Utf8PathBuf>,
}

impl Failure {
    /// Creates a failure from any error.
    pub fn new(kind: FailureKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            error: error.into(),
            notes: Vec::new(),
            hints: Vec::new(),
            data: Box::default(),
            file: None,
        }
    }

    /// The same failure about a file that a setting may name.
    pub(crate) fn about(mut self, file: Utf8PathBuf) -> Self {
        self.file = Some(file);
        self
    }

    pub(crate) fn with_hints(
        kind: FailureKind,
        error: impl Error + Send + Sync + 'static,
        hints: Vec<String>,
    ) -> Self {
        Self {
            hints,
            ..Self::new(kind, error)
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a fact as data, for JSON.
    ///
    /// * `name`: in kebab case.
    #[must_use]
    pub fn data(mut self, name: &str, value: impl Serialize) -> Self {
        // A value that does not serialize becomes null: only this member is lost.
        let value = serde_json::to_value(value).unwrap_or_default();
        self.data.insert(name.to_owned(), value);
        self
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the message and its causes, outermost first.
    pub fn chain(&self) -> Vec<String> {
        let mut lines = vec![self.error.to_string()];
        let mut next = self.error.source();
        while let Some(cause) = next {
            lines.push(cause.to_string());
            next = cause.source();
        }
        lines
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// Returns the kind of failure for a failed call.
pub const fn kind_of_call(call: &CallError) -> FailureKind {
    match call.kind {
        CallErrorKind::Credentials | CallErrorKind::Denied => FailureKind::Access,
        CallErrorKind::Throttled | CallErrorKind::Unavailable | CallErrorKind::Foreign => {
            FailureKind::Unavailable
        }
        _ => FailureKind::Failed,
    }
}

/// Returns the next steps after a failed call, if its error suggests any.
pub fn hints_of_call(call: &CallError) -> Vec<String> {
    call.advice()
        .map(|step| words(step).into())
        .into_iter()
        .collect()
}

/// Returns the failure for a failed call, with its next steps.
fn failed_call<E>(error: E, call: impl Fn(&E) -> &CallError) -> Failure
where
    E: Error + Send + Sync + 'static,
{
    let kind = kind_of_call(call(&error));
    let hints = hints_of_call(call(&error));
    Failure::with_hints(kind, error, hints)
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        failed_call(error, |error| error)
    }
}

impl From<DeployError> for Failure {
    fn from(error: DeployError) -> Self {
        let note = match &error.step {
            DeployStep::Follow(stack) => {
                Some(format!("the operation on stack `{stack}` continues"))
            }
            DeployStep::Set {
                stack,
                is_created: true,
                ..
            } => Some(format!("stack `{stack}` was created")),
            _ => None,
        };
        let kind = kind_of_call(&error.source);
        let hint = error.advice().map(words);
        let mut failure = Self::new(kind, error);
        failure.hints.extend(hint.map(Into::into));
        match note {
            Some(note) => failure.note(note),
            None => failure,
        }
    }
}

impl From<InspectError> for Failure {
    fn from(error: InspectError) -> Self {
        failed_call(error, |error| &error.source)
    }
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Session(error) => error.into(),
            CompareError::Inspect(error) => error.into(),
            CompareError::Gather(error) => error.into(),
            other => Self::new(FailureKind::Failed, other),
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::new(FailureKind::Input, error)
            .hint("pass `--manifest` with the manifest that `cn-package` wrote")
    }
}

impl From<GatherError> for Failure {
    fn from(error: GatherError) -> Self {
        match error {
            GatherError::Parameter(error) => word("parameter-overrides", "Stage=prod", &error),
            GatherError::Tag(error) => word("tags", "Team=orders", &error),
            GatherError::Manifest(error) => (*error).into(),
            GatherError::OtherRegion {
                ref target,
                ref manifest,
                ..
            } => {
                let hint = format!(
                    "package it with `cn-package --region {target}` into a separate file; `{manifest}` names the region that the template was packaged for"
                );
                Self::new(FailureKind::Input, error).hint(hint)
            }
            GatherError::Location(error) => error.into(),
            GatherError::Fetch { ref source, .. } => {
                let (kind, hints) = (kind_of_call(source), hints_of_call(source));
                Self::with_hints(kind, error, hints)
            }
            GatherError::Session(error) => (*error).into(),
            GatherError::Bucket(error) => (*error).into(),
            other => Self::new(FailureKind::Input, other),
        }
    }
}

fn word(flag: &str, example: &str, error: &Misread) -> Failure {
    let (kind, from) = match &error.place {
        Some(place) => (FailureKind::Input, format!(" from `{place}`")),
        None => (FailureKind::Usage, String::new()),
    };
    let hint = match error.source {
        WordError::Path => "write `file://` before the path of a file".to_owned(),
        WordError::Colon => "write `=` between key and value, instead of `:`".to_owned(),
        WordError::Members => {
            format!("write `{example}`; parameters that are not listed keep their values")
        }
        WordError::Pair => {
            format!("write `{example}`, and quote the whole word if the value has spaces")
        }
    };
    Failure::new(kind, format!("cannot read `--{flag}`{from}: {error}")).hint(hint)
}

impl From<LocationError> for Failure {
    fn from(error: LocationError) -> Self {
        Self::new(FailureKind::Input, error).hint(
            "write the address as `s3://BUCKET/KEY`, with a bucket in the partition of the stack",
        )
    }
}

impl From<ProposedError> for Failure {
    fn from(error: ProposedError) -> Self {
        match error {
            ProposedError::Read(error) => error.into(),
            ProposedError::Unusable { ref source, .. } => {
                let advice = advice_on(source);
                Self::new(FailureKind::Stuck, error).hint(advice)
            }
            other => Self::new(FailureKind::Failed, other),
        }
    }
}

/// Returns the next step for a change set that cannot be executed.
fn advice_on(unusable: &Unusable) -> &'static str {
    match unusable {
        Unusable::Absent | Unusable::Obsolete | Unusable::Failed(_) => {
            "create a new change set with `--no-execute-changeset`, and have it reviewed"
        }
        Unusable::Executing => "follow it with `cn-deploy --attach`",
        Unusable::Executed => "run `cn-deploy --attach` to see how the operation ended",
        Unusable::Pending => "run again in a minute",
        Unusable::NoStack => "check the change set's ARN in the console",
        Unusable::OtherStack(_) => "remove `--stack-name`, or pass the name of that stack",
    }
}

impl From<StuckError> for Failure {
    fn from(error: StuckError) -> Self {
        let advice = words(error.advice);
        Self::new(FailureKind::Stuck, error).hint(advice)
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::new(FailureKind::Input, error)
    }
}

impl From<ParameterError> for Failure {
    fn from(error: ParameterError) -> Self {
        let (kind, hints) = parameter(&error);
        Self::with_hints(kind, error, hints)
    }
}

fn parameter(error: &ParameterError) -> (FailureKind, Vec<String>) {
    match error {
        ParameterError::Call { source, .. } => {
            let has_no_credentials =
                source.kind == CallErrorKind::Credentials && source.code.is_none();
            let hints = if has_no_credentials {
                vec![
                    "parameters are read with the build's own identity: give the build a role, or pass \
                     `--home-profile`"
                        .to_owned(),
                ]
            } else {
                hints_of_call(source)
            };
            (kind_of_call(source), hints)
        }
        ParameterError::Missing { region, .. } => (
            FailureKind::Input,
            vec![format!(
                "parameters are looked up in the home account, region `{region}`; \
                 create them there, or pass `--home-region` or `--home-profile`"
            )],
        ),
        ParameterError::Value { .. } => (
            FailureKind::Input,
            vec!["store the value again, on one line and without quotes".to_owned()],
        ),
    }
}

impl From<ProfileFileError> for Failure {
    fn from(error: ProfileFileError) -> Self {
        Self::new(FailureKind::Input, error)
    }
}

impl From<WriteProfileError> for Failure {
    fn from(error: WriteProfileError) -> Self {
        let (kind, hint) = match &error {
            WriteProfileError::File(_) => (FailureKind::Input, None),
            WriteProfileError::Rival { .. } => (
                FailureKind::Input,
                Some("remove it from the profile, or write another profile with `--profile`"),
            ),
            WriteProfileError::Lock(LockError::Held { .. }) => (
                FailureKind::Unavailable,
                Some("wait for that process or end it, then run again"),
            ),
            WriteProfileError::Output(OutputError::Same { .. }) => (
                FailureKind::Input,
                Some(
                    "set `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` to two different \
                     files: their syntax differs",
                ),
            ),
            WriteProfileError::Write(error)
            | WriteProfileError::Output(OutputError::Write(error)) => {
                let (kind, hint) = of_file(&error.source);
                (kind, Some(hint))
            }
            _ => (FailureKind::Failed, None),
        };
        let hints = hint.into_iter().map(str::to_owned).collect();
        Self::with_hints(kind, error, hints)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        let (kind, hints) = match &error {
            SessionError::Resolve(error) => resolve(error),
            SessionError::Files(_) => (FailureKind::Input, Vec::new()),
            SessionError::Trust { .. } | SessionError::NoCertificate { .. } => (
                FailureKind::Input,
                vec!["correct `AWS_CA_BUNDLE`, or unset it".to_owned()],
            ),
            SessionError::Endpoint { .. } => (
                FailureKind::Input,
                vec!["write it as `http://localhost:4566`, or unset it".to_owned()],
            ),
            SessionError::NoHomeRegion | SessionError::HomeRegion(_) => (
                FailureKind::Input,
                vec!["set `AWS_REGION` as CodeBuild does, or pass `--home-region`".to_owned()],
            ),
            SessionError::Credentials(_) => (FailureKind::Access, Vec::new()),
            SessionError::Key(error) => (FailureKind::Access, stored_key(error)),
            SessionError::Parameter(error) => parameter(error),
            // Without its key a target has no credentials, whatever the reason.
            SessionError::Keys { source, .. } => match parameter(source) {
                (FailureKind::Input, hints) => (FailureKind::Access, hints),
                other => other,
            },
            SessionError::Temporary { source, .. } => (kind_of_call(source), hints_of_call(source)),
            SessionError::Verify { source, .. } => verify(source),
        };
        Self::with_hints(kind, error, hints)
    }
}

fn stored_key(error: &StoredKeyError) -> Vec<String> {
    let hint = match error {
        StoredKeyError::Swapped { .. } => "swap the names, or the values of the two parameters",
        StoredKeyError::Json(_) => {
            "store it with `cn-keys put`; for a key in two parameters, pass `--access-key-ssm` and \
             `--secret-key-ssm`"
        }
        StoredKeyError::Same(_) => {
            "pass one parameter for the access key ID and another for the secret, or one for both \
             with `--key-ssm`"
        }
        StoredKeyError::Half { .. } => "store the key again with `cn-keys put`",
    };
    vec![hint.to_owned()]
}

fn resolve(error: &ResolveError) -> (FailureKind, Vec<String>) {
    let (kind, hint) = match error {
        ResolveError::NoRegion => (
            FailureKind::Input,
            "pass `--region`, set `CN_REGION`, or put `region` into `cn.toml` or the profile; \
             `AWS_REGION` is the build's own region and is not used"
                .to_owned(),
        ),
        ResolveError::ProfileRegion { profile, .. } => (
            FailureKind::Input,
            format!("correct `region` of profile `{profile}`, or pass `--region`"),
        ),
        ResolveError::NoProfile { .. } => (
            FailureKind::Access,
            "run `cn-profile` first, or name an existing profile with `--profile`".to_owned(),
        ),
        ResolveError::NoKeys { .. } => (
            FailureKind::Access,
            "run `cn-profile` to write its access key".to_owned(),
        ),
        ResolveError::HomeSource { .. } => (
            FailureKind::Access,
            "use a profile with an access key of the target's partition; `cn-profile` writes one"
                .to_owned(),
        ),
        ResolveError::WebIdentityRole { .. } => (
            FailureKind::Input,
            "pass a role of the target account, or correct `--region`".to_owned(),
        ),
        ResolveError::NoIdentity { .. } => (
            FailureKind::Access,
            "name the SSM parameter of an access key with `--key-ssm`, or an existing profile with \
             `--profile`; `cn-profile` writes the profile `china`, which is the default"
                .to_owned(),
        ),
        ResolveError::SameProfile {
            by_environment: true,
            ..
        } => (
            FailureKind::Access,
            "unset `AWS_PROFILE`, or name the home identity with `--home-profile`".to_owned(),
        ),
        ResolveError::SameProfile { .. } => (
            FailureKind::Access,
            "pass different profiles to `--profile` and `--home-profile`".to_owned(),
        ),
        ResolveError::SameKey { .. } | ResolveError::SameChain => (
            FailureKind::Access,
            "name the home identity with `--home-profile`".to_owned(),
        ),
        ResolveError::NoHomeKeys { .. } => (
            FailureKind::Access,
            "name a profile that has credentials with `--home-profile`, or leave it out: the \
             default chain is the role of the build"
                .to_owned(),
        ),
        ResolveError::Files(_) => return (FailureKind::Input, Vec::new()),
    };
    (kind, vec![hint])
}

fn verify(error: &VerifyError) -> (FailureKind, Vec<String>) {
    match error {
        VerifyError::Call(call) => (kind_of_call(call), hints_of_call(call)),
        VerifyError::Answer => (FailureKind::Failed, Vec::new()),
        VerifyError::OfHome { .. } => (FailureKind::Access, Vec::new()),
        VerifyError::Partition { expected, .. } => (
            FailureKind::Access,
            vec![format!(
                "use an access key of an account in partition `{expected}`"
            )],
        ),
        VerifyError::Account { .. } => (
            FailureKind::Access,
            vec!["use an access key of that account, or correct `--account`".to_owned()],
        ),
    }
}

impl From<check::BaselineError> for Failure {
    fn from(error: check::BaselineError) -> Self {
        Self::new(FailureKind::Input, error)
            .hint("recreate it with `cn-check --baseline FILE --write-baseline`")
    }
}

impl From<check::ReadError> for Failure {
    fn from(error: check::ReadError) -> Self {
        Self::new(FailureKind::Input, error)
            .hint("pass templates, or folders that contain templates")
    }
}

impl From<Findings> for Failure {
    fn from(error: Findings) -> Self {
        Self::new(FailureKind::Input, error)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let (kind, hint) = of_file(&error.source);
        let path = error.path.clone();
        Self::new(kind, error).hint(hint).about(path)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        let (path, hint) = match error {
            OutputError::Write(error) => return error.into(),
            OutputError::Same { ref second, .. } => (
                second.clone(),
                "use a separate file for each result, and pass each `--region` once",
            ),
            OutputError::Input { ref output, .. } => (
                output.clone(),
                "choose another file for the result, or move that file",
            ),
        };
        Self::new(FailureKind::Input, error).hint(hint).about(path)
    }
}

/// Returns the kind of failure and the next step for a file error. A full disk is not a mistake of
/// the user who named the file.
pub(crate) fn of_file(error: &std::io::Error) -> (FailureKind, &'static str) {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => (
            FailureKind::Unavailable,
            "make room on the disk, then run again",
        ),
        _ if is_too_many_open(error) => (
            FailureKind::Unavailable,
            "allow more open files with `ulimit -n`, then run again",
        ),
        _ => (
            FailureKind::Input,
            "choose a file in a folder that exists and is writable",
        ),
    }
}

/// Returns true if the process or the machine cannot open more files.
pub(crate) fn is_too_many_open(error: &std::io::Error) -> bool {
    // EMFILE and ENFILE, which are the same on Linux and macOS and have no `ErrorKind`.
    error
        .raw_os_error()
        .is_some_and(|code| [24, 23].contains(&code))
}
