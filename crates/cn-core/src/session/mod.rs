//! The two identities of a run, their regions and their clients.
//!
//! **home** is the build's own identity and reads SSM parameters, nothing
//! else. **target** acts in the target region. This is the only place where a
//! client is built: neither identity's credentials can reach a client of the
//! other's region, and what the environment says of regions and keys is home's
//! alone.
//!
//! Nothing is loaded before it is used: a run that reads no parameter never
//! asks for the home credentials.

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

use std::sync::{Mutex, MutexGuard, PoisonError};
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
pub use child::target_variables;
pub use clients::{Home, Target};
pub use error::SessionError;
pub use home::HomeError;
pub use process::ProcessCommand;
pub use request::{Environment, HomeRequest, Identity, SessionRequest, TargetRequest};
pub use resolve::ResolveError;
pub use stored::{KeyStore, StoredKeyError};
pub(crate) use stored::{StoredKey, pair_key};
pub(crate) use stored::{from_json, to_json};
pub(crate) use verify::verify;
pub use verify::{Caller, VerifyError};

/// Times that parameters with a key are read before a refusal of the key is an error.
const READINGS: u32 = 4;

/// Time between two readings; the two writes of a rotation are closer together.
const BETWEEN_READINGS: Duration = Duration::from_secs(1);

/// The identities of a run; clients and credentials are loaded at their first use.
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
    /// The target region alone, for runs that send nothing: nobody's credentials are needed.
    ///
    /// Cost: two small files at most; no request goes out.
    ///
    /// # Errors
    ///
    /// [`SessionError::Resolve`] or [`SessionError::Files`].
    pub fn region(&self) -> Result<Region, SessionError> {
        let texts = self.environment.files.read()?;
        Ok(region_of(&self.target, &texts)?)
    }
}

impl Session {
    /// Decides region and identity of the target from the request and the shared files.
    ///
    /// Cost: two small files; no request goes out.
    ///
    /// # Errors
    ///
    /// [`SessionError::Resolve`] or [`SessionError::Files`].
    pub fn open(request: SessionRequest) -> Result<Self, SessionError> {
        let texts = request.environment.files.read()?;
        let resolved = resolve(&request, &texts)?;
        Ok(Self::of(request, resolved, texts))
    }

    /// Opens a session whose target has a given identity, whatever the profiles say.
    ///
    /// The region is the request's, else that of its profile.
    ///
    /// Cost: two small files; no request goes out.
    ///
    /// # Errors
    ///
    /// [`SessionError::Resolve`] without a region, [`SessionError::Home`] when the
    /// home identity would be the target's, [`SessionError::Files`].
    pub fn open_as(request: SessionRequest, identity: Identity) -> Result<Self, SessionError> {
        let texts = request.environment.files.read()?;
        let region = region_of(&request.target, &texts)?;
        let resolved = Resolved { region, identity };
        check_home(&request, resolved.both(), &texts)?;
        Ok(Self::of(request, resolved, texts))
    }

    /// Opens a session for the profile that is about to get its identity.
    ///
    /// The identity is the given one, whatever the profile says now. The profile must
    /// not be the home identity's: it is about to become the target's.
    ///
    /// * `request`: its target names the profile; without one it is `china`.
    ///
    /// Cost and errors are those of [`open_as`](Self::open_as).
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn for_profile(request: SessionRequest, identity: Identity) -> Result<Self, SessionError> {
        let texts = request.environment.files.read()?;
        let region = region_of(&request.target, &texts)?;
        let profile = request.target.profile.clone();
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

    /// The target region.
    pub fn region(&self) -> &Region {
        &self.resolved.region
    }

    /// The source of the target's credentials.
    pub fn identity(&self) -> &Identity {
        &self.resolved.identity
    }

    /// The account of the target, as far as it is known: verified, else asked for.
    pub fn account(&self) -> Option<&AccountId> {
        let verified = self.caller.get().map(|caller| &caller.account);
        verified.or(self.request.target.account.as_ref())
    }

    /// The target's clients.
    ///
    /// Cost: once, nothing but memory; with a key in SSM parameters, one
    /// request to the home account.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when the access key cannot be read from SSM.
    pub async fn target(&self) -> Result<&Target, SessionError> {
        self.target.get_or_try_init(|| self.load_target()).await
    }

    /// The home identity's client.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when no home region is set or the home identity would
    /// be the target's.
    pub async fn home(&self) -> Result<&Home, SessionError> {
        self.home.get_or_try_init(|| self.load_home()).await
    }

    /// Reads the value of parameters of the home account.
    ///
    /// # Errors
    ///
    /// [`SessionError`] as of [`home`](Self::home), or [`SessionError::Parameter`].
    pub async fn parameters(
        &self,
        names: &[ParameterName],
    ) -> Result<Vec<SecretString>, SessionError> {
        let home = self.home().await?;
        let values = parameter::read(home.ssm(), home.region(), names).await;
        values.map_err(|error| SessionError::Parameter(Box::new(error)))
    }

    /// Reads parameters of the home account, with what kind each is.
    ///
    /// # Errors
    ///
    /// [`SessionError`] as of [`home`](Self::home), or [`SessionError::Parameter`].
    pub(crate) async fn parameter_values(
        &self,
        names: &[ParameterName],
    ) -> Result<Vec<parameter::Value>, SessionError> {
        let home = self.home().await?;
        let values = parameter::read_values(home.ssm(), home.region(), names).await;
        values.map_err(|error| SessionError::Parameter(Box::new(error)))
    }

    /// Asks STS who the target identity is; none when the request says not to ask.
    ///
    /// Call it before the first write. The answer must name the partition of
    /// the target region, and the account when one was asked for.
    ///
    /// Cost: one request, once.
    ///
    /// # Errors
    ///
    /// [`SessionError::Verify`] when the answer is another, or none comes.
    pub async fn verify_target(&self) -> Result<Option<&Caller>, SessionError> {
        if !self.request.target.identity_check {
            return Ok(None);
        }
        let caller = self.caller.get_or_try_init(async || {
            let target = self.target().await?;
            let account = self.request.target.account.as_ref();
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
                        *self.known_key() = Some(fresh);
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
                    return Err(HomeError::SameKey { access_key_id }.into());
                }
                let credentials = key.credentials();
                let home = self.home().await?;
                let source = Source::Parameters {
                    ssm: home.ssm().clone(),
                    home: home.region().clone(),
                    names: keys.clone(),
                };
                // Settings of a profile are home's: they must not lead target requests elsewhere.
                let loader = sdk::loader(environment)?
                    .region(sdk::region(region))
                    .profile_files(sdk::no_files());
                let config = sdk::load(loader).await?;
                (config, Renewing::new(source, foreign, Some(credentials)))
            }
        };
        // What is refused must not be taken from a cache again.
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(renewing.clone()))
            .identity_cache(IdentityCache::no_cache())
            .build();
        Ok(Target::renewed_by(region.clone(), &config, Some(&renewing)))
    }

    async fn load_home(&self) -> Result<Home, SessionError> {
        check_home(&self.request, self.resolved.both(), &self.texts)?;
        Home::open(&self.request.home, &self.request.environment, &self.texts).await
    }

    /// The access key that is kept in parameters of the home account, as it was last read.
    ///
    /// Cost: one request, once.
    ///
    /// # Errors
    ///
    /// [`SessionError::Keys`] or [`SessionError::Key`], and what
    /// [`home`](Self::home) fails with.
    pub async fn access_key(&self, keys: &KeyStore) -> Result<AccessKey, SessionError> {
        let known = self.known_key().clone();
        let stored = match known {
            Some(stored) => stored,
            None => self.read_key(keys).await?,
        };
        let key = stored.key()?;
        *self.known_key() = Some(stored);
        Ok(key)
    }

    /// Returns the time at which the access key was written into the parameters, if it was read.
    pub(crate) fn access_key_written(&self) -> Option<Timestamp> {
        self.known_key().as_ref().and_then(StoredKey::written)
    }

    /// The parameters of the access key that hold its secret unencrypted, if it was read.
    pub(crate) fn plain_key_parameters(&self) -> Vec<ParameterName> {
        let key = self.known_key();
        key.as_ref().map_or_else(Vec::new, StoredKey::plain)
    }

    /// The credentials that sign for the target, for another program.
    ///
    /// # Errors
    ///
    /// What [`target`](Self::target) fails with, and [`SessionError::Credentials`].
    pub async fn credentials(&self) -> Result<Credentials, SessionError> {
        self.target().await?.credentials().await
    }

    /// Endpoints, retries and time limits of the target, without credentials:
    /// for keys that come and go.
    ///
    /// # Errors
    ///
    /// [`SessionError::Trust`] or [`SessionError::Endpoint`].
    pub(crate) async fn endpoints(&self) -> Result<SdkConfig, SessionError> {
        // Settings of a profile are home's: they must not lead target requests elsewhere.
        let loader = sdk::loader(&self.request.environment)?
            .region(sdk::region(&self.resolved.region))
            .profile_files(sdk::no_files())
            .no_credentials();
        sdk::load(loader).await
    }

    fn known_key(&self) -> MutexGuard<'_, Option<StoredKey>> {
        self.access_key
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
