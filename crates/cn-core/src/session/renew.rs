//! Credentials that are read again from their source after a service refuses them.
//!
//! A deployment may take longer than the lifetime of its credentials: keys are rotated, and
//! sessions expire. The source, a profile or parameters of the home account, has new credentials by
//! then.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use cn_template::Region;
use tokio::sync::Mutex;

use super::sdk;
use super::stored::{KeyStore, StoredKey};
use crate::call;
use crate::profile::{ProfileFiles, ProfileName};
use crate::web_identity::{self, WebIdentity};

/// The source of the credentials.
pub(super) enum Source {
    /// A profile of the shared files.
    Profile {
        name: ProfileName,
        files: ProfileFiles,
        region: Region,
    },
    /// An access key in parameters of the home account.
    Parameters {
        ssm: aws_sdk_ssm::Client,
        home: Region,
        names: KeyStore,
    },
    /// A session of a role, obtained with a web identity token.
    WebIdentity {
        identity: WebIdentity,
        /// A client of the home identity, if it signs the token.
        kms: Option<aws_sdk_kms::Client>,
        /// A client of the target region, without credentials.
        sts: aws_sdk_sts::Client,
    },
}

/// A provider that caches credentials until they expire or are refused, then reads them again.
#[derive(Clone)]
pub(super) struct Renewing {
    shared: Arc<Shared>,
}

struct Shared {
    source: Source,
    /// The access key IDs of the home identity, which must not sign here.
    foreign: Vec<String>,
    current: Mutex<Option<Credentials>>,
    is_refused: AtomicBool,
}

/// Remaining lifetime below which credentials are replaced before use.
///
/// The upload of a part may take minutes.
const RESERVE: Duration = Duration::from_mins(5);

impl Renewing {
    /// Creates a provider that reads from a source.
    ///
    /// * `foreign`: access key IDs of the home identity, which must not sign for the target.
    /// * `first`: credentials that were already read.
    pub(super) fn new(source: Source, foreign: Vec<String>, first: Option<Credentials>) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                foreign,
                current: Mutex::new(first),
                is_refused: AtomicBool::new(false),
            }),
        }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut current = self.shared.current.lock().await;
        let is_refused = self.shared.is_refused.swap(false, Ordering::Relaxed);
        if let Some(kept) = current.as_ref().filter(|kept| !is_refused && !ends(kept)) {
            return Ok(kept.clone());
        }
        match self.shared.source.read(&self.shared.foreign).await {
            Ok(fresh) => {
                *current = Some(fresh.clone());
                Ok(fresh)
            }
            // A failing source must not end the run: the refused credentials are returned, so that
            // the service's refusal is the error.
            Err(error) => match current.as_ref().filter(|_| is_refused) {
                Some(kept) => {
                    tracing::debug!(%error, "credentials cannot be read again");
                    self.shared.is_refused.store(true, Ordering::Relaxed);
                    Ok(kept.clone())
                }
                None => Err(error),
            },
        }
    }
}

fn ends(credentials: &Credentials) -> bool {
    let soon = now() + RESERVE;
    credentials.expiry().is_some_and(|end| end <= soon)
}

/// Returns the seconds since 1970.
fn now_s() -> i64 {
    let since = now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "credentials and tokens end at a moment, which only the clock tells"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

impl Source {
    async fn read(&self, foreign: &[String]) -> Result<Credentials, CredentialsError> {
        let credentials = self.read_any(foreign).await?;
        refuse_foreign(&credentials, foreign)?;
        Ok(credentials)
    }

    async fn read_any(&self, foreign: &[String]) -> Result<Credentials, CredentialsError> {
        match self {
            Self::Profile {
                name,
                files,
                region,
            } => {
                let texts = files
                    .read()
                    .map_err(CredentialsError::invalid_configuration)?;
                let config =
                    ProviderConfig::without_region().with_region(Some(sdk::region(region)));
                let provider = |name: &ProfileName| {
                    ProfileFileCredentialsProvider::builder()
                        .configure(&config)
                        .profile_files(sdk::files(&texts))
                        .profile_name(name.as_str())
                        .build()
                };
                // If a command provides the key that assumes the role, the key is checked before it
                // signs.
                let base = texts.base_process(name);
                let base = base.map_err(CredentialsError::invalid_configuration)?;
                if let Some(base) = base.filter(|_| !foreign.is_empty()) {
                    let credentials = provider(&base).provide_credentials().await?;
                    refuse_foreign(&credentials, foreign)?;
                }
                provider(name).provide_credentials().await
            }
            Self::Parameters { ssm, home, names } => {
                let stored = StoredKey::read(ssm, home, names).await;
                let stored = stored.map_err(CredentialsError::provider_error)?;
                let key = stored.key();
                let key = key.map_err(CredentialsError::invalid_configuration)?;
                Ok(key.credentials())
            }
            Self::WebIdentity { identity, kms, sts } => {
                let id = uuid::Uuid::new_v4().to_string();
                let token = identity.source.token(kms.as_ref(), now_s(), &id).await;
                let token = token.map_err(CredentialsError::provider_error)?;
                let session = web_identity::assume(sts, identity, &token).await;
                session.map_err(CredentialsError::provider_error)
            }
        }
    }
}

/// Refuses a key of the home identity, whatever its source.
fn refuse_foreign(credentials: &Credentials, foreign: &[String]) -> Result<(), CredentialsError> {
    let key = credentials.access_key_id();
    if foreign.iter().any(|other| other == key) {
        let message = format!(
            "the access key `{key}` belongs to the build and cannot be used for the target"
        );
        return Err(CredentialsError::invalid_configuration(message));
    }
    Ok(())
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Checks every response for a refusal of the credentials themselves.
impl Intercept for Renewing {
    fn name(&self) -> &'static str {
        "RenewRefusedCredentials"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default();
        if call::is_credentials_refusal(response.status().as_u16(), body) {
            self.shared.is_refused.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewing(**)")
    }
}
