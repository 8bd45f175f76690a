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
use super::request::{Environment, HomeRequest};
use super::sdk;
use crate::answer::client;
use crate::profile::ProfileTexts;

/// The same for S3, where it includes sending the request's body: 8 MiB at 30 kB/s.
const S3_READ_TIMEOUT: Duration = Duration::from_mins(5);

/// For so long a body to or from S3 may stand still. On a lossy link TCP waits up to
/// some ten seconds before it sends a packet once more; a body given up has to be
/// sent from its start.
const S3_STANDSTILL: Duration = Duration::from_secs(30);

/// The build's own identity: reads parameters and signs web identity tokens.
#[derive(Clone, Debug)]
pub struct Home {
    region: Region,
    ssm: aws_sdk_ssm::Client,
    kms: aws_sdk_kms::Client,
    sts: aws_sdk_sts::Client,
}

/// The identity that acts, with the clients of its region.
#[derive(Clone)]
pub struct Target {
    region: Region,
    s3: aws_sdk_s3::Client,
    #[cfg(feature = "cloudformation")]
    cloudformation: aws_sdk_cloudformation::Client,
    sts: aws_sdk_sts::Client,
    /// For clients that few runs need.
    config: SdkConfig,
}

impl Home {
    /// Opens the home identity alone, for runs without a target.
    ///
    /// * `texts`: the shared files that the environment names.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when no home region is set.
    pub async fn open(
        request: &HomeRequest,
        environment: &Environment,
        texts: &ProfileTexts,
    ) -> Result<Self, SessionError> {
        let config = match (&request.profile, &request.region) {
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

    /// The region the parameters are in.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Systems Manager, of which parameters are used.
    pub(crate) fn ssm(&self) -> &aws_sdk_ssm::Client {
        &self.ssm
    }

    /// Key Management Service, which signs web identity tokens.
    pub fn kms(&self) -> &aws_sdk_kms::Client {
        &self.kms
    }

    /// Security Token Service, which tells whose the identity is.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.sts
    }
}

/// Builds a client that checks every answer; refusals of its credentials are told to
/// their source.
macro_rules! renewed {
    ($sdk:ident, $config:expr, $renewing:expr) => {
        match $renewing {
            Some(renewing) => client!($sdk, $config.interceptor(renewing.clone())),
            None => client!($sdk, $config),
        }
    };
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
    /// Creates the clients of one region.
    pub(crate) fn new(region: Region, config: &SdkConfig) -> Self {
        Self::renewed_by(region, config, None)
    }

    /// Clients of one region, whose refused credentials are told to their source.
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
        // Other hosts than S3's own have no name for each bucket.
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

    /// The region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Simple Storage Service.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }

    /// CloudFormation.
    #[cfg(feature = "cloudformation")]
    pub fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        &self.cloudformation
    }

    /// The credentials that sign.
    pub(super) async fn credentials(&self) -> Result<Credentials, SessionError> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| CredentialsError::not_loaded("none"));
        match provider {
            Ok(provider) => provider.provide_credentials().await,
            Err(error) => Err(error),
        }
        .map_err(SessionError::Credentials)
    }

    /// Identity and Access Management; made anew at each call.
    #[cfg(feature = "keys")]
    pub(crate) fn iam(&self) -> aws_sdk_iam::Client {
        client!(
            aws_sdk_iam,
            aws_sdk_iam::config::Builder::from(&self.config)
        )
    }

    /// CloudWatch Logs; made anew at each call.
    #[cfg(feature = "deploy")]
    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        client!(
            aws_sdk_cloudwatchlogs,
            aws_sdk_cloudwatchlogs::config::Builder::from(&self.config)
        )
    }

    /// Lambda; made anew at each call.
    #[cfg(feature = "inspect")]
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        client!(
            aws_sdk_lambda,
            aws_sdk_lambda::config::Builder::from(&self.config)
        )
    }

    /// Security Token Service.
    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        &self.sts
    }
}

/// Returns whether a setting sends S3 requests to another host than S3's own.
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
