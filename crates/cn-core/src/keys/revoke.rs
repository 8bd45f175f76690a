//! Deactivates a leaked key, and denies the sessions made with it.

use serde_json::json;

use super::clients::KeyClients;
use super::facts::{Facts, KeyId, SlotStatus, UserName};
use super::proof::Pacing;
use super::read::{Keeper, patiently};
use crate::call::{CallError, CallExt};
use crate::session::{Session, SessionError};
use crate::timestamp::Timestamp;

/// The signer of a revocation.
#[derive(Clone, Debug)]
pub struct Revoker {
    clients: KeyClients,
    /// True for an administrator, who can also deny the sessions.
    is_admin: bool,
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

impl Revoked {
    /// The name of the inline policy that denies sessions, so that a second run replaces it.
    pub const POLICY_NAME: &str = "cn-keys-revoked-sessions";
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

impl Revoker {
    /// Takes the verified target identity of a session: an administrator.
    ///
    /// # Errors
    ///
    /// The errors of [`Session::verify_target`].
    pub async fn admin(session: &Session) -> Result<Self, SessionError> {
        session.verify_target().await?;
        Ok(Self {
            clients: session.target().await?.clone().into(),
            is_admin: true,
        })
    }

    /// Takes the key of the same user that works; it can deactivate the user's keys, and
    /// cannot deny the sessions.
    pub fn user(keeper: &Keeper, facts: &Facts) -> Self {
        Self {
            clients: keeper.signers.of(&facts.current),
            is_admin: false,
        }
    }

    /// Deactivates a key and, as an administrator, denies the sessions made before `now`.
    ///
    /// # Errors
    ///
    /// [`RevokeError`]; its variant shows if the key is still active.
    pub async fn revoke(
        &self,
        key: &KeyId,
        now: Timestamp,
        pacing: &Pacing,
    ) -> Result<Revoked, RevokeError> {
        let clients = &self.clients;
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
        if self.is_admin {
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
            is_denied: self.is_admin,
            policy,
        })
    }
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
            .policy_name(Revoked::POLICY_NAME)
            .policy_document(policy)
            .send()
            .await
            .call("iam", "PutUserPolicy")
            .map(drop)
    }
}
