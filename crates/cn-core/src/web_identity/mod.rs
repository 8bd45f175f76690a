//! Acting in the target partition without an access key: a signed token, which
//! STS of the target region exchanges for a session.
//!
//! No secret exists anywhere: an asymmetric KMS key of the home account signs a
//! token that is valid for minutes, and the target account trusts its issuer.
//! Tokens of other issuers (GitHub, GitLab, EKS) come from a file or a command.
//!
//! AWS's own `GetWebIdentityToken` is no source: its tokens "cannot be used for
//! OIDC federation into AWS" (IAM user guide, "Getting started with outbound
//! identity federation").

mod assume;
mod claims;
mod issuer;
mod jwk;
mod source;
mod verify;

#[cfg(test)]
mod tests;

pub use assume::{AssumeError, assume};
pub use claims::{Claims, IssuerUrl, IssuerUrlError, LIFETIME, signing_input};
pub use issuer::{DISCOVERY_PATH, IssuerFile, JWKS_PATH, PublicKeyError, files, public_key};
pub use jwk::{Jwk, KeyFormError};
pub use source::{KmsToken, SourceSpelling, TokenError, TokenSource, TokenSourceError, key_id_of};
pub use verify::{Problem, VerifyIssuerError, verify};

use std::fmt;
use std::str::FromStr;

use cn_template::Partition;
use cn_template::partition::Arn;

/// The ARN of an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn(String);

/// A text that is not the ARN of a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the ARN of an IAM role, such as `arn:aws-cn:iam::123456789012:role/deploy`")]
pub struct RoleArnError(String);

impl RoleArn {
    /// The ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the role lies in a partition.
    pub fn is_in(&self, partition: Partition) -> bool {
        Arn::parse(&self.0).is_some_and(|arn| arn.partition == partition.id())
    }
}

impl FromStr for RoleArn {
    type Err = RoleArnError;

    fn from_str(text: &str) -> Result<Self, RoleArnError> {
        let is_role =
            Arn::parse(text).is_some_and(|arn| arn.service == "iam" && text.contains(":role/"));
        if !is_role {
            return Err(RoleArnError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A role of the target account and the source of tokens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    /// The role.
    pub role: RoleArn,
    /// The source of tokens.
    pub source: TokenSource,
    /// The session's name, as CloudTrail shows it.
    pub session_name: String,
}

impl fmt::Display for WebIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "role `{}` with a token from {}", self.role, self.source)
    }
}
