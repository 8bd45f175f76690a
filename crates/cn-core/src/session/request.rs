//! What a session is asked for, and which region and identity follow from it.
//!
//! Pure: the environment and the shared files come in as data.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::partition::RegionError;

use crate::parameter::ParameterName;
use crate::profile::{ProfileFileError, ProfileFiles, ProfileName, ProfileTexts};

/// The number of an AWS account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not the number of an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the number of an AWS account, which has twelve digits")]
pub struct AccountIdError(String);

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, AccountIdError> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AccountIdError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The SSM parameters that hold an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyParameters {
    /// Holds the access key's identifier.
    pub access_key: ParameterName,
    /// Holds the secret access key.
    pub secret_key: ParameterName,
}

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
    /// Where an access key is kept, for want of a profile.
    pub keys: Option<KeyParameters>,
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
    Parameters(KeyParameters),
    /// The SDK's default chain: the build's own identity.
    DefaultChain,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) => write!(f, "profile `{name}`"),
            Self::Parameters(keys) => write!(
                f,
                "the key in the SSM parameters `{}` and `{}`",
                keys.access_key, keys.secret_key
            ),
            Self::DefaultChain => f.write_str("the default credentials chain"),
        }
    }
}

/// Who and where, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The target's region.
    pub region: Region,
    /// The target's identity.
    pub identity: Identity,
}

/// No region or no identity follows from the request.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nothing names the target region.
    #[error("no target region is set")]
    NoRegion,
    /// The profile's region is not one.
    #[error("cannot use the region of profile `{profile}`")]
    ProfileRegion {
        /// The profile.
        profile: ProfileName,
        /// Why.
        source: RegionError,
    },
    /// The profile is in neither file.
    #[error("no profile `{profile}` in `{}` or `{}`", files.config, files.credentials)]
    NoProfile {
        /// The profile.
        profile: ProfileName,
        /// Where it was looked for.
        files: ProfileFiles,
    },
    /// The profile says nothing about credentials. Other tools would fall
    /// back to the build's own role and send it to the target.
    #[error("profile `{profile}` in `{}` and `{}` holds no credentials", files.config, files.credentials)]
    NoKeys {
        /// The profile.
        profile: ProfileName,
        /// Where it was looked for.
        files: ProfileFiles,
    },
    /// Neither a profile nor parameters.
    #[error("no credentials for `{region}`")]
    NoIdentity {
        /// The target region.
        region: Region,
        /// Where the profile `china` was looked for.
        files: ProfileFiles,
    },
    /// A shared file cannot be used.
    #[error(transparent)]
    Files(#[from] ProfileFileError),
}

/// Decides region and identity of the target.
///
/// The region is the one asked for, else the profile's; never the one that the
/// environment sets for the build itself. The identity is, in this order: the
/// profile asked for; the default chain when asked for or when the target lies
/// in the build's own partition; the profile `china`; the SSM parameters.
///
/// # Errors
///
/// [`ResolveError`].
pub fn resolve(request: &SessionRequest, texts: &ProfileTexts) -> Result<Resolved, ResolveError> {
    let target = &request.target;
    let name = target.profile.clone().unwrap_or_else(ProfileName::china);
    let facts = texts.profile(&name)?;
    if facts.is_none() && target.profile.is_some() {
        return Err(ResolveError::NoProfile {
            profile: name,
            files: texts.files.clone(),
        });
    }
    let region = region_of(target, texts)?;
    let is_at_home =
        home_region(request).is_some_and(|home| home.partition() == region.partition());
    let takes_default_chain = target.default_chain || (is_at_home && target.profile.is_none());
    let identity = match (facts, &target.keys) {
        _ if takes_default_chain => Identity::DefaultChain,
        (Some(facts), _) if facts.has_credentials => Identity::Profile(name),
        (_, Some(keys)) if target.profile.is_none() => Identity::Parameters(keys.clone()),
        (Some(_), _) => {
            return Err(ResolveError::NoKeys {
                profile: name,
                files: texts.files.clone(),
            });
        }
        (None, _) => {
            return Err(ResolveError::NoIdentity {
                region,
                files: texts.files.clone(),
            });
        }
    };
    Ok(Resolved { region, identity })
}

/// The target region: the one asked for, else the profile's.
///
/// # Errors
///
/// [`ResolveError::NoRegion`] when neither is there, [`ResolveError::ProfileRegion`]
/// when the profile's is not one, [`ResolveError::Files`] when a file is broken.
pub fn region_of(target: &TargetRequest, texts: &ProfileTexts) -> Result<Region, ResolveError> {
    if let Some(region) = &target.region {
        return Ok(region.clone());
    }
    let name = target.profile.clone().unwrap_or_else(ProfileName::china);
    let facts = texts.profile(&name)?;
    let Some(region) = facts.and_then(|facts| facts.region) else {
        return Err(ResolveError::NoRegion);
    };
    let region = region.parse();
    region.map_err(|source| ResolveError::ProfileRegion {
        profile: name,
        source,
    })
}

/// The region the build runs in, when that is said.
fn home_region(request: &SessionRequest) -> Option<Region> {
    let said = request.home.region.clone();
    said.or_else(|| request.environment.region.as_ref()?.parse().ok())
}

/// The home identity would be the target's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HomeError {
    /// Both are the same profile.
    #[error("profile `{profile}` is the target's and cannot read parameters at home as well")]
    SameProfile {
        /// The profile.
        profile: ProfileName,
        /// Whether `AWS_PROFILE` names it, rather than the request.
        by_environment: bool,
    },
    /// The same access key.
    #[error(
        "the access key `{access_key_id}` is the target's and cannot read parameters at home as well"
    )]
    SameKey {
        /// The identifier of the key; not a secret.
        access_key_id: String,
    },
    /// The target has the default chain, and home has nothing else.
    #[error(
        "the default credentials chain is the target's and cannot read parameters at home as well"
    )]
    SameChain,
}

/// Whether the home identity would be the target's across partitions.
///
/// Within one partition both may be the same: that is what deploying the home
/// side from its own build is.
///
/// # Errors
///
/// [`HomeError`] when it would.
pub fn check_home(
    request: &SessionRequest,
    resolved: &Resolved,
    texts: &ProfileTexts,
) -> Result<(), HomeError> {
    let is_shared_partition =
        home_region(request).is_some_and(|home| home.partition() == resolved.region.partition());
    if is_shared_partition {
        return Ok(());
    }
    let environment = &request.environment;
    let has_environment_key = environment.access_key_id.is_some();
    let target = match &resolved.identity {
        Identity::DefaultChain if request.home.profile.is_none() => {
            return Err(HomeError::SameChain);
        }
        Identity::DefaultChain | Identity::Parameters(_) => return Ok(()),
        Identity::Profile(target) => target,
    };
    let (home, by_environment) = match (&request.home.profile, &environment.profile) {
        (Some(home), _) => (Some(home.clone()), false),
        (None, _) if has_environment_key => (None, true),
        (None, Some(home)) => (home.parse().ok(), true),
        (None, None) => ("default".parse().ok(), true),
    };
    if home.as_ref() == Some(target) {
        return Err(HomeError::SameProfile {
            profile: target.clone(),
            by_environment,
        });
    }
    let key_of = |profile: &ProfileName| {
        let facts = texts.profile(profile).ok().flatten();
        facts.and_then(|facts| facts.access_key_id)
    };
    let home_key = match &home {
        Some(home) => key_of(home),
        None => environment.access_key_id.clone(),
    };
    match (home_key, key_of(target)) {
        (Some(home), Some(target)) if home == target => Err(HomeError::SameKey {
            access_key_id: home,
        }),
        _ => Ok(()),
    }
}
