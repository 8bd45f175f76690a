//! A public key as an issuer publishes it. Pure.

use pkcs1::RsaPublicKeyRef;
use serde_json::{Value, json};
use spki::SubjectPublicKeyInfoRef;
use spki::der::Decode;

use super::claims::encoded;

/// A public key that is no RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the KMS key is not an RSA key for signing: create it with key spec RSA_2048 and usage SIGN_VERIFY"
)]
pub struct KeyFormError;

/// One key of a key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    /// The identifier, `kid`.
    pub key_id: String,
    /// Modulus, base64url.
    pub modulus: String,
    /// Exponent, base64url.
    pub exponent: String,
}

impl Jwk {
    /// Reads a public key as `kms:GetPublicKey` returns it.
    ///
    /// * `der`: a SubjectPublicKeyInfo.
    ///
    /// # Errors
    ///
    /// [`KeyFormError`] for another kind of key.
    ///
    /// # Source
    ///
    /// RFC 5280, 4.1.2.7, and RFC 8017, A.1.1, of the form; RFC 7518, 6.3.1, of
    /// the members.
    pub(crate) fn of_der(key_id: &str, der: &[u8]) -> Result<Self, KeyFormError> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyFormError)?;
        let key = RsaPublicKeyRef::from_der(info.subject_public_key.raw_bytes());
        let key = key.map_err(|_| KeyFormError)?;
        Ok(Self {
            key_id: key_id.to_owned(),
            modulus: encoded(key.modulus.as_bytes()),
            exponent: encoded(key.public_exponent.as_bytes()),
        })
    }

    /// The key as an entry of a key set.
    pub fn to_json(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "n": self.modulus,
            "e": self.exponent,
        })
    }
}
