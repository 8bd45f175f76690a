//! The two static files of an issuer.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::claims::IssuerUrl;
use super::jwk::Jwk;
use super::source::key_id_of;
use crate::call::{CallError, CallExt};
use crate::malformed::Malformed;

/// The path of the discovery document below the issuer's URL.
///
/// # Source
///
/// OpenID Connect Discovery 1.0, section 4.
pub(crate) const DISCOVERY_PATH: &str = ".well-known/openid-configuration";

/// The path of the key set below the issuer's URL.
pub(crate) const JWKS_PATH: &str = ".well-known/jwks.json";

/// A file of an issuer, which must be served as `application/json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerFile {
    /// The path below the issuer's URL.
    pub path: &'static str,
    /// The content, which ends with a line ending.
    pub text: String,
}

/// An error in reading a key to publish.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// KMS does not return the key.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The key has an unsupported form.
    #[error(transparent)]
    Form(#[from] Malformed),
}

impl IssuerUrl {
    /// Returns the files of the issuer.
    ///
    /// * `keys`: every key that signs now or will sign. Publish a key before its first use, and keep
    ///   it published as long as STS may have cached the set.
    pub fn files(&self, keys: &[Jwk]) -> [IssuerFile; 2] {
        let algorithms: BTreeSet<&str> = keys.iter().map(|key| key.algorithm().name()).collect();
        let discovery = json!({
            "issuer": self.as_str(),
            "jwks_uri": format!("{self}/{JWKS_PATH}"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti"],
        });
        let keys: Vec<Value> = keys.iter().map(Jwk::to_json).collect();
        [
            IssuerFile {
                path: DISCOVERY_PATH,
                text: format!("{discovery:#}\n"),
            },
            IssuerFile {
                path: JWKS_PATH,
                text: format!("{:#}\n", json!({"keys": keys})),
            },
        ]
    }
}

impl Jwk {
    /// Reads the public half of a KMS key.
    ///
    /// * `key`: an ID, ARN or alias.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`].
    pub async fn of_kms(kms: &aws_sdk_kms::Client, key: &str) -> Result<Self, PublicKeyError> {
        let answer = kms.get_public_key().key_id(key).send().await;
        let answer = answer.call("kms", "GetPublicKey")?;
        let (Some(arn), Some(der)) = (answer.key_id, answer.public_key) else {
            return Err(CallError::without_answer("kms", "GetPublicKey").into());
        };
        Ok(Self::of_der(key_id_of(&arn), der.as_ref())?)
    }
}
