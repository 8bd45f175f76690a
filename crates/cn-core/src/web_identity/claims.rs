//! The claims of a token, and the text to sign, without I/O.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::algorithm::Algorithm;
use crate::malformed::Malformed;

/// The lifetime of a token. Tokens are exchanged at once; STS tolerates clock differences.
pub(crate) const LIFETIME: Duration = Duration::from_mins(5);

/// The URL of an issuer, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerUrl(String);

impl IssuerUrl {
    /// Returns the URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the reasons why IAM would not accept the URL as an identity provider.
    ///
    /// # Source
    ///
    /// IAM API reference, `CreateOpenIDConnectProvider`, `Url`: starts with `https://`, has no
    /// query and no port; a path is allowed.
    pub fn problems(&self) -> Vec<&'static str> {
        let host = self
            .0
            .split_once("://")
            .map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
        let mut problems = Vec::new();
        if !self.0.starts_with("https://") {
            problems.push("it does not begin with `https://`");
        }
        if host.contains(':') {
            problems.push("it names a port");
        }
        if self.0.contains(['?', '#']) {
            problems.push("it has a query or a fragment");
        }
        if !host.contains('.') {
            problems.push("its host is not a public name");
        }
        problems
    }
}

impl FromStr for IssuerUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let is_url = rest.is_some_and(|rest| {
            !rest.trim_matches('/').is_empty() && !rest.contains(char::is_whitespace)
        });
        if !is_url {
            return Err(Malformed::new(
                text,
                "is not the address of an issuer, such as `https://issuer.example.com/china`",
            ));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims<'a> {
    /// The issuer, `iss`.
    pub issuer: &'a IssuerUrl,
    /// The audience, `aud`.
    pub audience: &'a str,
    /// The subject, `sub`.
    pub subject: &'a str,
    /// The time of issue, in seconds since 1970, `iat`.
    pub issued_s: i64,
    /// A number used once, `jti`.
    pub id: &'a str,
}

/// Returns the text to sign: the header and claims of a token, encoded.
///
/// * `key_id`: the `kid` of the key in the issuer's key set.
///
/// # Source
///
/// RFC 7515, section 5.1, and RFC 7519: base64url without padding, joined by a period.
pub(crate) fn signing_input(claims: &Claims<'_>, key_id: &str, algorithm: Algorithm) -> String {
    let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or_default();
    let header = json!({"alg": algorithm.name(), "typ": "JWT", "kid": key_id});
    let body = json!({
        "iss": claims.issuer.as_str(),
        "aud": claims.audience,
        "sub": claims.subject,
        "iat": claims.issued_s,
        "exp": claims.issued_s + lifetime,
        "jti": claims.id,
    });
    format!(
        "{}.{}",
        encoded(header.to_string()),
        encoded(body.to_string())
    )
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
