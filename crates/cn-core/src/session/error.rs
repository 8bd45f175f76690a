//! Errors of a session.

use std::io;

use aws_credential_types::provider::error::CredentialsError;
use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::partition::RegionError;

use super::request::Identity;
use super::stored::StoredKeyError;
use super::verify::VerifyError;
use crate::call::CallError;
use crate::parameter::ParameterError;
use crate::profile::{ProfileFileError, ProfileFiles, ProfileName};
use crate::web_identity::RoleArn;

/// An error in opening a session or using its identities.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The region or an identity cannot be determined, or both identities would be the same.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A shared file cannot be used.
    #[error(transparent)]
    Files(#[from] ProfileFileError),
    /// The file with the certificates to trust cannot be read.
    #[error("cannot read the certificates in `{path}`")]
    Trust {
        /// Its path.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The CA bundle contains no certificate that TLS can use.
    #[error("`{path}` contains no PEM certificate")]
    NoCertificate {
        /// Its path.
        path: Utf8PathBuf,
    },
    /// An endpoint is not a URL.
    #[error(
        "cannot use `{variable}`, or `endpoint_url` of the profile: it is not an address that begins with `http://` or `https://`"
    )]
    Endpoint {
        /// The environment variable that would name it.
        variable: String,
    },
    /// No setting names the home region.
    #[error("no home region is set, so SSM parameters cannot be read")]
    NoHomeRegion,
    /// The home region that the SDK chose is not a valid region.
    #[error("cannot use the home region")]
    HomeRegion(#[source] RegionError),
    /// The parameters with the access key cannot be read.
    #[error("cannot read the access key for `{region}` from SSM parameters")]
    Keys {
        /// The target region.
        region: Region,
        /// The cause.
        source: Box<ParameterError>,
    },
    /// The parameters do not contain an access key.
    #[error(transparent)]
    Key(#[from] StoredKeyError),
    /// The target's credentials cannot be loaded.
    #[error("cannot get the credentials of the target")]
    Credentials(#[source] CredentialsError),
    /// A parameter cannot be read.
    #[error(transparent)]
    Parameter(Box<ParameterError>),
    /// STS did not create a session.
    #[error("cannot get a session for {identity}")]
    Temporary {
        /// The identity.
        identity: Box<Identity>,
        /// The cause.
        source: CallError,
    },
    /// STS did not confirm the identity.
    #[error("cannot verify {identity} in `{region}`")]
    Verify {
        /// The identity.
        identity: Box<Identity>,
        /// The target region.
        region: Region,
        /// The cause.
        source: Box<VerifyError>,
    },
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
        "the access key `{access_key_id}` is the target identity and cannot be the home identity as well"
    )]
    SameKey {
        /// The access key ID; not a secret.
        access_key_id: String,
    },
    /// The home identity's profile is in neither file, or has no credentials.
    #[error("profile `{profile}` in `{}` and `{}` has no credentials to read parameters with", files.config, files.credentials)]
    NoHomeKeys {
        /// The profile.
        profile: ProfileName,
        /// The files that were read.
        files: ProfileFiles,
    },
    /// The target uses the default chain, and home has no other source.
    #[error(
        "the default credential chain is the target identity and cannot be the home identity as well"
    )]
    SameChain,
}
