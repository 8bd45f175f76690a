//! In-memory IAM, STS, S3, CloudFormation and SSM with tokio's clock, for tests.
//!
//! The simulation verifies signatures, so that it refuses a pair of halves that do not belong
//! together. It accepts new keys late and not monotonically, separately for each endpoint. It
//! refuses a third key, and fails at any request in the ways that networks and services fail. After
//! each request it checks that a working key is stored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use cn_testkit::Received;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::clients::Signers;
use super::facts::SlotStatus;
use super::proof::Pacing;
use super::read::Keeper;
use super::store::Store;
use crate::session::{KeyStore, from_json};
use crate::timestamp::Timestamp;

/// 2026-11-22T00:00:00Z, the start of the simulation.
pub(super) const EPOCH_MS: i64 = 1_795_305_600_000;
const DAY_MS: i64 = 86_400_000;
pub(super) const USER: &str = "deployer";
pub(super) const ID_PARAMETER: &str = "/china/id";
pub(super) const SECRET_PARAMETER: &str = "/china/secret";
pub(super) const JSON_PARAMETER: &str = "/china/key";
/// The same value as in the clients of a session.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A fault of the simulated services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process dies before the request is served.
    KilledBefore,
    /// The process dies after the request is served.
    KilledAfter,
    /// The response is a single status 500.
    ServerError,
    /// The responses for that operation have status 500 from then on.
    ServerErrors,
    /// The request is not served, and gets no response.
    Timeout,
    /// The request is served, but gets no response.
    TimeoutAfter,
    /// Requests of that operation are denied from here on.
    Denied,
    /// The request is served, but the connection breaks before the response.
    LostAnswer,
}

impl Fault {
    pub(super) const ALL: [Self; 8] = [
        Self::KilledBefore,
        Self::KilledAfter,
        Self::ServerError,
        Self::ServerErrors,
        Self::Timeout,
        Self::TimeoutAfter,
        Self::Denied,
        Self::LostAnswer,
    ];
}

#[derive(Clone, Debug)]
pub(super) struct SimKey {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) status: SlotStatus,
    pub(super) created_ms: i64,
    pub(super) used: Option<(i64, String)>,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) keys: Vec<SimKey>,
    /// Versions of each parameter, oldest first.
    pub(super) parameters: BTreeMap<String, Vec<String>>,
    /// Every request, as service and operation.
    pub(super) calls: Vec<String>,
    /// The fault and the number of the request that it affects.
    pub(super) fault: Option<(usize, Fault)>,
    lasting: Option<(String, Fault)>,
    /// Time after its creation for which a service does not accept a key.
    pub(super) lag: Option<(&'static str, Duration)>,
    /// The number of requests to a service that refuse a key after its acceptance.
    pub(super) relapses: Option<(&'static str, u32)>,
    /// True if the process is dead: no request is served.
    pub(super) is_dead: bool,
    /// Violations of the guarantees.
    pub(super) violations: Vec<String>,
    created: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Sim {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) store: KeyStore,
    started: Instant,
}

impl Sim {
    /// Creates services with a stored key that is `days` old.
    pub(super) fn new(store: KeyStore, days: i64) -> Self {
        let sim = Self {
            world: Arc::default(),
            store,
            started: Instant::now(),
        };
        let key = sim.add_key(days * DAY_MS);
        sim.put(&key);
        sim
    }

    pub(super) fn json(days: i64) -> Self {
        Self::new(KeyStore::Json(JSON_PARAMETER.parse().unwrap()), days)
    }

    pub(super) fn pair(days: i64) -> Self {
        let names = format!("{ID_PARAMETER},{SECRET_PARAMETER}");
        Self::new(names.parse().unwrap(), days)
    }

    fn now_ms(&self) -> i64 {
        EPOCH_MS + i64::try_from(self.started.elapsed().as_millis()).unwrap()
    }

    /// Adds a key to the user.
    pub(super) fn add_key(&self, age_ms: i64) -> SimKey {
        let now = self.now_ms();
        self.world.lock().unwrap().make_key(now - age_ms)
    }

    /// Stores a key, as another program would.
    pub(super) fn put(&self, key: &SimKey) {
        let mut world = self.world.lock().unwrap();
        match &self.store {
            KeyStore::Json(name) => world.put(name.as_str(), &json_of(key)),
            KeyStore::Pair {
                access_key,
                secret_key,
            } => {
                world.put(access_key.as_str(), &key.id);
                world.put(secret_key.as_str(), &key.secret);
            }
        }
    }

    pub(super) fn set_status(&self, id: &str, status: SlotStatus) {
        let mut world = self.world.lock().unwrap();
        world.key(id).unwrap().status = status;
    }

    pub(super) fn keeper(&self) -> Keeper {
        let config = self.config();
        Keeper {
            store: Store {
                ssm: aws_sdk_ssm::Client::new(
                    &config
                        .to_builder()
                        .region(aws_types::region::Region::new("us-east-1"))
                        .build(),
                ),
                region: "us-east-1".parse().unwrap(),
                names: self.store.clone(),
            },
            signers: Signers::new("cn-north-1".parse().unwrap(), config, Vec::new()),
            expected: None,
            pacing: Pacing {
                rounds: 2,
                interval: Duration::from_secs(1),
                patience: Duration::from_secs(90),
                settle: Duration::from_secs(20),
            },
            started: Timestamp(self.now_ms()),
            since: Instant::now(),
        }
    }

    fn config(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        let client: SharedHttpClient = http_client_fn(move |_, _| connector.clone());
        let home = Credentials::new("HOMEKEY", "home", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .credentials_provider(SharedCredentialsProvider::new(home))
            .http_client(client)
            .build()
    }

    /// Returns the keys as `ID status`, sorted, with a mark for the stored key.
    pub(super) fn shown(&self) -> Vec<String> {
        let world = self.world.lock().unwrap();
        let stored = world.stored(&self.store);
        let keys = world.keys.iter().map(|key| {
            let status = match key.status {
                SlotStatus::Active => "active",
                SlotStatus::Inactive => "inactive",
            };
            let is_stored = stored.as_ref() == Some(&(key.id.clone(), key.secret.clone()));
            let mark = if is_stored { ", stored" } else { "" };
            format!("{} {status}{mark}", key.id)
        });
        keys.collect()
    }

    fn answer(&self, request: &Received<'_>, operation: &str) -> (Reply, Option<Duration>) {
        let now = self.now_ms();
        let mut world = self.world.lock().unwrap();
        let number = world.calls.len();
        world.calls.push(operation.to_owned());
        let fault = match world.fault {
            Some((at, fault)) if at == number => {
                if matches!(fault, Fault::ServerErrors | Fault::Denied) {
                    world.lasting = Some((operation.to_owned(), fault));
                }
                Some(fault)
            }
            _ => {
                let lasting = world.lasting.as_ref();
                lasting
                    .filter(|(of, _)| of == operation)
                    .map(|(_, fault)| *fault)
            }
        };
        match fault {
            Some(Fault::KilledBefore) => {
                world.is_dead = true;
                return (Reply::Nothing, None);
            }
            Some(Fault::ServerError | Fault::ServerErrors) => {
                return (refusal(request, 500, "InternalFailure"), None);
            }
            Some(Fault::Denied) => return (refusal(request, 403, "AccessDenied"), None),
            Some(Fault::Timeout) => return (Reply::Nothing, Some(READ_TIMEOUT)),
            _ => {}
        }
        let served = world.serve(request, operation, now);
        world.check(&self.store, operation);
        match fault {
            Some(Fault::KilledAfter) => {
                world.is_dead = true;
                (Reply::Nothing, None)
            }
            Some(Fault::TimeoutAfter) => (Reply::Nothing, Some(READ_TIMEOUT)),
            Some(Fault::LostAnswer) => (Reply::Broken, None),
            _ => match served {
                Ok(body) => (Reply::Answer(200, body), None),
                Err((status, code)) => (refusal(request, status, code), None),
            },
        }
    }
}

enum Reply {
    Answer(u16, String),
    Broken,
    Nothing,
}

fn refusal(request: &Received<'_>, status: u16, code: &str) -> Reply {
    let body = match request.service() {
        Some("ssm") => json!({"__type": code, "message": "simulated"}).to_string(),
        Some("s3") => format!("<Error><Code>{code}</Code><Message>simulated</Message></Error>"),
        _ => format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>simulated</Message></Error></ErrorResponse>"
        ),
    };
    Reply::Answer(status, body)
}

impl HttpConnector for Sim {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if self.world.lock().unwrap().is_dead {
            return HttpConnectorFuture::new(std::future::pending());
        }
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let (_, rest) = request.uri().split_once("://").unwrap();
        let (host, target) = rest.split_once('/').unwrap_or((rest, ""));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = format!("/{path}");
        let mut headers = headers;
        headers.push(("host".to_owned(), host.to_owned()));
        let received = Received {
            method: request.method(),
            path: &path,
            query,
            headers: &headers,
            body: request.body().bytes().unwrap_or_default(),
        };
        let operation = operation_of(&received);
        let (reply, silence) = self.answer(&received, &operation);
        match (reply, silence) {
            (Reply::Answer(status, body), _) => HttpConnectorFuture::ready(Ok(HttpResponse::new(
                status.try_into().unwrap(),
                SdkBody::from(body),
            ))),
            (Reply::Broken, _) => HttpConnectorFuture::ready(Err(ConnectorError::io(
                "connection reset by peer".into(),
            ))),
            (Reply::Nothing, None) => HttpConnectorFuture::new(std::future::pending()),
            (Reply::Nothing, Some(silence)) => HttpConnectorFuture::new(async move {
                tokio::time::sleep(silence).await;
                Err(ConnectorError::timeout("no answer in time".into()))
            }),
        }
    }
}

fn operation_of(request: &Received<'_>) -> String {
    let target = request
        .headers
        .iter()
        .find(|(name, _)| name == "x-amz-target");
    if let Some((_, target)) = target {
        return target.rsplit('.').next().unwrap().to_owned();
    }
    form(request.body)
        .remove("Action")
        .unwrap_or_else(|| "ListBuckets".to_owned())
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = std::str::from_utf8(body).unwrap();
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), cn_testkit::decoded(value)))
        .collect()
}

pub(super) fn json_of(key: &SimKey) -> String {
    json!({"Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret}).to_string()
}

type Served = Result<String, (u16, &'static str)>;

impl World {
    fn make_key(&mut self, created_ms: i64) -> SimKey {
        self.created += 1;
        let key = SimKey {
            id: format!("AKIASIMULATED{:03}", self.created),
            secret: format!("secret/number+{}", self.created),
            status: SlotStatus::Active,
            created_ms,
            used: None,
        };
        self.keys.push(key.clone());
        key
    }

    /// Removes all faults and starts a new process.
    pub(super) fn mend(&mut self) {
        self.fault = None;
        self.lasting = None;
        self.lag = None;
        self.relapses = None;
        self.is_dead = false;
    }

    fn put(&mut self, name: &str, value: &str) {
        let versions = self.parameters.entry(name.to_owned()).or_default();
        versions.push(value.to_owned());
    }

    fn key(&mut self, id: &str) -> Option<&mut SimKey> {
        self.keys.iter_mut().find(|key| key.id == id)
    }

    /// Returns the latest values.
    fn stored(&self, store: &KeyStore) -> Option<(String, String)> {
        let latest = |name: &str| self.parameters.get(name)?.last().cloned();
        match store {
            KeyStore::Json(name) => {
                let key = from_json(&latest(name.as_str())?.into())?;
                let secret = secrecy::ExposeSecret::expose_secret(key.secret()).to_owned();
                Some((key.id().to_owned(), secret))
            }
            KeyStore::Pair {
                access_key,
                secret_key,
            } => Some((latest(access_key.as_str())?, latest(secret_key.as_str())?)),
        }
    }

    /// Checks that a working key is stored.
    ///
    /// It is in the latest values or, for a pair between its two writes, in the previous versions.
    fn check(&mut self, store: &KeyStore, operation: &str) {
        let is_active = |id: &str, secret: &str| {
            let mut keys = self.keys.iter();
            keys.any(|key| key.id == id && key.secret == secret && key.status == SlotStatus::Active)
        };
        let is_stored = match store {
            KeyStore::Json(_) => self
                .stored(store)
                .is_some_and(|(id, secret)| is_active(&id, &secret)),
            KeyStore::Pair {
                access_key,
                secret_key,
            } => {
                let none = Vec::new();
                let of = |name: &str| self.parameters.get(name).unwrap_or(&none);
                // A write that is sent twice leaves the same value twice.
                let recent = |versions: &[String]| {
                    let mut versions = versions.to_vec();
                    versions.dedup();
                    versions.split_off(versions.len().saturating_sub(2))
                };
                let ids = recent(of(access_key.as_str()));
                let secrets = recent(of(secret_key.as_str()));
                ids.iter()
                    .any(|id| secrets.iter().any(|secret| is_active(id, secret)))
            }
        };
        if !is_stored {
            let number = self.calls.len();
            self.violations.push(format!(
                "no working key is stored after {operation} ({number})"
            ));
        }
    }

    fn serve(&mut self, request: &Received<'_>, operation: &str, now: i64) -> Served {
        let service = request.service().unwrap_or_default().to_owned();
        if service == "ssm" {
            return self.ssm(operation, &serde_json::from_slice(request.body).unwrap());
        }
        self.authenticate(request, &service, now)?;
        let form = form(request.body);
        let inside = match operation {
            "GetCallerIdentity" => format!(
                "<Arn>arn:aws-cn:iam::123456789012:user/ci/{USER}</Arn><UserId>AIDA</UserId>\
                 <Account>123456789012</Account>"
            ),
            "ListBuckets" => {
                // The request is signed correctly but denied, which proves the key too.
                return Err((403, "AccessDenied"));
            }
            "ListStacks" => "<StackSummaries/>".to_owned(),
            "PutUserPolicy" => String::new(),
            _ => self.iam(operation, &form, now)?,
        };
        Ok(format!(
            "<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>"
        ))
    }

    fn authenticate(
        &mut self,
        request: &Received<'_>,
        service: &str,
        now: i64,
    ) -> Result<(), (u16, &'static str)> {
        let unknown = match service {
            "s3" => "InvalidAccessKeyId",
            _ => "InvalidClientTokenId",
        };
        let id = request.access_key_id().unwrap_or_default();
        let is_late = self.lag.is_some_and(|(of, lag)| {
            let age = now - self.key(id).map_or(0, |key| key.created_ms);
            of == service && age < i64::try_from(lag.as_millis()).unwrap()
        });
        let Some(key) = self.key(id) else {
            return Err((403, unknown));
        };
        if !request.is_signed_with(&key.secret) {
            return Err((403, "SignatureDoesNotMatch"));
        }
        if key.status == SlotStatus::Inactive || is_late {
            return Err((403, unknown));
        }
        let is_new = now - key.created_ms < DAY_MS;
        key.used = Some((now, service.to_owned()));
        if let Some((of, left)) = &mut self.relapses
            && *of == service
            && *left > 0
            && is_new
            // The service accepts the key once and refuses it the next time.
            && self.calls.len().is_multiple_of(2)
        {
            *left -= 1;
            return Err((403, unknown));
        }
        Ok(())
    }

    fn iam(
        &mut self,
        operation: &str,
        form: &BTreeMap<String, String>,
        now: i64,
    ) -> Result<String, (u16, &'static str)> {
        let id = form.get("AccessKeyId").cloned().unwrap_or_default();
        if operation != "GetAccessKeyLastUsed" {
            assert_eq!(form["UserName"], USER, "{operation}");
        }
        match operation {
            "CreateAccessKey" if self.keys.len() >= 2 => Err((409, "LimitExceeded")),
            "CreateAccessKey" => {
                let key = self.make_key(now);
                Ok(format!(
                    "<AccessKey><UserName>{USER}</UserName><AccessKeyId>{}</AccessKeyId><Status>Active</Status>\
                     <SecretAccessKey>{}</SecretAccessKey></AccessKey>",
                    key.id, key.secret
                ))
            }
            "ListAccessKeys" => {
                let members = self.keys.iter().map(|key| {
                    let status = match key.status {
                        SlotStatus::Active => "Active",
                        SlotStatus::Inactive => "Inactive",
                    };
                    format!(
                        "<member><UserName>{USER}</UserName><AccessKeyId>{}</AccessKeyId>\
                         <Status>{status}</Status><CreateDate>{}</CreateDate></member>",
                        key.id,
                        // IAM reports whole seconds.
                        Timestamp(key.created_ms),
                    )
                });
                let members: Vec<String> = members.collect();
                Ok(format!(
                    "<AccessKeyMetadata>{}</AccessKeyMetadata><IsTruncated>false</IsTruncated>",
                    members.concat()
                ))
            }
            "GetAccessKeyLastUsed" => {
                let used = self.key(&id).and_then(|key| key.used.clone());
                let date = used.as_ref().map_or_else(String::new, |(at, _)| {
                    format!("<LastUsedDate>{}</LastUsedDate>", Timestamp(*at))
                });
                let service = used.map_or_else(|| "N/A".to_owned(), |(_, service)| service);
                Ok(format!(
                    "<UserName>{USER}</UserName><AccessKeyLastUsed>{date}<ServiceName>{service}</ServiceName>\
                     <Region>N/A</Region></AccessKeyLastUsed>"
                ))
            }
            "UpdateAccessKey" => {
                let status = match form["Status"].as_str() {
                    "Active" => SlotStatus::Active,
                    _ => SlotStatus::Inactive,
                };
                self.key(&id).ok_or((404, "NoSuchEntity"))?.status = status;
                Ok(String::new())
            }
            "DeleteAccessKey" => {
                let before = self.keys.len();
                self.keys.retain(|key| key.id != id);
                if self.keys.len() == before {
                    return Err((404, "NoSuchEntity"));
                }
                Ok(String::new())
            }
            _ => Err((400, "InvalidAction")),
        }
    }

    fn ssm(&mut self, operation: &str, input: &Value) -> Served {
        match operation {
            "GetParameters" => Ok(self.get_parameters(input)),
            "GetParameterHistory" => {
                let name = input["Name"].as_str().unwrap();
                let Some(versions) = self.parameters.get(name) else {
                    return Err((400, "ParameterNotFound"));
                };
                let last = versions.len();
                Ok(json!({"Parameters": [{
                    "Name": name, "Version": last, "Type": "SecureString",
                    "KeyId": "alias/china-keys", "Tier": "Standard",
                }]})
                .to_string())
            }
            "PutParameter" => {
                let name = input["Name"].as_str().unwrap();
                let exists = self.parameters.contains_key(name);
                if exists && input["Overwrite"] != json!(true) {
                    return Err((400, "ParameterAlreadyExists"));
                }
                if exists {
                    assert_eq!(input["KeyId"], json!("alias/china-keys"));
                }
                assert_eq!(input["Type"], json!("SecureString"));
                let value = input["Value"].as_str().unwrap().to_owned();
                self.put(name, &value);
                Ok(json!({"Version": self.parameters[name].len(), "Tier": "Standard"}).to_string())
            }
            _ => Err((400, "InvalidAction")),
        }
    }

    fn get_parameters(&self, input: &Value) -> String {
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for asked in input["Names"].as_array().unwrap() {
            let asked = asked.as_str().unwrap();
            let (name, selector) = asked.split_once(':').unwrap_or((asked, ""));
            let versions = self.parameters.get(name).map_or(&[][..], Vec::as_slice);
            let version = selector.parse().unwrap_or(versions.len());
            match version.checked_sub(1).and_then(|at| versions.get(at)) {
                Some(value) => found.push(json!({
                    "Name": name, "Value": value, "Version": version, "Type": "SecureString",
                    "Selector": if selector.is_empty() { String::new() } else { format!(":{selector}") },
                    "LastModifiedDate": EPOCH_MS / 1000,
                })),
                None => missing.push(asked),
            }
        }
        json!({"Parameters": found, "InvalidParameters": missing}).to_string()
    }
}
