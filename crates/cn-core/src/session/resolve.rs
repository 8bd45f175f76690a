//! Determines the regions and identities for a request.
//!
//! This module does no I/O: the environment and the shared files are inputs.

use cn_template::Region;
use cn_template::partition::RegionError;

use super::request::{Identity, SessionRequest, TargetRequest};
use crate::profile::{ProfileFileError, ProfileFiles, ProfileName, ProfileTexts};
use crate::web_identity::RoleArn;

/// The region and identity for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The target's region.
    pub region: Region,
    /// The target's identity.
    pub identity: Identity,
}

/// An error for a request that determines no region or no identity.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// No setting names the target region.
    #[error("no target region is set")]
    NoRegion,
    /// The profile's region is not a valid region.
    #[error("cannot use the region of profile `{profile}`")]
    ProfileRegion {
        /// The profile.
        profile: ProfileName,
        /// The cause.
        source: RegionError,
    },
    /// The profile is in neither file.
    #[error("no profile `{profile}` in `{}` or `{}`", files.config, files.credentials)]
    NoProfile {
        /// The profile.
        profile: ProfileName,
        /// The files that were read.
        files: ProfileFiles,
    },
    /// The profile has no credentials. Other tools would fall back to the build's own role and send
    /// its credentials to the target.
    #[error("profile `{profile}` in `{}` and `{}` has no credentials", files.config, files.credentials)]
    NoKeys {
        /// The profile.
        profile: ProfileName,
        /// The files that were read.
        files: ProfileFiles,
    },
    /// The profile assumes its role with the build's own credentials, which would be sent to
    /// another partition.
    #[error(
        "profile `{profile}` takes its credentials from the build itself (`{source_name}`), which \
         are not valid in `{region}`"
    )]
    HomeSource {
        /// The profile.
        profile: ProfileName,
        /// The setting that selects them, such as `credential_source = EcsContainer`.
        source_name: String,
        /// The target region.
        region: Region,
    },
    /// The role of a web identity is in another partition.
    #[error("role `{role}` is not in partition `{}` of `{region}`", region.partition())]
    WebIdentityRole {
        /// The role.
        role: RoleArn,
        /// The target region.
        region: Region,
    },
    /// Neither a profile nor parameters provide credentials.
    #[error("no credentials for `{region}`")]
    NoIdentity {
        /// The target region.
        region: Region,
        /// The files that were read.
        files: ProfileFiles,
    },
    /// A shared file cannot be used.
    #[error(transparent)]
    Files(#[from] ProfileFileError),
}

/// Determines the region and identity of the target.
///
/// The region is the requested one, or else the profile's. It is never the region that the
/// environment sets for the build itself. The identity is, in order of precedence: the requested
/// profile; the default chain if requested; the web identity; the default chain if the target is in
/// the build's own partition; the profile `china`; the SSM parameters.
///
/// # Errors
///
/// [`ResolveError`].
pub(super) fn resolve(
    request: &SessionRequest,
    texts: &ProfileTexts,
) -> Result<Resolved, ResolveError> {
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
        said_region(request).is_some_and(|home| home.partition() == region.partition());
    if target.profile.is_none()
        && !target.default_chain
        && let Some(web_identity) = &target.web_identity
    {
        if !web_identity.role.is_in(region.partition()) {
            let role = web_identity.role.clone();
            return Err(ResolveError::WebIdentityRole { role, region });
        }
        let identity = Identity::WebIdentity(web_identity.clone());
        return Ok(Resolved { region, identity });
    }
    let takes_default_chain = target.default_chain || (is_at_home && target.profile.is_none());
    let identity = match (facts, &target.keys) {
        _ if takes_default_chain => Identity::DefaultChain,
        (Some(facts), _) if facts.has_credentials => {
            let source = match texts.credential_source(&name)? {
                Some(source) => Some(format!("credential_source = {source}")),
                None => home_source(request, &name, texts)?,
            };
            let is_abroad = home_region(request, texts)
                .is_some_and(|home| home.partition() != region.partition());
            if let Some(source_name) = source.filter(|_| is_abroad) {
                return Err(ResolveError::HomeSource {
                    profile: name,
                    source_name,
                    region,
                });
            }
            Identity::Profile(name)
        }
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

/// Returns the target region: the requested one, or else the profile's.
///
/// # Errors
///
/// [`ResolveError::NoRegion`] if neither is set; [`ResolveError::ProfileRegion`] if the profile's
/// region is not valid; [`ResolveError::Files`] if a file is broken.
pub(super) fn region_of(
    target: &TargetRequest,
    texts: &ProfileTexts,
) -> Result<Region, ResolveError> {
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

/// Profiles and static keys that sign for an identity.
pub(super) struct Signers {
    /// The identity's profile, its `source_profile`, the `source_profile` of that profile, and so
    /// on.
    profiles: Vec<ProfileName>,
    /// The access key IDs of the profiles, which are not secret.
    pub(super) keys: Vec<String>,
}

impl Signers {
    /// Returns the signers of a profile.
    fn of(profile: &ProfileName, texts: &ProfileTexts) -> Result<Self, ProfileFileError> {
        let profiles = texts.signers(profile)?;
        let mut keys = Vec::new();
        for profile in &profiles {
            let facts = texts.profile(profile)?;
            keys.extend(facts.and_then(|facts| facts.access_key_id));
        }
        Ok(Self { profiles, keys })
    }

    /// Returns the signers of the home identity.
    ///
    /// A key in the environment takes precedence over a profile in the environment.
    pub(super) fn home(
        request: &SessionRequest,
        texts: &ProfileTexts,
    ) -> Result<Self, ProfileFileError> {
        match (&request.home.profile, &request.environment.access_key_id) {
            (None, Some(key)) => Ok(Self {
                profiles: Vec::new(),
                keys: vec![key.clone()],
            }),
            _ => match home_profile(request) {
                Some(profile) => Self::of(&profile, texts),
                None => Ok(Self {
                    profiles: Vec::new(),
                    keys: Vec::new(),
                }),
            },
        }
    }

    /// Returns the first profile that signs for both identities.
    fn shared_profile(&self, other: &Self) -> Option<&ProfileName> {
        let mut profiles = self.profiles.iter();
        profiles.find(|profile| other.profiles.contains(profile))
    }

    /// Returns the first key that signs for both identities.
    fn shared_key(&self, other: &Self) -> Option<&String> {
        self.keys.iter().find(|key| other.keys.contains(key))
    }
}

/// Returns the profile of the home identity: the requested one, or else `AWS_PROFILE` or `default`.
fn home_profile(request: &SessionRequest) -> Option<ProfileName> {
    let named = request.home.profile.clone();
    named.or_else(|| match &request.environment.profile {
        Some(profile) => profile.parse().ok(),
        None => "default".parse().ok(),
    })
}

/// Returns the part of the home identity that would sign for a target's profile.
///
/// It is a profile of home's chain, or a key. `None` if there is none.
fn home_source(
    request: &SessionRequest,
    target: &ProfileName,
    texts: &ProfileTexts,
) -> Result<Option<String>, ResolveError> {
    let home = Signers::home(request, texts)?;
    // A target with home's own profile is intentional. `check_home` prevents its use for both
    // identities.
    if home.profiles.contains(target) {
        return Ok(None);
    }
    for (at, signer) in texts.signers(target)?.into_iter().enumerate() {
        let key = texts
            .profile(&signer)?
            .and_then(|facts| facts.access_key_id);
        let homes_key = key.filter(|key| home.keys.contains(key));
        match homes_key {
            Some(key) if at == 0 => return Ok(Some(format!("aws_access_key_id = {key}"))),
            None if !home.profiles.contains(&signer) => {}
            _ => return Ok(Some(format!("source_profile = {signer}"))),
        }
    }
    Ok(None)
}

/// Returns the build's region from the request or the environment.
fn said_region(request: &SessionRequest) -> Option<Region> {
    let said = request.home.region.clone();
    said.or_else(|| request.environment.region.as_ref()?.parse().ok())
}

/// Returns the build's region from the request, the environment or home's profile.
fn home_region(request: &SessionRequest, texts: &ProfileTexts) -> Option<Region> {
    said_region(request).or_else(|| {
        let facts = texts.profile(&home_profile(request)?).ok().flatten()?;
        facts.region?.parse().ok()
    })
}

/// Returns the keys of the home identity that must not sign for the target.
///
/// Empty within a partition, for home's own profile, and for the default chain.
pub(super) fn keys_of_home(
    request: &SessionRequest,
    resolved: &Resolved,
    texts: &ProfileTexts,
) -> Result<Vec<String>, ProfileFileError> {
    let is_homes = match &resolved.identity {
        Identity::Profile(target) => Signers::home(request, texts)?.profiles.contains(target),
        Identity::DefaultChain => true,
        Identity::Parameters(_) | Identity::WebIdentity(_) => false,
    };
    if is_homes {
        return Ok(Vec::new());
    }
    keys_foreign_to(request, &resolved.region, texts)
}

/// Returns the keys of the home identity that must not sign for a region. Empty within a partition.
pub(super) fn keys_foreign_to(
    request: &SessionRequest,
    region: &Region,
    texts: &ProfileTexts,
) -> Result<Vec<String>, ProfileFileError> {
    let is_shared =
        home_region(request, texts).is_none_or(|home| home.partition() == region.partition());
    if is_shared {
        return Ok(Vec::new());
    }
    Ok(Signers::home(request, texts)?.keys)
}

/// An error for a home identity that does not exist, or is the same as the target's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HomeError {
    /// Both identities use the same profile.
    #[error("profile `{profile}` is the target identity and cannot be the home identity as well")]
    SameProfile {
        /// The profile.
        profile: ProfileName,
        /// True if `AWS_PROFILE` names it, and not the request.
        by_environment: bool,
    },
    /// Both identities use the same access key.
    #[error(
        "the access key `{access_key_id}` is the target identity and cannot be the home identity \
         as well"
    )]
    SameKey {
        /// The access key ID; not a secret.
        access_key_id: String,
    },
    /// The requested profile is in neither file, or has no credentials.
    #[error("profile `{profile}` in `{}` and `{}` has no credentials to read parameters with", files.config, files.credentials)]
    NoKeys {
        /// The profile.
        profile: ProfileName,
        /// The files that were read.
        files: ProfileFiles,
    },
    /// The target uses the default chain, and home has no other source.
    #[error(
        "the default credential chain is the target identity and cannot be the home identity as \
         well"
    )]
    SameChain,
}

/// Checks that the home identity exists and is not the target's.
///
/// A profile must exist and have credentials, as for the target. Across partitions, it must not be
/// the target's. Within one partition, both may be the same: this is the case when a build deploys
/// to its own home account.
///
/// # Errors
///
/// [`HomeError`].
pub(super) fn check_home(
    request: &SessionRequest,
    resolved: &Resolved,
    texts: &ProfileTexts,
) -> Result<(), HomeError> {
    if let Some(profile) = &request.home.profile {
        let facts = texts.profile(profile).ok().flatten();
        if !facts.is_some_and(|facts| facts.has_credentials) {
            return Err(HomeError::NoKeys {
                profile: profile.clone(),
                files: texts.files.clone(),
            });
        }
    }
    let is_shared_partition = home_region(request, texts)
        .is_some_and(|home| home.partition() == resolved.region.partition());
    if is_shared_partition {
        return Ok(());
    }
    let target = match &resolved.identity {
        Identity::DefaultChain if request.home.profile.is_none() => {
            return Err(HomeError::SameChain);
        }
        Identity::DefaultChain | Identity::Parameters(_) | Identity::WebIdentity(_) => {
            return Ok(());
        }
        Identity::Profile(target) => target,
    };
    // An earlier step already refused a broken file.
    let signers = (Signers::home(request, texts), Signers::of(target, texts));
    let (Ok(home), Ok(target)) = signers else {
        return Ok(());
    };
    if let Some(profile) = target.shared_profile(&home) {
        return Err(HomeError::SameProfile {
            profile: profile.clone(),
            by_environment: request.home.profile.is_none(),
        });
    }
    match target.shared_key(&home) {
        Some(key) => Err(HomeError::SameKey {
            access_key_id: key.clone(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::session::{Environment, KeyParameters, KeyStore};
    use crate::web_identity::{TokenSource, WebIdentity};

    /// Returns a request from a CodeBuild project in us-east-1.
    pub(in crate::session) fn in_build() -> SessionRequest {
        let mut environment = Environment::new(ProfileFiles {
            credentials: "~/.aws/credentials".into(),
            config: "~/.aws/config".into(),
        });
        environment.region = Some("us-east-1".to_owned());
        SessionRequest::new(environment)
    }

    fn texts(credentials: &str, config: &str) -> ProfileTexts {
        ProfileTexts {
            files: in_build().environment.files,
            credentials: credentials.to_owned(),
            config: config.to_owned(),
        }
    }

    fn keys() -> KeyStore {
        KeyStore::Pair(KeyParameters {
            access_key: "/id".parse().unwrap(),
            secret_key: "/secret".parse().unwrap(),
        })
    }

    const KEY: &str = "[china]\naws_access_key_id = A\naws_secret_access_key = S\n";
    const REGION: &str = "[profile china]\nregion = cn-north-1\n";

    fn resolved(request: &SessionRequest, texts: &ProfileTexts) -> String {
        match resolve(request, texts) {
            Ok(resolved) => format!("{} {}", resolved.region, resolved.identity),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn the_region_is_never_the_builds() {
        let mut request = in_build();
        assert_eq!(
            resolved(&request, &texts("", "")),
            "error: no target region is set"
        );
        assert_eq!(
            resolved(&request, &texts(KEY, "")),
            "error: no target region is set"
        );
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "cn-north-1 profile `china`"
        );
        request.target.region = Some("cn-northwest-1".parse().unwrap());
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "cn-northwest-1 profile `china`"
        );
        let wrong = texts(KEY, "[profile china]\nregion = peking\n");
        request.target.region = None;
        assert_eq!(
            resolved(&request, &wrong),
            "error: cannot use the region of profile `china`"
        );
    }

    #[test]
    fn the_profile_asked_for_comes_first() {
        let mut request = in_build();
        request.target.profile = Some("other".parse().unwrap());
        request.target.keys = Some(keys());
        request.target.region = Some("cn-north-1".parse().unwrap());
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "error: no profile `other` in `~/.aws/config` or `~/.aws/credentials`"
        );
        let other = texts("[other]\naws_access_key_id = B\n", "");
        assert_eq!(resolved(&request, &other), "cn-north-1 profile `other`");
        request.target.region = Some("us-east-1".parse().unwrap());
        assert_eq!(resolved(&request, &other), "us-east-1 profile `other`");
    }

    #[test]
    fn a_profile_without_keys_does_not_become_the_role_of_the_build() {
        let mut request = in_build();
        let message = "error: profile `china` in `~/.aws/config` and `~/.aws/credentials` has no \
                       credentials";
        assert_eq!(resolved(&request, &texts("", REGION)), message);
        assert_eq!(
            resolved(&request, &texts("[china]\naws_access_key_id =\n", REGION)),
            message
        );
        request.target.profile = Some(ProfileName::china());
        request.target.keys = Some(keys());
        assert_eq!(resolved(&request, &texts("", REGION)), message);
    }

    #[test]
    fn the_builds_credentials_assume_no_role_across_partitions() {
        let mut request = in_build();
        let files = texts(
            "",
            "[profile china]\nregion = cn-north-1\nrole_arn = r\nsource_profile = base\n\
             [profile base]\nrole_arn = r\ncredential_source = EcsContainer\n",
        );
        assert_eq!(
            resolved(&request, &files),
            "error: profile `china` takes its credentials from the build itself \
             (`credential_source = EcsContainer`), which are not valid in `cn-north-1`"
        );
        request.environment.region = None;
        assert_eq!(resolved(&request, &files), "cn-north-1 profile `china`");
        let in_circles = texts(
            "",
            "[profile china]\nregion = cn-north-1\nrole_arn = r\nsource_profile = china\n",
        );
        assert_eq!(
            resolved(&request, &in_circles),
            "cn-north-1 profile `china`"
        );
    }

    #[test]
    fn parameters_stand_in_for_a_profile_that_is_not_there() {
        let mut request = in_build();
        request.target.region = Some("cn-north-1".parse().unwrap());
        assert_eq!(
            resolved(&request, &texts("", "")),
            "error: no credentials for `cn-north-1`"
        );
        request.target.keys = Some(keys());
        let parameters = "cn-north-1 the key in the SSM parameters `/id` and `/secret`";
        assert_eq!(resolved(&request, &texts("", "")), parameters);
        assert_eq!(resolved(&request, &texts("", REGION)), parameters);
        assert_eq!(
            resolved(&request, &texts(KEY, "")),
            "cn-north-1 profile `china`"
        );
    }

    #[test]
    fn the_builds_own_partition_is_the_builds_own_identity() {
        let mut request = in_build();
        request.target.keys = Some(keys());
        request.target.region = Some("eu-west-1".parse().unwrap());
        let chain = "the default credential chain";
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            format!("eu-west-1 {chain}")
        );
        request.environment.region = Some("cn-northwest-1".to_owned());
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "eu-west-1 profile `china`"
        );
        request.target.default_chain = true;
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            format!("eu-west-1 {chain}")
        );
    }

    #[test]
    fn the_home_key_never_signs_for_a_role_of_the_target() {
        let role = "[profile china]\nregion = cn-north-1\nrole_arn = arn:aws-cn:iam::1:role/r\n\
                    source_profile = base\n[profile base]\nsource_profile = default\n";
        let key = "[default]\naws_access_key_id = HOME\naws_secret_access_key = S\n\
                   [base]\naws_access_key_id = B\naws_secret_access_key = S\n";
        let mut request = in_build();
        request.target.profile = Some(ProfileName::china());
        let refused = |request: &SessionRequest| {
            let refused = resolve(request, &texts(key, role));
            matches!(refused, Err(ResolveError::HomeSource { source_name, .. })
                if source_name == "source_profile = default")
        };
        assert!(refused(&request));
        request.environment.access_key_id = Some("HOME".to_owned());
        assert!(refused(&request));
        request.environment.access_key_id = Some("OTHER".to_owned());
        assert!(!refused(&request));
        // Only the build's profile sets the region of the build.
        request.environment.access_key_id = None;
        request.environment.region = None;
        request.home.profile = Some("default".parse().unwrap());
        assert!(!refused(&request), "nobody knows where home is");
        let key =
            format!("{key}region = us-east-1\n").replace("[base]", "region = us-east-1\n[base]");
        let said = resolve(&request, &texts(&key, role)).map(|_| ());
        assert!(matches!(said, Err(ResolveError::HomeSource { .. })));
    }

    #[test]
    fn a_copy_of_the_home_key_never_signs_for_the_target() {
        let mut request = in_build();
        request.environment.access_key_id = Some("A".to_owned());
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "error: profile `china` takes its credentials from the build itself \
             (`aws_access_key_id = A`), which are not valid in `cn-north-1`"
        );
        request.environment.access_key_id = None;
        let copied = format!("{KEY}[default]\naws_access_key_id = A\n");
        assert!(resolve(&request, &texts(&copied, REGION)).is_err());
    }

    #[test]
    fn the_target_key_never_signs_for_a_role_of_home() {
        let mut request = in_build();
        request.home.profile = Some("build".parse().unwrap());
        let chain = format!(
            "{REGION}[profile build]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n\
             [profile base]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = china\n"
        );
        let target = Resolved {
            region: "cn-north-1".parse().unwrap(),
            identity: Identity::Profile(ProfileName::china()),
        };
        let refused = check_home(&request, &target, &texts(KEY, &chain)).unwrap_err();
        assert!(
            matches!(refused, HomeError::SameProfile { profile, .. } if profile.as_str() == "china")
        );
        let copied = chain.replace("china\n", "copy\n");
        let key = format!("{KEY}[copy]\naws_access_key_id = A\n");
        let refused = check_home(&request, &target, &texts(&key, &copied)).unwrap_err();
        assert!(matches!(refused, HomeError::SameKey { .. }), "{refused}");
    }

    #[test]
    fn a_web_identity_takes_precedence_over_keys_and_lies_in_the_targets_partition() {
        let identity = |role: &str| WebIdentity {
            role: role.parse().unwrap(),
            source: TokenSource::File("token".into()),
            session_name: "cn".to_owned(),
        };
        let mut request = in_build();
        request.target.keys = Some(keys());
        request.target.web_identity = Some(identity("arn:aws-cn:iam::1:role/r"));
        let resolved = resolve(&request, &texts(KEY, REGION)).unwrap();
        assert!(matches!(resolved.identity, Identity::WebIdentity(_)));
        request.target.web_identity = Some(identity("arn:aws:iam::1:role/r"));
        let refused = resolve(&request, &texts(KEY, REGION));
        assert!(matches!(refused, Err(ResolveError::WebIdentityRole { .. })));
        request.target.profile = Some(ProfileName::china());
        let resolved = resolve(&request, &texts(KEY, REGION)).unwrap();
        assert!(matches!(resolved.identity, Identity::Profile(_)));
    }

    fn home(request: &SessionRequest, texts: &ProfileTexts) -> Result<(), String> {
        let resolved = resolve(request, texts).unwrap();
        check_home(request, &resolved, texts).map_err(|error| error.to_string())
    }

    #[test]
    fn home_is_never_the_target_across_partitions() {
        let own = |what: &str| {
            Err(format!(
                "{what} is the target identity and cannot be the home identity as well"
            ))
        };
        let mut request = in_build();
        let files = texts(KEY, REGION);
        assert_eq!(home(&request, &files), Ok(()));
        request.environment.profile = Some("china".to_owned());
        assert_eq!(home(&request, &files), own("profile `china`"));
        request.environment.access_key_id = Some("B".to_owned());
        assert_eq!(
            home(&request, &files),
            Ok(()),
            "the key counts before the profile"
        );
        request.environment.access_key_id = Some("A".to_owned());
        let resolved = resolve(&request, &files).unwrap_err().to_string();
        assert!(resolved.contains("`aws_access_key_id = A`"), "{resolved}");
        request.home.profile = Some(ProfileName::china());
        assert_eq!(home(&request, &files), own("profile `china`"));
        let twice = texts(&format!("{KEY}[build]\naws_access_key_id = A\n"), REGION);
        request.home.profile = Some("build".parse().unwrap());
        assert!(resolve(&request, &twice).is_err());
        request.home.profile = None;
        request.target.default_chain = true;
        assert_eq!(home(&request, &files), own("the default credential chain"));
    }

    #[test]
    fn within_a_partition_one_identity_may_be_both() {
        let mut request = in_build();
        request.environment.region = Some("cn-northwest-1".to_owned());
        request.environment.profile = Some("china".to_owned());
        request.target.profile = Some(ProfileName::china());
        assert_eq!(home(&request, &texts(KEY, REGION)), Ok(()));
    }
}
