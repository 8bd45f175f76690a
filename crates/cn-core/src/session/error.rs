//! Errors of a session.

use std::io;

use aws_credential_types::provider::error::CredentialsError;
use camino::Utf8PathBuf;
use cn_template::Region;
use cn_template::partition::RegionError;

use super::home::HomeError;
use super::request::Identity;
use super::resolve::ResolveError;
use super::stored::StoredKeyError;
use super::verify::VerifyError;
use crate::call::CallError;
use crate::parameter::ParameterError;
use crate::profile::ProfileFileError;

/// An error in opening a session or using its identities.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The region or identity of the target cannot be determined.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A shared file cannot be used.
    #[error(transparent)]
    Files(#[from] ProfileFileError),
    /// The home identity does not exist, or would be the same as the target's.
    #[error(transparent)]
    Home(#[from] HomeError),
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
