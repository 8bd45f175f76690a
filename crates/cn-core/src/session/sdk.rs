//! The SDK configuration that both identities share.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use cn_template::Region;

use super::endpoint;
use super::error::SessionError;
use super::request::Environment;
use super::trust;
use crate::profile::{ProfileName, ProfileTexts};
use crate::secret::CONFIDENTIAL_VARIABLE;

/// Attempts for one request, including the first, unless `AWS_MAX_ATTEMPTS` overrides it.
const ATTEMPTS: u32 = 5;

/// Time limit for establishing a connection. Into China that takes a second on a bad day.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time limit for the first byte of a response.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Returns the settings that both identities share.
pub(super) fn loader(environment: &Environment) -> Result<ConfigLoader, SessionError> {
    let attempts = environment.max_attempts.unwrap_or(ATTEMPTS);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build();
    let client = trust::client(environment.ca_bundle.as_deref())?;
    Ok(aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
        .timeout_config(timeouts))
}

/// Loads a configuration, and checks its endpoints.
pub(super) async fn load(loader: ConfigLoader) -> Result<SdkConfig, SessionError> {
    endpoint::checked(Box::pin(loader.load()).await)
}

/// Loads a profile's settings with only the profile's credentials, never those of the chain.
pub(super) async fn profile_config(
    environment: &Environment,
    texts: &ProfileTexts,
    name: &ProfileName,
    region: Option<&Region>,
) -> Result<SdkConfig, SessionError> {
    let files = files(texts);
    let provider_config = ProviderConfig::without_region().with_region(region.map(self::region));
    let credentials = ProfileFileCredentialsProvider::builder()
        .configure(&provider_config)
        .profile_files(files.clone())
        .profile_name(name.as_str())
        .build();
    let loader = loader(environment)?
        .profile_files(files)
        .profile_name(name.as_str())
        .credentials_provider(credentials);
    load(match region {
        Some(region) => loader.region(self::region(region)),
        None => loader,
    })
    .await
}

pub(super) fn region(region: &Region) -> aws_types::region::Region {
    aws_types::region::Region::new(region.as_str().to_owned())
}

/// Returns the shared files for the SDK, whose commands do not inherit secrets.
pub(super) fn files(texts: &ProfileTexts) -> EnvConfigFiles {
    contents(
        &without_secrets(&texts.config),
        &without_secrets(&texts.credentials),
    )
}

/// Returns shared files without profiles.
pub(super) fn no_files() -> EnvConfigFiles {
    contents("", "")
}

fn contents(config: &str, credentials: &str) -> EnvConfigFiles {
    EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, config)
        .with_contents(EnvConfigFileKind::Credentials, credentials)
        .build()
}

/// Returns a shared file whose commands first unset the variable with secrets.
///
/// The commands are those of `credential_process`; the SDK's child processes inherit the whole
/// environment.
///
/// # Source
///
/// `aws-config`, `credential_process`: the command is run by `sh -c`, or by `cmd.exe /C`.
fn without_secrets(text: &str) -> String {
    let lines = text
        .split_inclusive('\n')
        .map(|line| match line.split_once('=') {
            Some((key, command)) if is_process(key) => {
                let drop = if cfg!(windows) {
                    format!("set {CONFIDENTIAL_VARIABLE}=&")
                } else {
                    format!("unset {CONFIDENTIAL_VARIABLE};")
                };
                format!("{key}= {drop} {}", command.trim_start_matches([' ', '\t']))
            }
            _ => line.to_owned(),
        });
    lines.collect()
}

/// Returns true for the key of a command. An indented line belongs to the value before it.
fn is_process(key: &str) -> bool {
    !key.starts_with([' ', '\t']) && key.trim().eq_ignore_ascii_case("credential_process")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn commands_for_credentials_drop_the_variable_with_secrets_and_nothing_else_changes() {
        let text = "[default]\r\nCredential_Process=/bin/a \"b c\" x=y\r\nregion = r\r\n\
                    [profile b]\ncredential_process =\t/bin/b\n  credential_process = no\n\
                    # credential_process = no\ncredential_process_x = no";
        let drop = "unset CN_PARAMETER_OVERRIDES;";
        let expected = text
            .replace("=/bin/a", &format!("= {drop} /bin/a"))
            .replace("=\t/bin/b", &format!("= {drop} /bin/b"));
        assert_eq!(without_secrets(text), expected);
    }
}
