//! Requests for a session: both identities, and the facts of the environment.

use std::fmt;

use camino::Utf8PathBuf;
use cn_template::Region;

use super::account::AccountId;
use super::stored::KeyStore;
use crate::profile::{ProfileFiles, ProfileName};
use crate::web_identity::WebIdentity;

/// Both sides of a session, and what the environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionRequest {
    /// The identity that acts, and its region.
    pub target: TargetRequest,
    /// The identity that reads SSM parameters, and its region.
    pub home: HomeRequest,
    /// The facts of the environment.
    pub environment: Environment,
}

impl SessionRequest {
    /// Creates a request that leaves every choice to the shared files and the environment.
    pub const fn new(environment: Environment) -> Self {
        Self {
            target: TargetRequest {
                region: None,
                profile: None,
                default_chain: false,
                web_identity: None,
                keys: None,
                account: None,
                identity_check: true,
            },
            home: HomeRequest {
                region: None,
                profile: None,
            },
            environment,
        }
    }
}

/// The identity that acts, and its region: as a rule China's side.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TargetRequest {
    /// The region; absent means the profile's.
    pub region: Option<Region>,
    /// The profile that was asked for by name.
    pub profile: Option<ProfileName>,
    /// Takes the SDK's default chain.
    pub default_chain: bool,
    /// The role that a web identity token is exchanged for; takes precedence over `keys`.
    pub web_identity: Option<WebIdentity>,
    /// The SSM parameters with an access key, used when there is no profile.
    pub keys: Option<KeyStore>,
    /// The account that the identity must belong to.
    pub account: Option<AccountId>,
    /// Verifies the identity with STS.
    pub identity_check: bool,
}

/// The identity that reads SSM parameters, and its region: the build's own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HomeRequest {
    /// The region; absent means the SDK's own choice.
    pub region: Option<Region>,
    /// A profile; absent means the SDK's default chain.
    pub profile: Option<ProfileName>,
}

/// The facts of the environment that a decision needs.
///
/// Everything else the SDK reads by itself: endpoints, proxies, the home
/// identity's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Environment {
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`: where the build runs.
    pub region: Option<String>,
    /// `AWS_PROFILE`.
    pub profile: Option<String>,
    /// `AWS_ACCESS_KEY_ID`; not a secret.
    pub access_key_id: Option<String>,
    /// `AWS_MAX_ATTEMPTS`, when it is a number above zero.
    pub max_attempts: Option<u32>,
    /// `AWS_CA_BUNDLE`: certificates to trust besides the system's.
    pub ca_bundle: Option<Utf8PathBuf>,
    /// The two shared files.
    pub files: ProfileFiles,
}

impl Environment {
    /// Creates an environment in which nothing but the two files is known.
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
}

/// The source of the target's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A profile, and nothing but the profile.
    Profile(ProfileName),
    /// SSM parameters of the home account, held in memory.
    Parameters(KeyStore),
    /// A web identity token, exchanged for a session of a role.
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
            Self::Parameters(KeyStore::Pair(keys)) => write!(
                f,
                "the key in the SSM parameters `{}` and `{}`",
                keys.access_key, keys.secret_key
            ),
            Self::WebIdentity(identity) => write!(f, "{identity}"),
            Self::DefaultChain => f.write_str("the default credentials chain"),
        }
    }
}
