//! Determines the regions and identities for a request.
//!
//! This module does no I/O: the environment and the shared files are inputs.

use cn_template::Region;

use super::error::ResolveError;
use super::home::{configured_home_region, home_region, home_source};
use super::request::{Identity, SessionRequest};
use crate::profile::{ProfileName, ProfileTexts};

/// The region and identity for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The target's region.
    pub region: Region,
    /// The target's identity.
    pub identity: Identity,
}

impl Resolved {
    pub(super) fn both(&self) -> (&Identity, &Region) {
        (&self.identity, &self.region)
    }
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
    let name = request.profile.clone().unwrap_or_else(ProfileName::china);
    let facts = texts.profile(&name)?;
    if facts.is_none() && request.profile.is_some() {
        return Err(ResolveError::NoProfile {
            profile: name,
            files: texts.files.clone(),
        });
    }
    let region = region_of(request, texts)?;
    let is_at_home =
        configured_home_region(request).is_some_and(|home| home.partition() == region.partition());
    if request.profile.is_none()
        && !request.default_chain
        && let Some(web_identity) = &request.web_identity
    {
        if !web_identity.role.is_in(region.partition()) {
            let role = web_identity.role.clone();
            return Err(ResolveError::WebIdentityRole { role, region });
        }
        let identity = Identity::WebIdentity(web_identity.clone());
        return Ok(Resolved { region, identity });
    }
    let takes_default_chain = request.default_chain || (is_at_home && request.profile.is_none());
    let identity = match (facts, &request.keys) {
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
        (_, Some(keys)) if request.profile.is_none() => Identity::Parameters(keys.clone()),
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
    request: &SessionRequest,
    texts: &ProfileTexts,
) -> Result<Region, ResolveError> {
    if let Some(region) = &request.region {
        return Ok(region.clone());
    }
    let name = request.profile.clone().unwrap_or_else(ProfileName::china);
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::profile::ProfileFiles;
    use crate::session::home::check_home;
    use crate::session::{Environment, KeyStore};
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
        KeyStore::Pair {
            access_key: "/id".parse().unwrap(),
            secret_key: "/secret".parse().unwrap(),
        }
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
        request.region = Some("cn-northwest-1".parse().unwrap());
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "cn-northwest-1 profile `china`"
        );
        let wrong = texts(KEY, "[profile china]\nregion = peking\n");
        request.region = None;
        assert_eq!(
            resolved(&request, &wrong),
            "error: cannot use the region of profile `china`"
        );
    }

    #[test]
    fn the_profile_asked_for_comes_first() {
        let mut request = in_build();
        request.profile = Some("other".parse().unwrap());
        request.keys = Some(keys());
        request.region = Some("cn-north-1".parse().unwrap());
        assert_eq!(
            resolved(&request, &texts(KEY, REGION)),
            "error: no profile `other` in `~/.aws/config` or `~/.aws/credentials`"
        );
        let other = texts("[other]\naws_access_key_id = B\n", "");
        assert_eq!(resolved(&request, &other), "cn-north-1 profile `other`");
        request.region = Some("us-east-1".parse().unwrap());
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
        request.profile = Some(ProfileName::china());
        request.keys = Some(keys());
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
        request.region = Some("cn-north-1".parse().unwrap());
        assert_eq!(
            resolved(&request, &texts("", "")),
            "error: no credentials for `cn-north-1`"
        );
        request.keys = Some(keys());
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
        request.keys = Some(keys());
        request.region = Some("eu-west-1".parse().unwrap());
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
        request.default_chain = true;
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
        request.profile = Some(ProfileName::china());
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
        request.home_profile = Some("default".parse().unwrap());
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
        request.home_profile = Some("build".parse().unwrap());
        let chain = format!(
            "{REGION}[profile build]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n\
             [profile base]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = china\n"
        );
        let region = "cn-north-1".parse().unwrap();
        let target = (&Identity::Profile(ProfileName::china()), &region);
        let refused = check_home(&request, target, &texts(KEY, &chain)).unwrap_err();
        assert!(
            matches!(refused, ResolveError::SameProfile { profile, .. } if profile.as_str() == "china")
        );
        let copied = chain.replace("china\n", "copy\n");
        let key = format!("{KEY}[copy]\naws_access_key_id = A\n");
        let refused = check_home(&request, target, &texts(&key, &copied)).unwrap_err();
        assert!(matches!(refused, ResolveError::SameKey { .. }), "{refused}");
    }

    #[test]
    fn a_web_identity_takes_precedence_over_keys_and_lies_in_the_targets_partition() {
        let identity = |role: &str| WebIdentity {
            role: role.parse().unwrap(),
            source: TokenSource::File("token".into()),
            session_name: "cn".to_owned(),
        };
        let mut request = in_build();
        request.keys = Some(keys());
        request.web_identity = Some(identity("arn:aws-cn:iam::1:role/r"));
        let resolved = resolve(&request, &texts(KEY, REGION)).unwrap();
        assert!(matches!(resolved.identity, Identity::WebIdentity(_)));
        request.web_identity = Some(identity("arn:aws:iam::1:role/r"));
        let refused = resolve(&request, &texts(KEY, REGION));
        assert!(matches!(refused, Err(ResolveError::WebIdentityRole { .. })));
        request.profile = Some(ProfileName::china());
        let resolved = resolve(&request, &texts(KEY, REGION)).unwrap();
        assert!(matches!(resolved.identity, Identity::Profile(_)));
    }

    fn home(request: &SessionRequest, texts: &ProfileTexts) -> Result<(), String> {
        let resolved = resolve(request, texts).unwrap();
        let target = (&resolved.identity, &resolved.region);
        check_home(request, target, texts).map_err(|error| error.to_string())
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
        request.home_profile = Some(ProfileName::china());
        assert_eq!(home(&request, &files), own("profile `china`"));
        let twice = texts(&format!("{KEY}[build]\naws_access_key_id = A\n"), REGION);
        request.home_profile = Some("build".parse().unwrap());
        assert!(resolve(&request, &twice).is_err());
        request.home_profile = None;
        request.default_chain = true;
        assert_eq!(home(&request, &files), own("the default credential chain"));
    }

    #[test]
    fn within_a_partition_one_identity_may_be_both() {
        let mut request = in_build();
        request.environment.region = Some("cn-northwest-1".to_owned());
        request.environment.profile = Some("china".to_owned());
        request.profile = Some(ProfileName::china());
        assert_eq!(home(&request, &texts(KEY, REGION)), Ok(()));
    }
}
