//! Exchanges a token for a session.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::sleep;

use super::role::WebIdentity;
use crate::call::{CallError, CallErrorKind, CallExt};

/// Maximum number of attempts at an exchange that fails temporarily.
const ATTEMPTS: u32 = 5;

/// Time between two attempts.
const PAUSE: Duration = Duration::from_secs(2);

/// An error in exchanging a token for a session.
#[derive(Debug, thiserror::Error)]
#[error("cannot assume role `{role}` with a web identity token")]
pub(crate) struct AssumeError {
    /// The role.
    pub role: String,
    /// The error of STS, which names the part of the token that it refuses.
    pub source: CallError,
}

/// Exchanges a token for a session of the role.
///
/// * `sts`: a client of the target region, without credentials: the request is not signed.
///
/// # Errors
///
/// [`AssumeError`], after some attempts if STS may not have reached the issuer.
///
/// # Source
///
/// STS API reference, `AssumeRoleWithWebIdentity`: `IDPCommunicationError` is
/// transient. aws-cli#7194: so is "Couldn't retrieve verification key".
pub(crate) async fn assume(
    sts: &aws_sdk_sts::Client,
    identity: &WebIdentity,
    token: &SecretString,
) -> Result<Credentials, AssumeError> {
    let fail = |source| AssumeError {
        role: identity.role.to_string(),
        source,
    };
    let mut attempt = 1;
    let answer = loop {
        let answer = sts
            .assume_role_with_web_identity()
            .role_arn(identity.role.as_str())
            .role_session_name(&identity.session_name)
            .web_identity_token(token.expose_secret())
            .send()
            .await
            .call("sts", "AssumeRoleWithWebIdentity");
        match answer {
            Err(error) if attempt < ATTEMPTS && may_pass(&error) => {
                tracing::debug!(%error, attempt, "the token is exchanged again");
                attempt += 1;
                sleep(PAUSE).await;
            }
            answer => break answer.map_err(fail)?,
        }
    };
    let session = answer.credentials.ok_or_else(|| {
        fail(CallError::without_answer(
            "sts",
            "AssumeRoleWithWebIdentity",
        ))
    })?;
    let end = SystemTime::try_from(session.expiration).ok();
    Ok(Credentials::new(
        session.access_key_id,
        session.secret_access_key,
        Some(session.session_token),
        end,
        "WebIdentity",
    ))
}

fn may_pass(error: &CallError) -> bool {
    let message = error.message.as_deref().unwrap_or_default();
    error.has_code("IDPCommunicationError")
        || matches!(
            error.kind,
            CallErrorKind::Throttled | CallErrorKind::Foreign
        )
        || (error.has_code("InvalidIdentityToken") && message.contains("verification key"))
}
