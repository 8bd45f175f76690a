//! The clients of the two identities.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::service_config::ServiceConfigKey;
use cn_template::Region;

use super::error::SessionError;
use super::renew::Renewing;
use super::request::SessionRequest;
use super::sdk;
use crate::answer::client;
use crate::profile::ProfileTexts;

/// Time limit for the first byte of a response from S3.
///
/// It includes the upload of the request's body: 8 MiB at 30 kB/s.
const S3_READ_TIMEOUT: Duration = Duration::from_mins(5);

/// Time for which a body to or from S3 may stall.
///
/// On a lossy link, TCP waits up to about ten seconds before it retransmits a packet, and an
/// abandoned body must be sent again from its start.
const S3_STANDSTILL: Duration = Duration::from_secs(30);

/// The build's own identity: reads parameters and signs web identity tokens.
#[derive(Clone, Debug)]
pub struct Home {
    region: Region,
    ssm: aws_sdk_ssm::Client,
    kms: aws_sdk_kms::Client,
    sts: aws_sdk_sts::Client,
}

/// The target identity, with the clients of its region.
#[derive(Clone)]
pub struct Target {
    region: Region,
    s3: aws_sdk_s3::Client,
    #[cfg(feature = "cloudformation")]
    cloudformation: aws_sdk_cloudformation::Client,
    sts: aws_sdk_sts::Client,
    /// The configuration for clients that few runs need.
    config: SdkConfig,
}

impl Home {
    /// Opens only the home identity, for runs without a target.
    ///
    /// * `texts`: the shared files that the environment names.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if no home region is set.
    pub async fn open(
        request: &SessionRequest,
        texts: &ProfileTexts,
    ) -> Result<Self, SessionError> {
        let environment = &request.environment;
        let config = match (&request.home_profile, &request.home_region) {
            (Some(profile), region) => {
                sdk::profile_config(environment, texts, profile, region.as_ref()).await?
            }
            (None, region) => {
                let loader = sdk::loader(environment)?.profile_files(sdk::files(texts));
                sdk::load(match region {
                    Some(region) => loader.region(sdk::region(region)),
                    None => loader,
                })
                .await?
            }
        };
        let region = config.region().ok_or(SessionError::NoHomeRegion)?;
        let region = region.as_ref().parse().map_err(SessionError::HomeRegion)?;
        Ok(Self {
            region,
            ssm: client!(aws_sdk_ssm, aws_sdk_ssm::config::Builder::from(&config)),
            kms: client!(aws_sdk_kms, aws_sdk_kms::config::Builder::from(&config)),
            sts: client!(aws_sdk_sts, aws_sdk_sts::config::Builder::from(&config)),
        })
    }

    /// Returns the region of the parameters.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Returns the Systems Manager client, which reads and writes parameters.
    pub(crate) fn ssm(&self) -> &aws_sdk_ssm::Client {
        &self.ssm
    }

    /// Returns the Key Management Service client, which signs web identity tokens.
    pub fn kms(&self) -> &aws_sdk_kms::Client {
        &self.kms
    }

    /// Returns the Security Token Service client, which identifies the owner of credentials.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.sts
    }
}

/// Builds a client. With `$renewing`, each response that refuses the credentials is reported to
/// their source.
macro_rules! renewed {
    ($sdk:ident, $config:expr, $renewing:expr) => {
        match $renewing {
            Some(renewing) => client!($sdk, $config.interceptor(renewing.clone())),
            None => client!($sdk, $config),
        }
    };
}

/// Omits the configuration, which would show the credentials.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// Creates the clients of a region.
    pub(crate) fn new(region: Region, config: &SdkConfig) -> Self {
        Self::renewed_by(region, config, None)
    }

    /// Creates clients of a region that report refused credentials to their source.
    pub(super) fn renewed_by(
        region: Region,
        config: &SdkConfig,
        renewing: Option<&Renewing>,
    ) -> Self {
        let region_of_clients = sdk::region(&region);
        let config = config.to_builder().region(region_of_clients).build();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(sdk::CONNECT_TIMEOUT)
            .read_timeout(S3_READ_TIMEOUT)
            .build();
        // Only S3's own endpoints have a host name for each bucket.
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .timeout_config(timeouts)
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled()
                    .grace_period(S3_STANDSTILL)
                    .build(),
            )
            .force_path_style(has_s3_endpoint(&config));
        Self {
            region,
            s3: renewed!(aws_sdk_s3, s3, renewing),
            #[cfg(feature = "cloudformation")]
            cloudformation: {
                let config = aws_sdk_cloudformation::config::Builder::from(&config);
                renewed!(aws_sdk_cloudformation, config, renewing)
            },
            sts: {
                let config = aws_sdk_sts::config::Builder::from(&config);
                renewed!(aws_sdk_sts, config, renewing)
            },
            config,
        }
    }

    /// Returns the region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Returns the Simple Storage Service client.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }

    /// Returns the CloudFormation client.
    #[cfg(feature = "cloudformation")]
    pub fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        &self.cloudformation
    }

    /// Returns the credentials that sign.
    pub(super) async fn credentials(&self) -> Result<Credentials, SessionError> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| CredentialsError::not_loaded("none"));
        match provider {
            Ok(provider) => provider.provide_credentials().await,
            Err(error) => Err(error),
        }
        .map_err(SessionError::Credentials)
    }

    /// Creates a new Identity and Access Management client at each call.
    #[cfg(feature = "keys")]
    pub(crate) fn iam(&self) -> aws_sdk_iam::Client {
        client!(
            aws_sdk_iam,
            aws_sdk_iam::config::Builder::from(&self.config)
        )
    }

    /// Creates a new CloudWatch Logs client at each call.
    #[cfg(feature = "deploy")]
    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        client!(
            aws_sdk_cloudwatchlogs,
            aws_sdk_cloudwatchlogs::config::Builder::from(&self.config)
        )
    }

    /// Creates a new Lambda client at each call.
    #[cfg(feature = "inspect")]
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        client!(
            aws_sdk_lambda,
            aws_sdk_lambda::config::Builder::from(&self.config)
        )
    }

    /// Returns the Security Token Service client.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.sts
    }
}

/// Returns true if a setting sends S3 requests to a custom endpoint.
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
