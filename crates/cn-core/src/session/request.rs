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
pub struct SessionRequest {
    /// Who acts, and where.
    pub target: TargetRequest,
    /// Who reads parameters, and where.
    pub home: HomeRequest,
    /// What the environment says.
    pub environment: Environment,
}

/// Who acts, and where: China's side, as a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRequest {
    /// The region; absent means the profile's.
    pub region: Option<Region>,
    /// The profile that was asked for by name.
    pub profile: Option<ProfileName>,
    /// Whether the SDK's default chain was asked for.
    pub default_chain: bool,
    /// The role that a web identity token is exchanged for; takes precedence over `keys`.
    pub web_identity: Option<WebIdentity>,
    /// Where an access key is kept, for want of a profile.
    pub keys: Option<KeyStore>,
    /// The account that the identity must belong to.
    pub account: Option<AccountId>,
    /// Whether STS is asked who the identity is.
    pub identity_check: bool,
}

/// Who reads SSM parameters, and where: the build's own identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeRequest {
    /// The region; absent means the SDK's own choice.
    pub region: Option<Region>,
    /// A profile; absent means the SDK's default chain.
    pub profile: Option<ProfileName>,
}

/// What the environment says, as far as a decision needs it.
///
/// Everything else the SDK reads by itself: endpoints, proxies, the home
/// identity's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Where the target's credentials come from.
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
