//! The home identity beside the target's: its profile, region and keys, and the proof that
//! neither signs for the other.
//!
//! Pure: the environment and the shared files come in as data.

use cn_template::Region;

use super::error::ResolveError;
use super::request::{Identity, SessionRequest};
use crate::profile::{ProfileFileError, ProfileName, ProfileTexts};

/// Profiles and static keys that sign for an identity.
struct Signers {
    /// The identity's profile, its `source_profile`, the `source_profile` of that profile, and so
    /// on.
    profiles: Vec<ProfileName>,
    /// The access key IDs of the profiles, which are not secret.
    keys: Vec<String>,
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
    fn home(request: &SessionRequest, texts: &ProfileTexts) -> Result<Self, ProfileFileError> {
        match (&request.home_profile, &request.environment.access_key_id) {
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
    let named = request.home_profile.clone();
    named.or_else(|| match &request.environment.profile {
        Some(profile) => profile.parse().ok(),
        None => "default".parse().ok(),
    })
}

/// Returns the part of the home identity that would sign for a target's profile.
///
/// It is a profile of home's chain, or a key. `None` if there is none.
pub(super) fn home_source(
    request: &SessionRequest,
    target: &ProfileName,
    texts: &ProfileTexts,
) -> Result<Option<String>, ProfileFileError> {
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
pub(super) fn configured_home_region(request: &SessionRequest) -> Option<Region> {
    let said = request.home_region.clone();
    said.or_else(|| request.environment.region.as_ref()?.parse().ok())
}

/// Returns the build's region from the request, the environment or home's profile.
pub(super) fn home_region(request: &SessionRequest, texts: &ProfileTexts) -> Option<Region> {
    configured_home_region(request).or_else(|| {
        let facts = texts.profile(&home_profile(request)?).ok().flatten()?;
        facts.region?.parse().ok()
    })
}

/// Returns the keys of the home identity that must not sign for the target.
///
/// Empty within a partition, for home's own profile, and for the default chain.
pub(super) fn keys_of_home(
    request: &SessionRequest,
    (target, region): (&Identity, &Region),
    texts: &ProfileTexts,
) -> Result<Vec<String>, ProfileFileError> {
    let is_homes = match target {
        Identity::Profile(target) => Signers::home(request, texts)?.profiles.contains(target),
        Identity::DefaultChain => true,
        Identity::Parameters(_) | Identity::WebIdentity(_) => false,
    };
    if is_homes {
        return Ok(Vec::new());
    }
    keys_foreign_to(request, region, texts)
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

/// Checks that the home identity exists and is not the target's.
///
/// A profile must exist and have credentials, as for the target. Across partitions, it must not be
/// the target's. Within one partition, both may be the same: this is the case when a build deploys
/// to its own home account.
///
/// # Errors
///
/// [`ResolveError`].
pub(super) fn check_home(
    request: &SessionRequest,
    (target, region): (&Identity, &Region),
    texts: &ProfileTexts,
) -> Result<(), ResolveError> {
    if let Some(profile) = &request.home_profile {
        let facts = texts.profile(profile).ok().flatten();
        if !facts.is_some_and(|facts| facts.has_credentials) {
            return Err(ResolveError::NoHomeKeys {
                profile: profile.clone(),
                files: texts.files.clone(),
            });
        }
    }
    let is_shared_partition =
        home_region(request, texts).is_some_and(|home| home.partition() == region.partition());
    if is_shared_partition {
        return Ok(());
    }
    let target = match target {
        Identity::DefaultChain if request.home_profile.is_none() => {
            return Err(ResolveError::SameChain);
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
        return Err(ResolveError::SameProfile {
            profile: profile.clone(),
            by_environment: request.home_profile.is_none(),
        });
    }
    match target.shared_key(&home) {
        Some(key) => Err(ResolveError::SameKey {
            access_key_id: key.clone(),
        }),
        None => Ok(()),
    }
}
