//! Signature algorithms of tokens, without I/O.

use std::fmt;

/// A signature algorithm of tokens.
///
/// # Source
///
/// STS API reference, `AssumeRoleWithWebIdentity`, `WebIdentityToken`: RS256, RS384, RS512,
/// ES256, ES384 or ES512.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, for a KMS key with spec `RSA_2048` or larger.
    #[default]
    Rs256,
    /// ECDSA with SHA-256, for a KMS key with spec `ECC_NIST_P256`.
    Es256,
}

impl Algorithm {
    /// Returns the name in tokens and key sets.
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
