//! Next steps after a failed request.

use std::error::Error;

use super::{CallError, CallErrorKind, causes};
use crate::advice::Advice;

impl CallError {
    /// Returns the next step that the error suggests, if any.
    pub fn advice(&self) -> Option<Advice> {
        let (service, operation) = (self.service, self.operation);
        let step = match (self.kind, self.code.as_deref().unwrap_or_default()) {
            (_, "RequestTimeTooSkewed") => {
                "set the clock of this machine: it is off by more than five minutes"
            }
            (_, "ExpiredToken" | "ExpiredTokenException") => {
                "the session has expired: get new credentials and run again"
            }
            (
                _,
                "InvalidClientTokenId"
                | "UnrecognizedClientException"
                | "InvalidAccessKeyId"
                | "AuthFailure"
                | "InvalidToken",
            ) => "check the access key: it may be inactive, deleted, or from another partition",
            (_, "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature") => {
                "check the secret access key: it does not belong to this access key ID"
            }
            (CallErrorKind::Denied, _) if self.to_string().contains("explicit deny") => {
                return Some(Advice::LiftDenial { service, operation });
            }
            (CallErrorKind::Credentials, "") if self.says("sso") => {
                "the session of IAM Identity Center is missing or has expired: run `aws sso login` with the profile"
            }
            (CallErrorKind::Denied, _) => return Some(Advice::Allow { service, operation }),
            (CallErrorKind::Unavailable, _) if self.source_says("certificate") => {
                "a proxy may be intercepting TLS: set `AWS_CA_BUNDLE` to the file with its certificate"
            }
            (CallErrorKind::Foreign, _) => {
                "a proxy or captive portal may have answered instead of AWS: check `HTTPS_PROXY` and the network, then run again"
            }
            (CallErrorKind::Throttled | CallErrorKind::Unavailable, _) => {
                "run again: completed steps are not repeated"
            }
            _ => return None,
        };
        Some(Advice::Do(step))
    }

    /// Returns true if the error or one of its causes contains the word, in any case.
    fn says(&self, word: &str) -> bool {
        causes(self).any(|error| error.to_string().to_ascii_lowercase().contains(word))
    }

    fn source_says(&self, word: &str) -> bool {
        let source = self.source();
        source.is_some_and(|source| source.to_string().contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(kind: CallErrorKind, code: Option<&str>, message: &str) -> Option<Advice> {
        let error = CallError {
            kind,
            code: code.map(str::to_owned),
            message: Some(message.to_owned()),
            ..CallError::failed("s3", "PutObject")
        };
        error.advice()
    }

    #[test]
    fn a_denial_names_the_permission_and_an_explicit_one_the_policy() {
        let (service, operation) = ("s3", "PutObject");
        let denied = |message| advice(CallErrorKind::Denied, Some("AccessDenied"), message);
        assert_eq!(
            denied("Access Denied"),
            Some(Advice::Allow { service, operation })
        );
        assert_eq!(
            denied("not authorized, with an explicit deny in a resource-based policy"),
            Some(Advice::LiftDenial { service, operation })
        );
    }

    #[test]
    fn what_is_wrong_with_credentials_is_told_apart_by_the_code() {
        let of = |code| match advice(CallErrorKind::Credentials, code, "no") {
            Some(Advice::Do(step)) => step,
            other => panic!("{code:?}: {other:?}"),
        };
        assert!(of(Some("ExpiredToken")).contains("expired"));
        assert!(of(Some("InvalidClientTokenId")).contains("partition"));
        assert!(of(Some("SignatureDoesNotMatch")).contains("secret"));
        let sso = advice(CallErrorKind::Credentials, None, "the SSO token is gone");
        assert!(matches!(sso, Some(Advice::Do(step)) if step.contains("sso login")));
        assert_eq!(advice(CallErrorKind::Credentials, None, "none"), None);
        assert_eq!(
            advice(CallErrorKind::Refused, Some("ValidationError"), "no"),
            None
        );
    }
}
