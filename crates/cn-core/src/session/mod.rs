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

mod key;
mod renew;
mod request;
mod trust;

use std::fmt;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::service_config::ServiceConfigKey;
use cn_template::partition::{Arn, RegionError};
use cn_template::{Partition, Region};
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::call::{CallError, CallExt};
use crate::parameter::{self, ParameterError, ParameterName};
use crate::profile::{ProfileFileError, ProfileName, ProfileTexts};

use renew::{Renewing, Source};

pub use key::{AccessKey, AccessKeyError};
pub use request::{
    AccountId, AccountIdError, Environment, HomeError, HomeRequest, Identity, KeyParameters,
    ResolveError, Resolved, SessionRequest, TargetRequest, check_home, region_of, resolve,
};
pub use trust::TrustError;

/// Attempts for one request, the first included, unless `AWS_MAX_ATTEMPTS` says otherwise.
const ATTEMPTS: u32 = 5;

/// Time for a connection to come about: the way into China takes a second on a bad day.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time until the first byte of an answer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// The same for S3, where it includes sending the request's body: 8 MiB at 30 kB/s.
const S3_READ_TIMEOUT: Duration = Duration::from_mins(5);

/// For so long a body to or from S3 may stand still. On a lossy link TCP waits up to
/// some ten seconds before it sends a packet once more; a body given up has to be
/// sent from its start.
const S3_STANDSTILL: Duration = Duration::from_secs(30);

/// Who acts where, decided; clients and credentials come when they are used.
#[derive(Debug)]
pub struct Session {
    request: SessionRequest,
    resolved: Resolved,
    texts: ProfileTexts,
    access_key: OnceCell<AccessKey>,
    home: OnceCell<Home>,
    target: OnceCell<Target>,
    caller: OnceCell<Caller>,
}

/// The build's own identity: reads parameters.
#[derive(Clone, Debug)]
pub struct Home {
    region: Region,
    ssm: aws_sdk_ssm::Client,
}

/// The identity that acts, with the clients of its region.
#[derive(Clone)]
pub struct Target {
    region: Region,
    s3: aws_sdk_s3::Client,
    cloudformation: aws_sdk_cloudformation::Client,
    sts: aws_sdk_sts::Client,
    /// For clients that few runs need.
    config: SdkConfig,
}

/// Who the target identity is, as STS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its account.
    pub account: AccountId,
    /// Its ARN.
    pub arn: String,
    /// The partition that the ARN names.
    pub partition: Partition,
}

/// A session that cannot be opened or whose identities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Region or identity of the target.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A shared file cannot be used.
    #[error(transparent)]
    Files(#[from] ProfileFileError),
    /// The home identity is not there, or would be the target's.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The certificates to trust cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Nothing names the home region.
    #[error("no home region is set, in which SSM parameters would be read")]
    NoHomeRegion,
    /// The SDK's choice of a home region is not one.
    #[error("cannot use the home region")]
    HomeRegion(#[source] RegionError),
    /// The parameters with the access key cannot be read.
    #[error("cannot take the access key for `{region}` from SSM parameters")]
    Keys {
        /// The target region.
        region: Region,
        /// Why.
        source: Box<ParameterError>,
    },
    /// A parameter with half of an access key holds something else.
    #[error("cannot use the SSM parameter `{name}`")]
    Key {
        /// Its name.
        name: ParameterName,
        /// Why; never shows the value.
        source: AccessKeyError,
    },
    /// A parameter cannot be read.
    #[error(transparent)]
    Parameter(Box<ParameterError>),
    /// STS does not say who the identity is.
    #[error("cannot verify {identity} in `{region}`")]
    Verify {
        /// Who was asked about.
        identity: Identity,
        /// The target region.
        region: Region,
        /// Why.
        source: Box<VerifyError>,
    },
}

/// Why STS's answer is not the one that is needed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// STS refuses or is not reached.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer lacks a part, or a part has an unknown form.
    #[error("`sts:GetCallerIdentity` answered without account and ARN")]
    Answer,
    /// The identity is another partition's.
    #[error("`{arn}` belongs to partition `{actual}`, and `{region}` lies in `{expected}`")]
    Partition {
        /// Who answered.
        arn: String,
        /// The partition its ARN names.
        actual: String,
        /// The partition of the target region.
        expected: Partition,
        /// The target region.
        region: Region,
    },
    /// The identity is another account's.
    #[error("`{arn}` belongs to account `{actual}`, and `{expected}` was asked for")]
    Account {
        /// Who answered.
        arn: String,
        /// Its account.
        actual: AccountId,
        /// The account asked for.
        expected: AccountId,
    },
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

    /// Takes region and identity as they are, decided by the caller.
    ///
    /// * `texts`: the shared files that the request's environment names.
    pub fn of(request: SessionRequest, resolved: Resolved, texts: ProfileTexts) -> Self {
        tracing::debug!(region = %resolved.region, identity = %resolved.identity, "session");
        Self {
            request,
            resolved,
            texts,
            access_key: OnceCell::new(),
            home: OnceCell::new(),
            target: OnceCell::new(),
            caller: OnceCell::new(),
        }
    }

    /// The target region.
    pub fn region(&self) -> &Region {
        &self.resolved.region
    }

    /// Where the target's credentials come from.
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
    /// What [`home`](Self::home) and [`parameter::read`] fail with.
    pub async fn parameters(
        &self,
        names: &[ParameterName],
    ) -> Result<Vec<SecretString>, SessionError> {
        let home = self.home().await?;
        let values = parameter::read(&home.ssm, &home.region, names).await;
        values.map_err(|error| SessionError::Parameter(Box::new(error)))
    }

    /// Reads parameters of the home account, with what kind each is.
    ///
    /// # Errors
    ///
    /// What [`home`](Self::home) and [`parameter::read_values`] fail with.
    pub async fn parameter_values(
        &self,
        names: &[ParameterName],
    ) -> Result<Vec<parameter::Value>, SessionError> {
        let home = self.home().await?;
        let values = parameter::read_values(&home.ssm, &home.region, names).await;
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
            let answer = verify(&target.sts, &target.region, account).await;
            answer.map_err(|source| SessionError::Verify {
                identity: self.resolved.identity.clone(),
                region: target.region.clone(),
                source: Box::new(source),
            })
        });
        caller.await.map(Some)
    }

    async fn load_target(&self) -> Result<Target, SessionError> {
        let region = &self.resolved.region;
        let (config, renewing) = match &self.resolved.identity {
            Identity::Profile(name) => {
                let config = self.profile_config(name, Some(region)).await?;
                let source = Source::Profile {
                    name: name.clone(),
                    files: self.request.environment.files.clone(),
                    region: region.clone(),
                };
                (config, Renewing::new(source, None))
            }
            Identity::DefaultChain => {
                let config = self.loader()?.region(sdk_region(region)).load().await;
                return Ok(Target::new(region.clone(), &config));
            }
            Identity::Parameters(keys) => {
                let credentials = self.access_key(keys).await?.credentials();
                let home = self.home().await?;
                let source = Source::Parameters {
                    ssm: home.ssm.clone(),
                    home: home.region.clone(),
                    names: keys.clone(),
                };
                // Settings of a profile are home's: they must not lead target requests elsewhere.
                let loader = self
                    .loader()?
                    .region(sdk_region(region))
                    .profile_files(sdk_files("", ""));
                let config = loader.load().await;
                (config, Renewing::new(source, Some(credentials)))
            }
        };
        // What is refused must not be taken from a cache again.
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(renewing.clone()))
            .identity_cache(IdentityCache::no_cache())
            .build();
        Ok(Target::renewed_by(region.clone(), &config, Some(renewing)))
    }

    async fn load_home(&self) -> Result<Home, SessionError> {
        check_home(&self.request, &self.resolved, &self.texts)?;
        let asked = self.request.home.region.as_ref();
        let config = match (&self.request.home.profile, asked) {
            (Some(profile), region) => self.profile_config(profile, region).await?,
            (None, Some(region)) => self.loader()?.region(sdk_region(region)).load().await,
            (None, None) => self.loader()?.load().await,
        };
        let region = config.region().ok_or(SessionError::NoHomeRegion)?;
        let region = region.as_ref().parse().map_err(SessionError::HomeRegion)?;
        Ok(Home {
            region,
            ssm: aws_sdk_ssm::Client::new(&config),
        })
    }

    /// The access key that is kept in parameters of the home account.
    ///
    /// Cost: one request, once.
    ///
    /// # Errors
    ///
    /// [`SessionError::Keys`] or [`SessionError::Key`], and what
    /// [`home`](Self::home) fails with.
    pub async fn access_key(&self, keys: &KeyParameters) -> Result<&AccessKey, SessionError> {
        self.access_key
            .get_or_try_init(|| self.read_key(keys))
            .await
    }

    async fn read_key(&self, keys: &KeyParameters) -> Result<AccessKey, SessionError> {
        let names = [keys.access_key.clone(), keys.secret_key.clone()];
        let home = self.home().await?;
        let values = parameter::read(&home.ssm, &home.region, &names).await;
        let mut values = values.map_err(|source| SessionError::Keys {
            region: self.resolved.region.clone(),
            source: Box::new(source),
        })?;
        let (Some(secret), Some(id)) = (values.pop(), values.pop()) else {
            unreachable!("there are as many values as names");
        };
        AccessKey::new(&id, secret).map_err(|source| SessionError::Key {
            name: match source {
                AccessKeyError::Id => keys.access_key.clone(),
                AccessKeyError::Secret => keys.secret_key.clone(),
            },
            source,
        })
    }

    /// What both identities have in common.
    fn loader(&self) -> Result<ConfigLoader, SessionError> {
        let attempts = self.request.environment.max_attempts.unwrap_or(ATTEMPTS);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build();
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(attempts))
            .timeout_config(timeouts);
        Ok(match &self.request.environment.ca_bundle {
            Some(bundle) => loader.http_client(trust::client(bundle)?),
            None => loader,
        })
    }

    /// A profile's settings with the profile's credentials, never the chain's.
    async fn profile_config(
        &self,
        name: &ProfileName,
        region: Option<&Region>,
    ) -> Result<SdkConfig, SessionError> {
        let files = sdk_files(&self.texts.config, &self.texts.credentials);
        let provider_config = ProviderConfig::without_region().with_region(region.map(sdk_region));
        let credentials = ProfileFileCredentialsProvider::builder()
            .configure(&provider_config)
            .profile_files(files.clone())
            .profile_name(name.as_str())
            .build();
        let loader = self
            .loader()?
            .profile_files(files)
            .profile_name(name.as_str())
            .credentials_provider(credentials);
        Ok(match region {
            Some(region) => loader.region(sdk_region(region)).load().await,
            None => loader.load().await,
        })
    }
}

impl Home {
    /// The region the parameters are in.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Systems Manager, of which parameters are used.
    pub fn ssm(&self) -> &aws_sdk_ssm::Client {
        &self.ssm
    }
}

/// The configuration would show the credentials.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// Clients of one region from a configuration of the SDK.
    ///
    /// For programs that have a configuration already; a [`Session`] makes its own.
    pub fn new(region: Region, config: &SdkConfig) -> Self {
        Self::renewed_by(region, config, None)
    }

    /// Clients of one region, whose refused credentials are told to their source.
    fn renewed_by(region: Region, config: &SdkConfig, renewing: Option<Renewing>) -> Self {
        let region_of_clients = sdk_region(&region);
        let config = config.to_builder().region(region_of_clients).build();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(S3_READ_TIMEOUT)
            .build();
        // Other hosts than S3's own have no name for each bucket.
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .timeout_config(timeouts)
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .grace_period(S3_STANDSTILL)
                    .build(),
            )
            .force_path_style(has_s3_endpoint(&config));
        let cloudformation = aws_sdk_cloudformation::config::Builder::from(&config);
        let (s3, cloudformation) = match renewing {
            Some(renewing) => (
                s3.interceptor(renewing.clone()),
                cloudformation.interceptor(renewing),
            ),
            None => (s3, cloudformation),
        };
        Self {
            region,
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            cloudformation: aws_sdk_cloudformation::Client::from_conf(cloudformation.build()),
            sts: aws_sdk_sts::Client::new(&config),
            config,
        }
    }

    /// The region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Simple Storage Service.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }

    /// CloudFormation.
    pub fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        &self.cloudformation
    }

    /// CloudWatch Logs; made anew at each call.
    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.config)
    }

    /// Lambda; made anew at each call.
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.config)
    }

    /// Security Token Service.
    pub fn sts(&self) -> &aws_sdk_sts::Client {
        &self.sts
    }
}

/// Asks STS who a client's identity is, and compares.
///
/// # Errors
///
/// [`VerifyError`].
pub async fn verify(
    sts: &aws_sdk_sts::Client,
    region: &Region,
    account: Option<&AccountId>,
) -> Result<Caller, VerifyError> {
    let answer = sts.get_caller_identity().send().await;
    let answer = answer.call("sts", "GetCallerIdentity")?;
    let (Some(arn), Some(actual)) = (answer.arn, answer.account) else {
        return Err(VerifyError::Answer);
    };
    let actual: AccountId = actual.parse().map_err(|_| VerifyError::Answer)?;
    let partition = Arn::parse(&arn)
        .ok_or(VerifyError::Answer)?
        .partition
        .to_owned();
    let expected = region.partition();
    if partition != expected.id() {
        return Err(VerifyError::Partition {
            arn,
            actual: partition,
            expected,
            region: region.clone(),
        });
    }
    match account {
        Some(expected) if *expected != actual => Err(VerifyError::Account {
            arn,
            actual,
            expected: expected.clone(),
        }),
        _ => Ok(Caller {
            account: actual,
            arn,
            partition: expected,
        }),
    }
}

fn sdk_region(region: &Region) -> aws_types::region::Region {
    aws_types::region::Region::new(region.as_str().to_owned())
}

fn sdk_files(config: &str, credentials: &str) -> EnvConfigFiles {
    EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .with_contents(EnvConfigFileKind::Credentials, credentials)
        .build()
}

/// Whether a setting sends S3 requests to another host than S3's own.
fn has_s3_endpoint(config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("all three parts are given");
    let of_service = config
        .service_config()
        .and_then(|settings| settings.load_config(key));
    of_service.is_some() || config.endpoint_url().is_some()
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    /// Clients for `region` whose every request gets `answer`, and what they were sent.
    fn target(name: &str, endpoint: Option<&str>, answer: &str) -> (Target, StaticReplayClient) {
        let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer));
        let event = ReplayEvent::new(HttpRequest::new(SdkBody::empty()), answer);
        let service = StaticReplayClient::new(vec![event]);
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            // What the target's region takes the place of.
            .region(sdk_region(&region("us-east-1")))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .http_client(service.clone());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        (Target::new(region(name), &config.build()), service)
    }

    fn hosts(service: &StaticReplayClient) -> Vec<String> {
        service
            .actual_requests()
            .map(|request| request.uri().to_owned())
            .collect()
    }

    async fn verified(arn: &str, account: Option<&str>) -> Result<String, String> {
        let answer = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn>\
             <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let (target, service) = target("cn-north-1", None, &answer);
        let account = account.map(|account| account.parse().unwrap());
        let caller = verify(target.sts(), target.region(), account.as_ref()).await;
        assert_eq!(
            hosts(&service),
            ["https://sts.cn-north-1.amazonaws.com.cn/"]
        );
        caller
            .map(|caller| format!("{} {}", caller.account, caller.partition))
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_identity_must_be_of_partition_and_account() {
        let arn = "arn:aws-cn:iam::123456789012:user/u";
        assert_eq!(verified(arn, None).await.unwrap(), "123456789012 aws-cn");
        verified(arn, Some("123456789012")).await.unwrap();
        assert_eq!(
            verified(arn, Some("999999999999")).await.unwrap_err(),
            "`arn:aws-cn:iam::123456789012:user/u` belongs to account `123456789012`, and \
             `999999999999` was asked for"
        );
        assert_eq!(
            verified("arn:aws:iam::123456789012:user/u", None)
                .await
                .unwrap_err(),
            "`arn:aws:iam::123456789012:user/u` belongs to partition `aws`, and `cn-north-1` lies \
             in `aws-cn`"
        );
        verified("nonsense", None).await.unwrap_err();
    }

    #[tokio::test]
    async fn buckets_are_hosts_in_china_and_paths_elsewhere() {
        let (target_in_china, service) = target("cn-northwest-1", None, "");
        target_in_china
            .s3()
            .head_bucket()
            .bucket("bucket")
            .send()
            .await
            .unwrap();
        assert_eq!(
            hosts(&service),
            ["https://bucket.s3.cn-northwest-1.amazonaws.com.cn/"]
        );
        let (loopback, service) = target("cn-northwest-1", Some("http://localhost:4566"), "");
        loopback
            .s3()
            .head_bucket()
            .bucket("bucket")
            .send()
            .await
            .unwrap();
        assert_eq!(hosts(&service), ["http://localhost:4566/bucket/"]);
    }

    #[tokio::test]
    async fn nothing_of_a_session_shows_a_secret() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = camino::Utf8Path::from_path(scratch.path()).unwrap();
        let files = crate::profile::ProfileFiles {
            credentials: folder.join("credentials"),
            config: folder.join("config"),
        };
        let key = "[china]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = wJalrSECRET\n";
        fs_err::write(&files.credentials, key).unwrap();
        let mut request = request::tests::in_build();
        request.target.region = Some(region("cn-north-1"));
        request.target.profile = Some(ProfileName::china());
        request.environment.files = files;
        let session = Session::open(request).unwrap();
        let target = session.target().await.unwrap();
        // Credentials are loaded and cached before they are looked for.
        let unsent = target.sts().get_caller_identity().customize();
        let unsent = unsent.config_override(
            aws_sdk_sts::config::Builder::new()
                .http_client(StaticReplayClient::new(Vec::new()))
                .retry_config(RetryConfig::disabled()),
        );
        drop(unsent.send().await);
        let shown = format!("{session:?} {session:#?}");
        assert!(shown.contains("cn-north-1"));
        assert!(!shown.contains("wJalrSECRET"), "a secret is shown");
    }
}
