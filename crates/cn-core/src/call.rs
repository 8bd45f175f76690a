//! A failed request to AWS, classified by what a caller can do about it.

mod advice;

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::answer::ForeignAnswer;
use crate::secret::Secrets;

/// The kinds of failed requests, by the appropriate reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// No credentials, or credentials that the service does not accept.
    ///
    /// They are unknown, inactive, expired, of another partition, or the signature is wrong.
    Credentials,
    /// The credentials are valid but do not allow the operation.
    Denied,
    /// The requested resource does not exist.
    NotFound,
    /// Too many requests, after all retries.
    Throttled,
    /// No answer, or an answer that reports a fault of the service, after all retries.
    Unavailable,
    /// An answer that does not come from the service, after all retries.
    ///
    /// It is a proxy's, or truncated. The service may have accepted the request.
    Foreign,
    /// The service understood and refused the request: the request itself is wrong.
    Refused,
}

impl CallErrorKind {
    /// Returns true if a later attempt may succeed without any change.
    pub(crate) const fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable | Self::Foreign)
    }

    /// Returns true if the service may have executed the request despite the failure.
    pub(crate) const fn may_have_worked(self) -> bool {
        matches!(self, Self::Unavailable | Self::Foreign)
    }
}

/// A request to AWS that got no useful answer.
#[derive(Debug, thiserror::Error)]
#[error("`{service}:{operation}` {}", self.answer())]
pub struct CallError {
    /// The service's IAM prefix, such as `cloudformation`.
    pub service: &'static str,
    /// The operation's name in IAM and CloudTrail, such as `CreateChangeSet`.
    pub operation: &'static str,
    /// The kind, which determines the reaction.
    pub kind: CallErrorKind,
    /// The service's error code, if it returned one.
    pub code: Option<String>,
    /// The service's message, if it returned one.
    pub message: Option<String>,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// The reason why the service did not answer; `None` if it did.
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl CallError {
    /// Creates the error from a failed SDK call, and determines its kind.
    ///
    /// * `service`, `operation`: their names in IAM; they appear in the message.
    pub fn new<E>(
        service: &'static str,
        operation: &'static str,
        error: SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let answer = error.as_service_error();
        let code = answer.and_then(|answer| answer.code().map(str::to_owned));
        // A client that was not built here has not checked the answer.
        let foreign = ForeignAnswer::behind(&error).or_else(|| {
            let response = response.filter(|_| answer.is_some() && code.is_none());
            ForeignAnswer::of(service, operation, response?)
        });
        let call = Self {
            status,
            ..Self::failed(service, operation)
        };
        if let Some(foreign) = foreign {
            let kind = match foreign.status {
                429 => CallErrorKind::Throttled,
                _ => CallErrorKind::Foreign,
            };
            let source = Some(foreign.into());
            return Self {
                kind,
                source,
                ..call
            };
        }
        if let Some(answer) = answer {
            return Self {
                kind: kind_of(code.as_deref(), status),
                message: answer.message().map(str::to_owned),
                code,
                ..call
            };
        }
        let is_credentials = causes(&error).any(<dyn Error>::is::<CredentialsError>);
        Self {
            kind: if is_credentials {
                CallErrorKind::Credentials
            } else {
                CallErrorKind::Unavailable
            },
            source: Some(Box::new(innermost(error))),
            ..call
        }
    }

    /// Returns the error for a request whose failure has no known details.
    const fn failed(service: &'static str, operation: &'static str) -> Self {
        Self {
            service,
            operation,
            kind: CallErrorKind::Unavailable,
            code: None,
            message: None,
            status: None,
            source: None,
        }
    }

    /// Returns the error for a request that was abandoned at the deadline.
    pub(crate) fn out_of_time(service: &'static str) -> Self {
        Self {
            message: Some("no answer came before the time limit".to_owned()),
            ..Self::failed(service, "*")
        }
    }

    /// Returns the error for an incomplete answer.
    pub(crate) fn without_answer(service: &'static str, operation: &'static str) -> Self {
        Self {
            kind: CallErrorKind::Foreign,
            message: Some("the answer is incomplete".to_owned()),
            ..Self::failed(service, operation)
        }
    }

    /// Returns the error for an answer with a truncated body.
    pub(crate) fn broken_off(
        service: &'static str,
        operation: &'static str,
        error: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Some(Box::new(innermost(error))),
            ..Self::failed(service, operation)
        }
    }

    /// Returns true if the service answered with this error code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Redacts the service's message and the cause; keeps kind and code.
    pub(crate) fn redact(&mut self, secrets: &Secrets) {
        self.message = secrets.option(self.message.take());
        let source = self.source.take();
        self.source = source.map(|source| NoAnswer(secrets.text(&source.to_string())).into());
    }

    /// Returns the error and its cause in one line.
    pub(crate) fn in_one_line(&self) -> String {
        match &self.source {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }

    fn answer(&self) -> String {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) if !message.is_empty() => {
                format!("answered {code}: {message}")
            }
            (Some(code), _) => format!("answered {code}"),
            (None, Some(message)) if !message.is_empty() => format!("failed: {message}"),
            (None, _) if self.source.is_none() => {
                let status = self.status.unwrap_or_default();
                match self.kind {
                    CallErrorKind::NotFound => "answered that it does not exist".to_owned(),
                    CallErrorKind::Denied => "is not allowed".to_owned(),
                    _ => format!("answered HTTP {status} without a reason"),
                }
            }
            (None, _) => match self.kind {
                CallErrorKind::Foreign | CallErrorKind::Throttled => {
                    "got an answer that is not from AWS".to_owned()
                }
                _ => "got no answer".to_owned(),
            },
        }
    }
}

/// Largest number of pages of a listing: 100,000 stack events or a million objects.
const MOST_PAGES: u32 = 1000;

/// Follows the pages of a listing, up to a limit.
pub(crate) struct Pages {
    service: &'static str,
    operation: &'static str,
    last: Option<String>,
    read: u32,
}

impl Pages {
    pub(crate) const fn of(service: &'static str, operation: &'static str) -> Self {
        Self {
            service,
            operation,
            last: None,
            read: 0,
        }
    }

    /// Records the token of the next page, and returns it; `None` at the end.
    ///
    /// # Errors
    ///
    /// Fails if the token repeats the previous one, or if the listing exceeds the limit.
    pub(crate) fn next(&mut self, token: Option<String>) -> Result<Option<String>, CallError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        self.read += 1;
        if self.read > MOST_PAGES || self.last.as_ref() == Some(&token) {
            return Err(CallError {
                kind: CallErrorKind::Foreign,
                message: Some("the pages of its answer never end".to_owned()),
                ..CallError::failed(self.service, self.operation)
            });
        }
        self.last = Some(token.clone());
        Ok(Some(token))
    }
}

/// Adds service and operation to the error of an SDK call.
pub(crate) trait CallExt<T> {
    /// Turns the SDK's error into a [`CallError`].
    fn call(self, service: &'static str, operation: &'static str) -> Result<T, CallError>;
}

impl<T, E> CallExt<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn call(self, service: &'static str, operation: &'static str) -> Result<T, CallError> {
        self.map_err(|error| CallError::new(service, operation, error))
    }
}

/// Error codes for credentials that a service does not accept.
///
/// # Source
///
/// "Common errors" of the API references of STS, SSM, CloudFormation and S3.
const CREDENTIALS_CODES: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Returns true if a raw answer refuses the credentials: only new credentials can help.
pub(crate) fn is_credentials_refusal(status: u16, body: &[u8]) -> bool {
    let text = || String::from_utf8_lossy(body);
    matches!(status, 400 | 401 | 403)
        && CREDENTIALS_CODES.iter().any(|code| {
            text().contains(&format!("{code}<")) || text().contains(&format!("{code}\""))
        })
}

/// Error codes for a fault of the service, at any HTTP status.
///
/// # Source
///
/// "Common errors" of the API references; S3 answers `CopyObject` and `CompleteMultipartUpload`
/// with status 200 before their result is known.
const FAULT_CODES: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

const THROTTLED_CODES: &[&str] = &[
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

pub(crate) fn kind_of(code: Option<&str>, status: Option<u16>) -> CallErrorKind {
    let code = code.unwrap_or_default();
    if CREDENTIALS_CODES.contains(&code) {
        return CallErrorKind::Credentials;
    }
    if THROTTLED_CODES.contains(&code) {
        return CallErrorKind::Throttled;
    }
    if FAULT_CODES.contains(&code) {
        return CallErrorKind::Unavailable;
    }
    if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" {
        return CallErrorKind::Denied;
    }
    if matches!(
        code,
        "NoSuchBucket"
            | "NoSuchKey"
            | "NotFound"
            | "ParameterNotFound"
            | "ChangeSetNotFound"
            | "ResourceNotFoundException"
    ) {
        return CallErrorKind::NotFound;
    }
    match status {
        Some(403) => CallErrorKind::Denied,
        Some(404) => CallErrorKind::NotFound,
        Some(429) => CallErrorKind::Throttled,
        Some(500..) => CallErrorKind::Unavailable,
        _ => CallErrorKind::Refused,
    }
}

/// Returns the error, then each of its causes.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| {
        (*cause).source()
    })
}

/// Returns the message of the deepest cause.
///
/// The errors above it only report that something below failed. For a file error, includes the
/// error above it, which contains the file's name.
fn innermost(error: impl Error + 'static) -> NoAnswer {
    let causes: Vec<&(dyn Error + 'static)> = causes(&error).collect();
    let is_of_file = |cause: &&(dyn Error + 'static)| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(
            kind,
            Some(io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
        )
    };
    NoAnswer(match &causes[..] {
        [.., above, deepest] if is_of_file(deepest) => format!("{above}: {deepest}"),
        causes => causes.last().map(ToString::to_string).unwrap_or_default(),
    })
}

/// The reason why there was no answer, from the error that contains it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoAnswer(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end() {
        let next = |pages: &mut Pages, token: &str| pages.next(Some(token.to_owned()));
        let mut pages = Pages::of("s3", "ListParts");
        assert_eq!(next(&mut pages, "1").unwrap().as_deref(), Some("1"));
        assert_eq!(next(&mut pages, "2").unwrap().as_deref(), Some("2"));
        assert_eq!(next(&mut pages, "").unwrap(), None);
        let error = next(&mut pages, "2").unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Foreign);
        let mut pages = Pages::of("s3", "ListParts");
        let mut numbers = (0..).map(|number| next(&mut pages, &number.to_string()));
        assert!(numbers.by_ref().take(1000).all(|page| page.is_ok()));
        assert!(numbers.next().unwrap().is_err());
    }

    #[test]
    fn a_redacted_error_keeps_its_kind_and_code() {
        let mut secrets = Secrets::default();
        secrets.add("Password", "hunter2".into());
        let mut error = CallError::broken_off("s3", "GetObject", NoAnswer("at hunter2".into()));
        error.code = Some("Broken".into());
        error.message = Some("got \"hunter2\"".into());
        error.redact(&secrets);
        let shown = error;
        assert_eq!(
            shown.in_one_line(),
            "`s3:GetObject` answered Broken: got \"****\": at ****"
        );
        assert_eq!(shown.kind, CallErrorKind::Unavailable);
        assert!(!format!("{shown:?}").contains("hunter2"));
    }

    #[test]
    fn forbidden_is_not_absent() {
        assert_eq!(kind_of(None, Some(403)), CallErrorKind::Denied);
        assert_eq!(
            kind_of(Some("NotFound"), Some(404)),
            CallErrorKind::NotFound
        );
        assert_eq!(
            kind_of(Some("InvalidClientTokenId"), Some(403)),
            CallErrorKind::Credentials
        );
        assert_eq!(
            kind_of(Some("Throttling"), Some(400)),
            CallErrorKind::Throttled
        );
        assert_eq!(kind_of(None, Some(429)), CallErrorKind::Throttled);
        assert_eq!(
            kind_of(Some("InternalFailure"), Some(500)),
            CallErrorKind::Unavailable
        );
        assert_eq!(
            kind_of(Some("ValidationError"), Some(400)),
            CallErrorKind::Refused
        );
    }
}
