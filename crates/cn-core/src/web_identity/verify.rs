//! Fetches an issuer's files as STS would, and checks them.

use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::{DateTime, Format};
use serde_json::Value;

use super::claims::IssuerUrl;
use super::issuer::DISCOVERY_PATH;
use super::jwk::Jwk;

/// Time limit for fetching a file.
const FETCH_TIME: Duration = Duration::from_secs(20);

/// Clock difference in seconds above which tokens may be refused as not yet or no longer valid.
const CLOCK_LIMIT_S: i64 = 120;

/// Cache time in seconds above which a new key is unknown for too long.
const CACHE_LIMIT_S: u64 = 86_400;

/// A defect of an issuer because of which STS refuses its tokens, or may refuse them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// IAM does not accept the URL.
    Address(&'static str),
    /// The response for a file does not have status 200.
    Status {
        /// The URL of the file.
        url: String,
        /// The status.
        status: u16,
    },
    /// A file is not served as JSON.
    ContentType {
        /// The URL of the file.
        url: String,
        /// The content type; empty if there is none.
        content_type: String,
    },
    /// A file is not JSON.
    Json {
        /// The URL of the file.
        url: String,
    },
    /// The discovery document names another issuer.
    Issuer {
        /// The issuer in the document.
        found: String,
    },
    /// The discovery document names no key set that is served over HTTPS.
    KeySet {
        /// The URL in the document.
        found: String,
    },
    /// The key set contains no key, or a key without a required member.
    Keys {
        /// The missing member.
        lacks: &'static str,
    },
    /// The key set contains a private key.
    Private,
    /// The key set does not contain the key that signs.
    Missing {
        /// The key ID.
        key_id: String,
    },
    /// The key set contains another key with the ID of the key that signs.
    Other {
        /// The key ID.
        key_id: String,
    },
    /// Caches may keep a file for too long.
    Cache {
        /// The URL of the file.
        url: String,
        /// The cache time in seconds.
        seconds: u64,
    },
    /// The clocks of this machine and of the issuer's host differ.
    Clock {
        /// The difference in seconds.
        seconds: i64,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(why) => write!(f, "IAM does not accept the issuer's address: {why}"),
            Self::Status { url, status } => {
                write!(f, "`{url}` returns status {status} instead of 200")
            }
            Self::ContentType { url, content_type } => write!(
                f,
                "`{url}` is served as `{content_type}`, not as `application/json`"
            ),
            Self::Json { url } => write!(f, "`{url}` is not JSON"),
            Self::Issuer { found } => write!(
                f,
                "the discovery document names the issuer `{found}`, but the issuer must be the \
                 address of the document"
            ),
            Self::KeySet { found } => write!(
                f,
                "the discovery document names the key set `{found}`, but its address must begin \
                 with `https://`"
            ),
            Self::Keys { lacks } => write!(f, "a key of the key set lacks `{lacks}`"),
            Self::Private => f.write_str("the key set holds a private key"),
            Self::Missing { key_id } => {
                write!(
                    f,
                    "the key set lacks the key `{key_id}`, which signs tokens"
                )
            }
            Self::Other { key_id } => write!(
                f,
                "the key set has a different key under `{key_id}` than the one that signs tokens"
            ),
            Self::Cache { url, seconds } => write!(
                f,
                "`{url}` may be cached for {seconds} s: STS may refuse a new key for that long"
            ),
            Self::Clock { seconds } => write!(
                f,
                "the clocks of this machine and of the issuer's host differ by {seconds} s"
            ),
        }
    }
}

/// An error in fetching a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot fetch `{url}`")]
pub struct VerifyIssuerError {
    /// The URL of the file.
    pub url: String,
    /// The cause.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A file as the server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) cache_control: String,
    pub(super) date: String,
    pub(super) body: Vec<u8>,
}

impl IssuerUrl {
    /// Fetches both files of an issuer and returns their defects.
    ///
    /// * `signers`: the keys that sign or will sign.
    /// * `now_s`: the current time, in seconds since 1970.
    ///
    /// Cost: two requests to the issuer.
    ///
    /// # Errors
    ///
    /// [`VerifyIssuerError`] if a host cannot be reached.
    pub async fn verify(
        &self,
        signers: &[Jwk],
        now_s: i64,
    ) -> Result<Vec<Problem>, VerifyIssuerError> {
        let mut problems: Vec<Problem> =
            self.problems().into_iter().map(Problem::Address).collect();
        let discovery = fetch(&format!("{self}/{DISCOVERY_PATH}")).await?;
        let (found, key_set) = of_discovery(self, &discovery, now_s);
        problems.extend(found);
        if let Some(key_set) = key_set {
            problems.extend(of_key_set(signers, &fetch(&key_set).await?));
        }
        Ok(problems)
    }
}

/// Checks the discovery document. Also returns the URL of the key set.
pub(super) fn of_discovery(
    issuer: &IssuerUrl,
    served: &Served,
    now_s: i64,
) -> (Vec<Problem>, Option<String>) {
    let mut problems = of_file(served);
    if let Ok(date) = DateTime::from_str(&served.date, Format::HttpDate) {
        let seconds = (now_s - date.secs()).abs();
        if seconds > CLOCK_LIMIT_S {
            problems.push(Problem::Clock { seconds });
        }
    }
    let Ok(document) = serde_json::from_slice::<Value>(&served.body) else {
        return (problems, None);
    };
    let member = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let found = member("issuer");
    if found != issuer.as_str() {
        problems.push(Problem::Issuer { found });
    }
    let key_set = member("jwks_uri");
    let can_fetch = key_set.starts_with("https://") || key_set.starts_with("http://");
    if !key_set.starts_with("https://") {
        let found = key_set.clone();
        problems.push(Problem::KeySet { found });
    }
    (problems, can_fetch.then_some(key_set))
}

/// Checks the key set.
pub(super) fn of_key_set(signers: &[Jwk], served: &Served) -> Vec<Problem> {
    let mut problems = of_file(served);
    let Ok(set) = serde_json::from_slice::<Value>(&served.body) else {
        return problems;
    };
    let keys = set["keys"].as_array().cloned().unwrap_or_default();
    if keys.is_empty() {
        problems.push(Problem::Keys { lacks: "keys" });
    }
    for key in &keys {
        let needed: &[_] = match key["kty"].as_str() {
            Some("RSA") => &["kid", "n", "e"],
            Some("EC") => &["kid", "crv", "x", "y"],
            _ => &[],
        };
        for member in needed.iter().filter(|member| !key[**member].is_string()) {
            problems.push(Problem::Keys { lacks: member });
        }
        if key.get("d").is_some() {
            problems.push(Problem::Private);
        }
    }
    for signer in signers {
        let key_id = signer.key_id.clone();
        match keys.iter().find(|key| key["kid"] == signer.key_id.as_str()) {
            None => problems.push(Problem::Missing { key_id }),
            Some(key)
                if signer
                    .members()
                    .iter()
                    .any(|(name, text)| key[*name] != *text) =>
            {
                problems.push(Problem::Other { key_id });
            }
            Some(_) => {}
        }
    }
    problems
}

fn of_file(served: &Served) -> Vec<Problem> {
    let url = served.url.clone();
    if served.status != 200 {
        let status = served.status;
        return vec![Problem::Status { url, status }];
    }
    let mut problems = Vec::new();
    let media_type = served.content_type.split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        problems.push(Problem::ContentType {
            url: url.clone(),
            content_type: served.content_type.clone(),
        });
    }
    let cached = served.cache_control.split(',').find_map(|directive| {
        let seconds = directive.trim().strip_prefix("max-age=")?;
        seconds.parse::<u64>().ok()
    });
    if let Some(seconds) = cached.filter(|seconds| *seconds > CACHE_LIMIT_S) {
        problems.push(Problem::Cache {
            url: url.clone(),
            seconds,
        });
    }
    if serde_json::from_slice::<Value>(&served.body).is_err() {
        problems.push(Problem::Json { url });
    }
    problems
}

/// Fetches a file without following redirects.
async fn fetch(url: &str) -> Result<Served, VerifyIssuerError> {
    let fail = |source: Box<dyn std::error::Error + Send + Sync>| VerifyIssuerError {
        url: url.to_owned(),
        source,
    };
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build();
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(url).map_err(|error| fail(error.into()))?;
    let answer = tokio::time::timeout(FETCH_TIME, async {
        let answer = connector.call(request).await;
        let mut answer = answer.map_err(|error| fail(error.into()))?;
        let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
        let body = aws_smithy_types::byte_stream::ByteStream::new(body)
            .collect()
            .await;
        let header = |name| answer.headers().get(name).unwrap_or_default().to_owned();
        Ok(Served {
            url: url.to_owned(),
            status: answer.status().as_u16(),
            content_type: header("content-type"),
            cache_control: header("cache-control"),
            date: header("date"),
            body: body.map_err(|error| fail(error.into()))?.to_vec(),
        })
    });
    answer
        .await
        .map_err(|_| fail("no answer came in 20 seconds".into()))?
}
