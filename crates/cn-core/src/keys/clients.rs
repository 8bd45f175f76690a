//! Clients of the target's services that any access key can sign for, and the requests to IAM.

use std::fmt;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use cn_template::Region;

use super::facts::{KeyId, Slot, SlotStatus, Use, UserName};
use crate::call::{CallError, CallExt};
use crate::session::{AccessKey, AccountId, Caller, Target, VerifyError, verify};
use crate::timestamp::Timestamp;

/// The target's endpoints, for changing access keys.
#[derive(Clone)]
pub(crate) struct Signers {
    region: Region,
    config: SdkConfig,
    /// Access key IDs of the home identity.
    foreign: Vec<String>,
}

/// Omits the configuration, which would show credentials.
impl fmt::Debug for Signers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signers")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Clients whose requests one identity signs.
#[derive(Clone, Debug)]
pub(crate) struct KeyClients {
    /// Identity and Access Management.
    pub(super) iam: aws_sdk_iam::Client,
    /// S3, CloudFormation and STS of the target region.
    pub(super) target: Target,
}

impl Signers {
    /// Creates signers with the endpoints, retries and time limits of a configuration.
    ///
    /// * `config`: its credentials are never used.
    /// * `foreign`: identifiers of keys that never sign here, those of the home identity.
    pub(super) fn new(region: Region, config: SdkConfig, foreign: Vec<String>) -> Self {
        Self {
            region,
            config,
            foreign,
        }
    }

    /// Verifies the owner of a key with STS. Refuses the keys of the home identity.
    pub(super) async fn verify(
        &self,
        key: &AccessKey,
        expected: Option<&AccountId>,
    ) -> Result<Caller, VerifyError> {
        if self.foreign.iter().any(|id| id == key.id()) {
            let access_key_id = key.id().to_owned();
            return Err(VerifyError::OfHome { access_key_id });
        }
        verify(self.of(key).target.sts(), &self.region, expected).await
    }

    /// Returns clients that an access key signs for.
    pub(super) fn of(&self, key: &AccessKey) -> KeyClients {
        let provider = SharedCredentialsProvider::new(key.credentials());
        let config = self
            .config
            .to_builder()
            .credentials_provider(provider)
            .identity_cache(IdentityCache::no_cache())
            .build();
        KeyClients::from(Target::new(self.region.clone(), &config))
    }
}

impl From<Target> for KeyClients {
    fn from(target: Target) -> Self {
        Self {
            iam: target.iam(),
            target,
        }
    }
}

impl KeyClients {
    /// Lists the user's access keys, without their last use.
    pub(crate) async fn list(&self, user: &UserName) -> Result<Vec<Slot>, CallError> {
        let listed = self
            .iam
            .list_access_keys()
            .user_name(user.as_str())
            .send()
            .await
            .call("iam", "ListAccessKeys")?;
        Ok(listed
            .access_key_metadata
            .into_iter()
            .filter_map(slot)
            .collect())
    }

    /// Reads the owner of a key, and the time and service of its last use.
    pub(super) async fn last_used(
        &self,
        key: &KeyId,
    ) -> Result<(Option<UserName>, Option<Use>), CallError> {
        let answer = self
            .iam
            .get_access_key_last_used()
            .access_key_id(key.as_str())
            .send()
            .await
            .call("iam", "GetAccessKeyLastUsed")?;
        let user = answer.user_name.and_then(|name| UserName::new(&name));
        let last = answer.access_key_last_used.and_then(|used| {
            Some(Use {
                at: Timestamp::from(used.last_used_date.as_ref()?),
                service: used.service_name,
            })
        });
        Ok((user, last))
    }

    /// Creates an access key with a single attempt: a retry would create another key.
    ///
    /// # Source
    ///
    /// IAM API reference, `CreateAccessKey`: the request has no client token.
    pub(super) async fn create(&self, user: &UserName) -> Result<AccessKey, CallError> {
        let once = aws_sdk_iam::config::Builder::new().retry_config(RetryConfig::disabled());
        let created = self
            .iam
            .create_access_key()
            .user_name(user.as_str())
            .customize()
            .config_override(once)
            .send()
            .await
            .call("iam", "CreateAccessKey")?;
        let key = created.access_key;
        key.and_then(|key| {
            let id = key.access_key_id.into();
            AccessKey::new(&id, key.secret_access_key.into()).ok()
        })
        .ok_or_else(|| CallError::without_answer("iam", "CreateAccessKey"))
    }

    /// Activates or deactivates a key. The request may be repeated.
    pub(super) async fn set_status(
        &self,
        user: &UserName,
        key: &KeyId,
        status: SlotStatus,
    ) -> Result<(), CallError> {
        let status = match status {
            SlotStatus::Active => StatusType::Active,
            SlotStatus::Inactive => StatusType::Inactive,
        };
        self.iam
            .update_access_key()
            .user_name(user.as_str())
            .access_key_id(key.as_str())
            .status(status)
            .send()
            .await
            .call("iam", "UpdateAccessKey")
            .map(drop)
    }

    /// Deletes a key. A key that does not exist counts as deleted.
    pub(crate) async fn delete(&self, user: &UserName, key: &KeyId) -> Result<(), CallError> {
        let deleted = self
            .iam
            .delete_access_key()
            .user_name(user.as_str())
            .access_key_id(key.as_str())
            .send()
            .await
            .call("iam", "DeleteAccessKey");
        match deleted {
            Err(error) if !error.has_code("NoSuchEntity") => Err(error),
            _ => Ok(()),
        }
    }
}

fn slot(key: AccessKeyMetadata) -> Option<Slot> {
    Some(Slot {
        id: KeyId::new(&key.access_key_id?),
        status: match key.status? {
            StatusType::Active => SlotStatus::Active,
            _ => SlotStatus::Inactive,
        },
        created: Timestamp::from(key.create_date.as_ref()?),
        last_used: None,
        first_stored: None,
    })
}
