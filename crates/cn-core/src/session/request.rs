//! Requests for a session: both identities, and the settings from the environment.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::Region;

use super::account::AccountId;
use super::stored::KeyStore;
use crate::profile::{ProfileFiles, ProfileName};
use crate::web_identity::WebIdentity;

/// Both identities of a session, and the settings from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionRequest {
    /// The target region, usually in China; if `None`, that of the profile.
    pub region: Option<Region>,
    /// The target's profile that the user names explicitly.
    pub profile: Option<ProfileName>,
    /// True to use the SDK's default chain for the target.
    pub default_chain: bool,
    /// The role that a web identity token is exchanged for; takes precedence over `keys`.
    pub web_identity: Option<WebIdentity>,
    /// The SSM parameters with an access key of the target, used if there is no profile.
    pub keys: Option<KeyStore>,
    /// The account that the target identity must belong to.
    pub account: Option<AccountId>,
    /// True to verify the target identity with STS.
    pub identity_check: bool,
    /// The region of the home identity, which reads SSM parameters; if `None`, the SDK chooses.
    pub home_region: Option<Region>,
    /// The profile of the home identity; if `None`, the SDK's default chain.
    pub home_profile: Option<ProfileName>,
    /// The settings from the environment.
    pub environment: Environment,
}

impl SessionRequest {
    /// Creates a request that leaves every choice to the shared files and the environment.
    pub const fn new(environment: Environment) -> Self {
        Self {
            region: None,
            profile: None,
            default_chain: false,
            web_identity: None,
            keys: None,
            account: None,
            identity_check: true,
            home_region: None,
            home_profile: None,
            environment,
        }
    }
}

/// The settings from the environment that decisions depend on.
///
/// The SDK reads all other settings itself: endpoints, proxies, and the home identity's
/// credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Environment {
    /// `AWS_REGION`, or else `AWS_DEFAULT_REGION`: the region of the build.
    pub region: Option<String>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// `AWS_ACCESS_KEY_ID`; not a secret.
    pub access_key_id: Option<String>,
    /// `AWS_MAX_ATTEMPTS`, if it is a number above zero.
    pub max_attempts: Option<u32>,
    /// `AWS_CA_BUNDLE`: certificates to trust in addition to the system's.
    pub ca_bundle: Option<Utf8PathBuf>,
    /// The two shared files.
    pub files: ProfileFiles,
}

impl Environment {
    /// Creates an environment with only the two files.
    pub const fn new(files: ProfileFiles) -> Self {
        Self {
            region: None,
            profile: None,
            access_key_id: None,
            max_attempts: None,
            ca_bundle: None,
            files,
        }
    }

    /// Reads the settings from the variables that all AWS tools use.
    ///
    /// * `variable`: looks up a variable, such as `|name| std::env::var(name).ok()`. An empty
    ///   variable counts as unset.
    /// * `home`: the user's home folder, for the default files and for paths with `~/`.
    ///
    /// # Source
    ///
    /// AWS SDKs and tools reference guide, "Environment variables".
    pub fn of(variable: impl Fn(&str) -> Option<String>, home: &Utf8Path) -> Self {
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        let path = |name: &str| {
            let value = read(name)?;
            let in_home = value.strip_prefix("~/").map(|rest| home.join(rest));
            Some(in_home.unwrap_or_else(|| value.into()))
        };
        let file = |name: &str, default: &str| {
            path(name).unwrap_or_else(|| home.join(".aws").join(default))
        };
        let mut environment = Self::new(ProfileFiles {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: file("AWS_CONFIG_FILE", "config"),
        });
        environment.region = read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION"));
        environment.profile = read("AWS_PROFILE");
        environment.access_key_id = read("AWS_ACCESS_KEY_ID");
        environment.max_attempts = read("AWS_MAX_ATTEMPTS")
            .and_then(|text| text.parse().ok())
            .filter(|attempts| *attempts > 0);
        environment.ca_bundle = path("AWS_CA_BUNDLE");
        environment
    }
}

/// The source of the target's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Only a profile.
    Profile(ProfileName),
    /// SSM parameters of the home account. The key is kept in memory only.
    Parameters(KeyStore),
    /// A web identity token, which is exchanged for a session of a role.
    WebIdentity(WebIdentity),
    /// The SDK's default chain: the build's own identity.
    DefaultChain,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) => write!(f, "profile `{name}`"),
            Self::Parameters(KeyStore::Json(name)) => {
                write!(f, "the key in the SSM parameter `{name}`")
            }
            Self::Parameters(KeyStore::Pair {
                access_key,
                secret_key,
            }) => write!(
                f,
                "the key in the SSM parameters `{access_key}` and `{secret_key}`"
            ),
            Self::WebIdentity(identity) => write!(f, "{identity}"),
            Self::DefaultChain => f.write_str("the default credential chain"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_that_of_every_aws_tool() {
        let variable = |name: &str| {
            let value = match name {
                "AWS_REGION" => "",
                "AWS_DEFAULT_REGION" => "us-east-1",
                "AWS_MAX_ATTEMPTS" => "0",
                "AWS_CONFIG_FILE" => "~/aws.ini",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let environment = Environment::of(variable, Utf8Path::new("/home/build"));
        assert_eq!(environment.region.as_deref(), Some("us-east-1"));
        assert_eq!(environment.max_attempts, None);
        assert_eq!(environment.files.config, "/home/build/aws.ini");
        let credentials = environment.files.credentials;
        assert_eq!(credentials, "/home/build/.aws/credentials");
    }
}
