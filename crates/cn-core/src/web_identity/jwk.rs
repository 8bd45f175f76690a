//! Public keys as an issuer publishes them, and the signatures that they verify, without I/O.

use pkcs1::RsaPublicKeyRef;
use serde_json::{Map, Value};
use spki::der::asn1::UintRef;
use spki::der::{Decode, Reader, SliceReader};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::algorithm::Algorithm;
use super::claims::encoded;
use crate::malformed::Malformed;

/// The object identifiers of elliptic curve keys and of the curve P-256.
///
/// # Source
///
/// RFC 5480, sections 2.1.1 and 2.1.1.1.
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Bytes of a coordinate on the curve P-256.
const P_256_BYTES: usize = 32;

pub(super) const WRONG_KIND: Malformed = Malformed::unseen(
    "the KMS key cannot sign web identity tokens: create it with key spec RSA_2048 or ECC_NIST_P256 and usage SIGN_VERIFY",
);

/// A key of a key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    /// The identifier, `kid`.
    pub key_id: String,
    /// The public half.
    pub(super) public: PublicKey,
}

/// The numbers of a public key, in base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// An RSA key.
    Rsa {
        /// The modulus, `n`.
        modulus: String,
        /// The exponent, `e`.
        exponent: String,
    },
    /// A point on the curve P-256.
    P256 {
        /// The first coordinate.
        x: String,
        /// The second coordinate.
        y: String,
    },
}

impl Jwk {
    /// Parses a public key as `kms:GetPublicKey` returns it.
    ///
    /// * `der`: a SubjectPublicKeyInfo.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for another kind of key.
    ///
    /// # Source
    ///
    /// RFC 5280, 4.1.2.7; RFC 8017, A.1.1, of RSA keys; RFC 5480, 2.2, of points.
    pub(crate) fn of_der(key_id: &str, der: &[u8]) -> Result<Self, Malformed> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| WRONG_KIND)?;
        let bits = info.subject_public_key.raw_bytes();
        let public = if info.algorithm.oid == EC_KEY {
            let is_p256 = info.algorithm.parameters_oid() == Ok(P_256);
            // An uncompressed point starts with the byte 4.
            let point = bits.strip_prefix(&[4]).ok_or(WRONG_KIND)?;
            if !is_p256 || point.len() != 2 * P_256_BYTES {
                return Err(WRONG_KIND);
            }
            let (x, y) = point.split_at(P_256_BYTES);
            PublicKey::P256 {
                x: encoded(x),
                y: encoded(y),
            }
        } else {
            let key = RsaPublicKeyRef::from_der(bits).map_err(|_| WRONG_KIND)?;
            PublicKey::Rsa {
                modulus: encoded(key.modulus.as_bytes()),
                exponent: encoded(key.public_exponent.as_bytes()),
            }
        };
        Ok(Self {
            key_id: key_id.to_owned(),
            public,
        })
    }

    /// Returns the algorithm of the key's signatures.
    pub const fn algorithm(&self) -> Algorithm {
        match self.public {
            PublicKey::Rsa { .. } => Algorithm::Rs256,
            PublicKey::P256 { .. } => Algorithm::Es256,
        }
    }

    /// Returns the members that define the key.
    ///
    /// # Source
    ///
    /// RFC 7518, sections 6.2.1 and 6.3.1.
    pub(super) fn members(&self) -> Vec<(&'static str, &str)> {
        let mut members = vec![("kid", self.key_id.as_str())];
        match &self.public {
            PublicKey::Rsa { modulus, exponent } => {
                members.extend([("kty", "RSA"), ("n", modulus), ("e", exponent)]);
            }
            PublicKey::P256 { x, y } => {
                members.extend([("kty", "EC"), ("crv", "P-256"), ("x", x), ("y", y)]);
            }
        }
        members
    }

    /// Returns the key as an entry of a key set.
    pub(crate) fn to_json(&self) -> Value {
        let uses = [("use", "sig"), ("alg", self.algorithm().name())];
        let all = self.members().into_iter().chain(uses);
        Value::Object(
            all.map(|(name, text)| (name.to_owned(), text.into()))
                .collect::<Map<_, _>>(),
        )
    }
}

/// Returns an ECDSA signature on P-256 in the form of tokens: both numbers in full width.
///
/// * `der`: a sequence of two integers, as `kms:Sign` returns it.
///
/// # Source
///
/// RFC 3279, 2.2.3, for the sequence; RFC 7518, 3.4, for the form in tokens.
pub(super) fn in_full_width(der: &[u8]) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers: spki::der::Result<_> =
        reader.sequence(|inside| Ok([UintRef::decode(inside)?, UintRef::decode(inside)?]));
    let mut signature = Vec::with_capacity(2 * P_256_BYTES);
    for number in numbers.ok()? {
        let bytes = number.as_bytes();
        signature.resize(signature.len() + P_256_BYTES.checked_sub(bytes.len())?, 0);
        signature.extend(bytes);
    }
    Some(signature)
}
