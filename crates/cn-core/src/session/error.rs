//! Errors of a session.

use aws_credential_types::provider::error::CredentialsError;
use cn_template::Region;
use cn_template::partition::RegionError;

use super::endpoint::EndpointError;
use super::request::Identity;
use super::resolve::{HomeError, ResolveError};
use super::stored::StoredKeyError;
use super::trust::TrustError;
use super::verify::VerifyError;
use crate::call::CallError;
use crate::parameter::ParameterError;
use crate::profile::ProfileFileError;

/// A session that cannot be opened or whose identities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Region or identity of the target.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A shared file cannot be used.
    #[error(transparent)]
    Files(#[from] ProfileFileError),
    /// The home identity is not there, or would be the target's.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The certificates to trust cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// An endpoint is no address.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Nothing names the home region.
    #[error("no home region is set, so SSM parameters cannot be read")]
    NoHomeRegion,
    /// The SDK's choice of a home region is not one.
    #[error("cannot use the home region")]
    HomeRegion(#[source] RegionError),
    /// The parameters with the access key cannot be read.
    #[error("cannot read the access key for `{region}` from SSM parameters")]
    Keys {
        /// The target region.
        region: Region,
        /// Why.
        source: Box<ParameterError>,
    },
    /// The parameters hold something else than an access key.
    #[error(transparent)]
    Key(#[from] StoredKeyError),
    /// The target's credentials cannot be had.
    #[error("cannot get the credentials of the target")]
    Credentials(#[source] CredentialsError),
    /// A parameter cannot be read.
    #[error(transparent)]
    Parameter(Box<ParameterError>),
    /// STS gives no session.
    #[error("cannot get a session for {identity}")]
    Temporary {
        /// The identity.
        identity: Box<Identity>,
        /// Why.
        source: CallError,
    },
    /// STS does not say who the identity is.
    #[error("cannot verify {identity} in `{region}`")]
    Verify {
        /// The identity.
        identity: Box<Identity>,
        /// The target region.
        region: Region,
        /// Why.
        source: Box<VerifyError>,
    },
}
