//! Signed requests that seed and inspect the emulators, without the SDK.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::keys::Keys;
use crate::runtime::{runtime, wait};
use crate::side::Side;
use crate::sigv4::{self, Scope, Unsigned};
use crate::{ambient, xml};

/// A client that sends signed requests to one emulator, bypassing the router.
#[derive(Clone, Debug)]
pub struct Client {
    side: Side,
    region: String,
    port: u16,
    keys: Keys,
}

/// A request that was refused or never answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} on {side:?} failed with status {status} {code}: {message}")]
pub struct CallError {
    /// The operation that was called.
    pub operation: String,
    /// The side it was sent to.
    pub side: Side,
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// The error's code, such as `NoSuchBucket`.
    pub code: String,
    /// The message of the service.
    pub message: String,
}

/// The parts of a request.
struct Call<'a> {
    operation: &'a str,
    service: &'a str,
    method: &'a str,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(side: Side, port: u16, keys: Keys) -> Self {
        Self {
            side,
            region: side.region().to_owned(),
            port,
            keys,
        }
    }

    /// Returns the same client in another region of the side's partition.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Returns a client of the same emulator that signs with other keys.
    #[must_use]
    pub fn signing_as(&self, keys: Keys) -> Self {
        Self {
            keys,
            ..self.clone()
        }
    }

    /// Returns the keys that this client signs with.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns the side of the client's emulator.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Calls an operation of a query service (`iam`, `sts`, `sns`, `cloudformation`)
    /// and returns the XML of its answer.
    pub fn query(
        &self,
        service: &str,
        operation: &str,
        fields: &[(&str, &str)],
    ) -> Result<String, CallError> {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("&{}={}", encoded(name, ""), encoded(value, "")))
            .collect();
        let version = match service {
            "sts" => "2011-06-15",
            "iam" => "2010-05-08",
            "sns" => "2010-03-31",
            _ => "2010-05-15",
        };
        let answer = self.send(Call {
            operation,
            service,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            )],
            body: format!("Action={operation}&Version={version}{}", pairs.concat()).into_bytes(),
        })?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Calls an operation of a JSON service, given as `PREFIX.Operation`
    /// (`AmazonSSM.GetParameter`), and returns its answer.
    pub fn json(&self, service: &str, target: &str, input: &Value) -> Result<Value, CallError> {
        let answer = self.send(Call {
            operation: target,
            service,
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", target.to_owned()),
            ],
            body: input.to_string().into_bytes(),
        })?;
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// Sends a REST request; `path` is plain text, `query` is encoded and sorted by name.
    pub fn rest(
        &self,
        service: &str,
        method: &str,
        path: &str,
        query: &str,
        body: Vec<u8>,
    ) -> Result<Bytes, CallError> {
        self.send(Call {
            operation: &format!("{method} {path}"),
            service,
            method,
            path: encoded(path, "/"),
            query: query.to_owned(),
            headers: Vec::new(),
            body,
        })
    }

    /// Waits until the emulator answers.
    pub(crate) fn health(&self, limit: Duration) -> Result<(), CallError> {
        let url = format!("http://127.0.0.1:{}/_ministack/health", self.port);
        let request = Request::get(url)
            .body(Full::default())
            .expect("the parts are valid");
        let side = self.side;
        let (status, _) = wait(async move {
            tokio::time::timeout(limit, exchange(request))
                .await
                .unwrap_or_else(|_| Err("no answer in time".to_owned()))
        })
        .map_err(|message| no_answer("health", side, message))?;
        if status == 200 {
            return Ok(());
        }
        Err(no_answer("health", side, format!("status {status}")))
    }

    fn send(&self, call: Call<'_>) -> Result<Bytes, CallError> {
        let host = format!("127.0.0.1:{}", self.port);
        let stamp = humantime::format_rfc3339_seconds(
            std::time::SystemTime::UNIX_EPOCH + ambient::unix_time(),
        );
        let signed = sigv4::sign(
            &Unsigned {
                method: call.method,
                host: &host,
                path: &call.path,
                query: &call.query,
                body: &call.body,
            },
            &Scope {
                region: &self.region,
                service: call.service,
                moment: &stamp.to_string().replace(['-', ':'], ""),
            },
            &self.keys,
        );
        let mut request = Request::builder()
            .method(call.method)
            .uri(format!("http://{host}{}?{}", call.path, call.query));
        for (name, value) in signed.iter().chain(&call.headers) {
            request = request.header(*name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(call.body)))
            .expect("the parts are valid");
        let (status, body) = wait(exchange(request))
            .map_err(|message| no_answer(call.operation, self.side, message))?;
        if status < 300 {
            return Ok(body);
        }
        Err(refusal(call.operation, self.side, status, &body))
    }
}

fn no_answer(operation: &str, side: Side, message: String) -> CallError {
    CallError {
        operation: operation.to_owned(),
        side,
        status: 0,
        code: String::new(),
        message,
    }
}

/// Reads code and message from an XML or JSON error.
fn refusal(operation: &str, side: Side, status: u16, body: &[u8]) -> CallError {
    let text = String::from_utf8_lossy(body);
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let from_json = |name: &str| json[name].as_str().map(ToOwned::to_owned);
    let code = from_json("__type").or_else(|| xml::first(&text, "Code"));
    let message = from_json("message").or_else(|| xml::first(&text, "Message"));
    CallError {
        operation: operation.to_owned(),
        side,
        status,
        code: code.unwrap_or_default(),
        message: message.unwrap_or_else(|| text.into_owned()),
    }
}

async fn exchange(request: Request<Full<Bytes>>) -> Result<(u16, Bytes), String> {
    let answer = http()
        .request(request)
        .await
        .map_err(|error| crate::chain(&error))?;
    let status = answer.status().as_u16();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(|error| crate::chain(&error))?;
    Ok((status, body.to_bytes()))
}

fn http() -> &'static legacy::Client<HttpConnector, Full<Bytes>> {
    static HTTP: std::sync::OnceLock<legacy::Client<HttpConnector, Full<Bytes>>> =
        std::sync::OnceLock::new();
    HTTP.get_or_init(|| {
        let _inside = runtime().enter();
        legacy::Client::builder(TokioExecutor::new()).build_http()
    })
}

/// Percent-encodes all but unreserved characters and those in `kept`.
pub(crate) fn encoded(text: &str, kept: &str) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.as_bytes().contains(&byte)
    };
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
