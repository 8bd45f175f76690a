//! Signature algorithms of tokens. Pure.

use std::fmt;

/// A signature algorithm of tokens.
///
/// # Source
///
/// STS API reference, `AssumeRoleWithWebIdentity`, `WebIdentityToken`: RS256, RS384, RS512,
/// ES256, ES384 or ES512.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, of a KMS key of spec `RSA_2048` or more.
    #[default]
    Rs256,
    /// ECDSA with SHA-256, of a KMS key of spec `ECC_NIST_P256`.
    Es256,
}

impl Algorithm {
    /// The name in tokens and key sets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
