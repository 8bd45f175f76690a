//! Deactivates a leaked key, and denies the sessions made with it.

use serde_json::json;

use super::clients::{KeyClients, Signers};
use super::facts::{KeyId, SlotStatus, UserName};
use super::proof::Pacing;
use super::read::patiently;
use crate::call::{CallError, CallExt};
use crate::session::AccessKey;
use crate::timestamp::Timestamp;

/// Name of the inline policy that denies sessions.
///
/// It is fixed, so that a second run replaces the policy.
pub const DENY_POLICY: &str = "cn-keys-revoked-sessions";

/// The signer of a revocation.
#[derive(Clone, Debug)]
pub enum Revoker {
    /// An administrator, who can also deny the sessions.
    Admin(Box<KeyClients>),
    /// A key of the same user, which can only deactivate the user's keys.
    User {
        /// The target's endpoints.
        signers: Box<Signers>,
        /// The key.
        key: AccessKey,
    },
}

/// A revoked key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The key, now inactive.
    pub key: KeyId,
    /// Its user.
    pub user: UserName,
    /// True if earlier sessions are denied.
    pub is_denied: bool,
    /// The policy that denies the sessions.
    pub policy: String,
}

/// An error in a revocation.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// IAM does not return a user with that key.
    #[error("IAM does not say who owns access key `{key}`")]
    Unknown {
        /// The key.
        key: KeyId,
        /// The cause.
        source: CallError,
    },
    /// The key is still active.
    #[error("cannot deactivate access key `{key}`")]
    Deactivate {
        /// The key.
        key: KeyId,
        /// The cause.
        source: CallError,
    },
    /// The key is inactive, but its sessions are not denied.
    #[error("access key `{key}` is inactive, but its sessions stay valid: cannot deny them")]
    Deny {
        /// The key.
        key: KeyId,
        /// The policy to attach.
        policy: String,
        /// The cause.
        source: CallError,
    },
}

/// Returns the policy that denies everything to sessions issued before a given time.
///
/// Requests that an access key itself signs have no `aws:TokenIssueTime` and are not denied.
///
/// # Source
///
/// IAM user guide, "Disabling permissions for temporary security credentials":
/// sessions cannot be revoked, and stay valid up to 36 hours after their key is
/// deleted.
pub(crate) fn deny_policy(before: Timestamp) -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": before.to_string()}},
        }],
    });
    policy.to_string()
}

/// Deactivates a key and, as an administrator, denies the sessions made before `now`.
///
/// # Errors
///
/// [`RevokeError`]; its variant shows if the key is still active.
pub async fn revoke(
    revoker: &Revoker,
    key: &KeyId,
    now: Timestamp,
    pacing: &Pacing,
) -> Result<Revoked, RevokeError> {
    let clients = match revoker {
        Revoker::Admin(clients) => (**clients).clone(),
        Revoker::User { signers, key } => signers.of(key),
    };
    let user = clients.owner_of(key).await.map_err(|source| {
        let key = key.clone();
        RevokeError::Unknown { key, source }
    })?;
    patiently(pacing, pacing.patience, async || {
        clients.set_status(&user, key, SlotStatus::Inactive).await
    })
    .await
    .map_err(|source| {
        let key = key.clone();
        RevokeError::Deactivate { key, source }
    })?;
    let policy = deny_policy(now);
    let is_denied = matches!(revoker, Revoker::Admin(_));
    if is_denied {
        let denied = patiently(pacing, pacing.patience, async || {
            clients.put_user_policy(&user, &policy).await
        });
        if let Err(source) = denied.await {
            let key = key.clone();
            return Err(RevokeError::Deny {
                key,
                policy,
                source,
            });
        }
    }
    Ok(Revoked {
        key: key.clone(),
        user,
        is_denied,
        policy,
    })
}

impl KeyClients {
    /// Returns the user that a key of the account belongs to, from IAM.
    pub(crate) async fn owner_of(&self, key: &KeyId) -> Result<UserName, CallError> {
        let (user, _) = self.last_used(key).await?;
        user.ok_or_else(|| CallError::without_answer("iam", "GetAccessKeyLastUsed"))
    }

    async fn put_user_policy(&self, user: &UserName, policy: &str) -> Result<(), CallError> {
        self.iam
            .put_user_policy()
            .user_name(user.as_str())
            .policy_name(DENY_POLICY)
            .policy_document(policy)
            .send()
            .await
            .call("iam", "PutUserPolicy")
            .map(drop)
    }
}
