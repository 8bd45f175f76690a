//! Access to the target partition without an access key: STS of the target region exchanges a
//! signed token for a session.
//!
//! No long-term secret exists: an asymmetric KMS key of the home account signs a token that is
//! valid for minutes, and the target account trusts its issuer. Tokens of other issuers (GitHub,
//! GitLab, EKS) come from a file or a command.
//!
//! AWS's own `GetWebIdentityToken` is not usable here: its tokens "cannot be used for OIDC
//! federation into AWS" (IAM user guide, "Getting started with outbound identity federation").

mod algorithm;
mod assume;
mod claims;
mod issuer;
mod jwk;
mod role;
mod source;
mod verify;

#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub(crate) use assume::assume;
pub use claims::IssuerUrl;
pub use issuer::{IssuerFile, PublicKeyError};
pub use jwk::Jwk;
pub use role::{RoleArn, WebIdentity};
pub use source::{KmsToken, SourceSpelling, TokenError, TokenSource};
pub use verify::{Problem, VerifyIssuerError};
