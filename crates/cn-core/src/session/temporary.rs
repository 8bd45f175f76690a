//! Sessions of the target identity, for programs that outlive this run.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

use super::{Identity, Session, SessionError};
use crate::call::{CallError, CallExt};

impl Session {
    /// Gets temporary credentials of the target identity.
    ///
    /// A web identity already has temporary credentials. For an access key, STS creates a session,
    /// which cannot call IAM, and STS only for `AssumeRole` and `GetCallerIdentity`.
    ///
    /// * `lifetime`: the lifetime of a session for an access key, 15 minutes to 36 hours. The
    ///   credentials of a web identity expire with the session of its role.
    ///
    /// Cost: one request.
    ///
    /// # Errors
    ///
    /// The errors of [`target`](Self::target), and [`SessionError::Temporary`].
    ///
    /// # Source
    ///
    /// STS API reference, `GetSessionToken`.
    pub async fn temporary(&self, lifetime: Duration) -> Result<Credentials, SessionError> {
        if matches!(self.identity(), Identity::WebIdentity(_)) {
            return self.credentials().await;
        }
        let sts = self.target().await?.sts();
        let seconds = i32::try_from(lifetime.as_secs()).unwrap_or(i32::MAX);
        let request = sts.get_session_token().duration_seconds(seconds);
        let answer = request.send().await.call("sts", "GetSessionToken");
        let session = answer.and_then(|answer| {
            let incomplete = || CallError::without_answer("sts", "GetSessionToken");
            answer.credentials.ok_or_else(incomplete)
        });
        let session = session.map_err(|source| SessionError::Temporary {
            identity: Box::new(self.identity().clone()),
            source,
        })?;
        Ok(Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            Some(session.session_token),
            SystemTime::try_from(session.expiration).ok(),
            "SessionToken",
        ))
    }
}
