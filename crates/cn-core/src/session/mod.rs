//! The two identities of a run, their regions and their clients.
//!
//! **home** is the build's own identity. It only accesses SSM parameters and signs web identity
//! tokens. **target** acts in the target region. All clients are built here: the credentials of one
//! identity cannot reach a client of the other's region, and the regions and keys in the
//! environment apply to home only.
//!
//! Everything is loaded at its first use: a run that needs no home identity never loads the home
//! credentials.

mod account;
mod child;
mod clients;
mod connect;
mod endpoint;
mod error;
mod home;
mod process;
mod renew;
mod request;
mod resolve;
mod sdk;
mod stored;
mod temporary;
#[cfg(test)]
mod tests;
mod trust;
mod tune;
mod typed;
mod verify;

use std::sync::Mutex;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cn_template::Region;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::answer::client;
use crate::call::CallErrorKind;
use crate::mutex::lock;
use crate::parameter::{self, ParameterName};
use crate::profile::{ProfileName, ProfileTexts};
use crate::timestamp::Timestamp;
use crate::web_identity::TokenSource;

#[cfg(feature = "package")]
pub(crate) use tune::has_bbr;

#[cfg(feature = "keys")]
use home::keys_foreign_to;
use home::{check_home, keys_of_home};
use renew::{Renewing, Source};
use resolve::{Resolved, region_of, resolve};

pub use crate::access_key::AccessKey;
pub use account::AccountId;
pub use clients::{Home, Target};
pub use error::{ResolveError, SessionError};
pub use process::ProcessCommand;
pub use request::{Environment, Identity, SessionRequest};
pub use stored::{KeyStore, StoredKeyError};
pub(crate) use stored::{StoredKey, pair_key};
pub(crate) use stored::{from_json, to_json};
pub(crate) use verify::verify;
pub use verify::{Caller, VerifyError};

/// Number of times to read parameters with a key before a refusal of the key is an error.
const READINGS: u32 = 4;

/// Time between two readings. The two writes of a rotation are closer together.
const BETWEEN_READINGS: Duration = Duration::from_secs(1);

/// The identities of a run. Clients and credentials are loaded at their first use.
#[derive(Debug)]
pub struct Session {
    request: SessionRequest,
    resolved: Resolved,
    texts: ProfileTexts,
    access_key: Mutex<Option<StoredKey>>,
    home: OnceCell<Home>,
    target: OnceCell<Target>,
    caller: OnceCell<Caller>,
}

impl SessionRequest {
    /// Returns only the target region, for runs without requests: no credentials are needed.
    ///
    /// Cost: reads at most two small files; no requests.
    ///
    /// # Errors
    ///
    /// [`SessionError::Resolve`] or [`SessionError::Files`].
    pub fn region(&self) -> Result<Region, SessionError> {
        let texts = self.environment.files.read()?;
        Ok(region_of(self, &texts)?)
    }
}

impl Session {
    /// Determines the region and identity of the target from the request and the shared files.
    ///
    /// Cost: reads two small files; no requests.
    ///
    /// # Errors
    ///
    /// [`SessionError::Resolve`] or [`SessionError::Files`].
    pub fn open(request: SessionRequest) -> Result<Self, SessionError> {
        let texts = request.environment.files.read()?;
        let resolved = resolve(&request, &texts)?;
        Ok(Self::of(request, resolved, texts))
    }

    /// Opens a session whose target has the given identity, regardless of the profiles.
    ///
    /// The region is the request's, or else that of its profile.
    ///
    /// Cost: reads two small files; no requests.
    ///
    /// # Errors
    ///
    /// [`SessionError::Resolve`] without a region, or if the home identity would be the target's;
    /// [`SessionError::Files`].
    pub fn open_as(request: SessionRequest, identity: Identity) -> Result<Self, SessionError> {
        let texts = request.environment.files.read()?;
        let region = region_of(&request, &texts)?;
        let resolved = Resolved { region, identity };
        check_home(&request, resolved.both(), &texts)?;
        Ok(Self::of(request, resolved, texts))
    }

    /// Opens a session for a profile that is about to be written for the given identity.
    ///
    /// The current content of the profile does not matter. The profile must not be the home
    /// identity's, because it will become the target's.
    ///
    /// * `request`: its target names the profile; without a name, it is `china`.
    ///
    /// The cost is that of [`open_as`](Self::open_as).
    ///
    /// # Errors
    ///
    /// The errors of [`open_as`](Self::open_as).
    pub fn for_profile(request: SessionRequest, identity: Identity) -> Result<Self, SessionError> {
        let texts = request.environment.files.read()?;
        let region = region_of(&request, &texts)?;
        let profile = request.profile.clone();
        let written = Resolved {
            region: region.clone(),
            identity: Identity::Profile(profile.unwrap_or_else(ProfileName::china)),
        };
        check_home(&request, written.both(), &texts)?;
        Ok(Self::of(request, Resolved { region, identity }, texts))
    }

    fn of(request: SessionRequest, resolved: Resolved, texts: ProfileTexts) -> Self {
        tracing::debug!(region = %resolved.region, identity = %resolved.identity, "session");
        Self {
            request,
            resolved,
            texts,
            access_key: Mutex::new(None),
            home: OnceCell::new(),
            target: OnceCell::new(),
            caller: OnceCell::new(),
        }
    }

    /// Returns the target region.
    pub fn region(&self) -> &Region {
        &self.resolved.region
    }

    /// Returns the source of the target's credentials.
    pub fn identity(&self) -> &Identity {
        &self.resolved.identity
    }

    /// Returns the account of the target, if known.
    ///
    /// It is the verified account, or else the one that the request expects.
    pub fn account(&self) -> Option<&AccountId> {
        let verified = self.caller.get().map(|caller| &caller.account);
        verified.or(self.request.account.as_ref())
    }

    /// Returns the target's clients.
    ///
    /// Cost: none; if the key is in SSM parameters, one request to the home account at the first
    /// call.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if the access key cannot be read from SSM.
    pub async fn target(&self) -> Result<&Target, SessionError> {
        self.target.get_or_try_init(|| self.load_target()).await
    }

    /// Returns the home identity's clients.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if no home region is set or the home identity would be the target's.
    pub async fn home(&self) -> Result<&Home, SessionError> {
        self.home.get_or_try_init(|| self.load_home()).await
    }

    /// Reads the values of parameters in the home account.
    ///
    /// # Errors
    ///
    /// The errors of [`home`](Self::home), or [`SessionError::Parameter`].
    pub async fn parameters(
        &self,
        names: &[ParameterName],
    ) -> Result<Vec<SecretString>, SessionError> {
        let values = self.parameter_values(names).await?;
        Ok(values.into_iter().map(|value| value.text).collect())
    }

    /// Reads parameters of the home account, including their types.
    ///
    /// # Errors
    ///
    /// The errors of [`home`](Self::home), or [`SessionError::Parameter`].
    pub(crate) async fn parameter_values(
        &self,
        names: &[ParameterName],
    ) -> Result<Vec<parameter::Value>, SessionError> {
        // Without names, no home identity is needed.
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let home = self.home().await?;
        let values = parameter::read(home.ssm(), home.region(), names).await;
        values.map_err(|error| SessionError::Parameter(Box::new(error)))
    }

    /// Verifies the target identity with STS. `None` if the request turns the check off.
    ///
    /// Call it before the first write. The response must name the partition of the target region,
    /// and the expected account if the request has one.
    ///
    /// Cost: one request, at the first call.
    ///
    /// # Errors
    ///
    /// [`SessionError::Verify`] if the identity is a different one, or the request fails.
    pub async fn verify_target(&self) -> Result<Option<&Caller>, SessionError> {
        if !self.request.identity_check {
            return Ok(None);
        }
        let caller = self.caller.get_or_try_init(async || {
            let target = self.target().await?;
            let account = self.request.account.as_ref();
            let mut readings = 1;
            loop {
                let source = match verify(target.sts(), target.region(), account).await {
                    Ok(caller) => return Ok(caller),
                    Err(source) => source,
                };
                match (&self.resolved.identity, &source) {
                    // A rotation may be between its two writes.
                    (Identity::Parameters(keys), VerifyError::Call(call))
                        if call.kind == CallErrorKind::Credentials && readings < READINGS =>
                    {
                        readings += 1;
                        tokio::time::sleep(BETWEEN_READINGS).await;
                        let fresh = self.read_key(keys).await?;
                        *lock(&self.access_key) = Some(fresh);
                    }
                    (identity, _) => {
                        return Err(SessionError::Verify {
                            identity: Box::new(identity.clone()),
                            region: target.region().clone(),
                            source: Box::new(source),
                        });
                    }
                }
            }
        });
        caller.await.map(Some)
    }

    /// Returns the keys of the home identity that must not sign for the target's region.
    #[cfg(feature = "keys")]
    pub(crate) fn foreign_keys(&self) -> Result<Vec<String>, SessionError> {
        Ok(keys_foreign_to(&self.request, self.region(), &self.texts)?)
    }

    async fn load_target(&self) -> Result<Target, SessionError> {
        let region = &self.resolved.region;
        let environment = &self.request.environment;
        let foreign = keys_of_home(&self.request, self.resolved.both(), &self.texts)?;
        let (config, renewing) = match &self.resolved.identity {
            Identity::Profile(name) => {
                let config =
                    sdk::profile_config(environment, &self.texts, name, Some(region)).await?;
                let source = Source::Profile {
                    name: name.clone(),
                    files: self.request.environment.files.clone(),
                    region: region.clone(),
                };
                (config, Renewing::new(source, foreign, None))
            }
            Identity::DefaultChain => {
                let loader = sdk::loader(environment)?.region(sdk::region(region));
                let config = sdk::load(loader.profile_files(sdk::files(&self.texts))).await?;
                return Ok(Target::new(region.clone(), &config));
            }
            Identity::WebIdentity(identity) => {
                let config = self.endpoints().await?;
                let kms = match &identity.source {
                    TokenSource::Kms(_) => Some(self.home().await?.kms().clone()),
                    TokenSource::File(_) | TokenSource::Command(_) => None,
                };
                let source = Source::WebIdentity {
                    identity: identity.clone(),
                    kms,
                    sts: client!(aws_sdk_sts, aws_sdk_sts::config::Builder::from(&config)),
                };
                (config, Renewing::new(source, foreign, None))
            }
            Identity::Parameters(keys) => {
                let key = self.access_key(keys).await?;
                if foreign.iter().any(|other| other == key.id()) {
                    let access_key_id = key.id().to_owned();
                    return Err(ResolveError::SameKey { access_key_id }.into());
                }
                let credentials = key.credentials();
                let home = self.home().await?;
                let source = Source::Parameters {
                    ssm: home.ssm().clone(),
                    home: home.region().clone(),
                    names: keys.clone(),
                };
                // Settings of a profile belong to home: they must not redirect requests of the
                // target.
                let loader = sdk::loader(environment)?
                    .region(sdk::region(region))
                    .profile_files(sdk::no_files());
                let config = sdk::load(loader).await?;
                (config, Renewing::new(source, foreign, Some(credentials)))
            }
        };
        // Refused credentials must not come from a cache again.
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(renewing.clone()))
            .identity_cache(IdentityCache::no_cache())
            .build();
        Ok(Target::renewed_by(region.clone(), &config, Some(&renewing)))
    }

    async fn load_home(&self) -> Result<Home, SessionError> {
        check_home(&self.request, self.resolved.both(), &self.texts)?;
        Home::open(&self.request, &self.texts).await
    }

    /// Returns the access key in parameters of the home account, as last read.
    ///
    /// Cost: one request, at the first call.
    ///
    /// # Errors
    ///
    /// [`SessionError::Keys`], [`SessionError::Key`], or the errors of [`home`](Self::home).
    pub async fn access_key(&self, keys: &KeyStore) -> Result<AccessKey, SessionError> {
        let known = lock(&self.access_key).clone();
        let stored = match known {
            Some(stored) => stored,
            None => self.read_key(keys).await?,
        };
        let key = stored.key()?;
        *lock(&self.access_key) = Some(stored);
        Ok(key)
    }

    /// Returns the time when the access key was written into the parameters, if the key was read.
    pub(crate) fn access_key_written(&self) -> Option<Timestamp> {
        lock(&self.access_key).as_ref().and_then(StoredKey::written)
    }

    /// Returns the parameters with an unencrypted secret of the access key, if it was read.
    pub(crate) fn plain_key_parameters(&self) -> Vec<ParameterName> {
        let key = lock(&self.access_key);
        key.as_ref().map_or_else(Vec::new, StoredKey::plain)
    }

    /// Returns the credentials that sign for the target, for another program.
    ///
    /// # Errors
    ///
    /// The errors of [`target`](Self::target), and [`SessionError::Credentials`].
    pub async fn credentials(&self) -> Result<Credentials, SessionError> {
        self.target().await?.credentials().await
    }

    /// Returns the endpoints, retries and time limits of the target.
    ///
    /// They have no credentials, because the access keys change.
    ///
    /// # Errors
    ///
    /// [`SessionError::Trust`] or [`SessionError::Endpoint`].
    pub(crate) async fn endpoints(&self) -> Result<SdkConfig, SessionError> {
        // Settings of a profile belong to home: they must not redirect requests of the target.
        let loader = sdk::loader(&self.request.environment)?
            .region(sdk::region(&self.resolved.region))
            .profile_files(sdk::no_files())
            .no_credentials();
        sdk::load(loader).await
    }

    async fn read_key(&self, keys: &KeyStore) -> Result<StoredKey, SessionError> {
        let home = self.home().await?;
        let stored = StoredKey::read(home.ssm(), home.region(), keys).await;
        stored.map_err(|source| SessionError::Keys {
            region: self.resolved.region.clone(),
            source: Box::new(source),
        })
    }
}
