//! A CloudFormation in memory and on tokio's clock, for tests.
//!
//! It simulates what emulators cannot: operations that take time, roll back or get stuck; answers
//! that are lost, throttled or cut; events in pages. Its answers follow the API reference and the
//! texts that the service is known to use.

#![expect(
    clippy::unwrap_used,
    missing_docs,
    reason = "the fields are named as in the API, and a test double panics when it cannot help"
)]

mod plant;
mod service;
mod world;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_sdk_cloudformation::config::retry::RetryPartition;
use aws_sdk_cloudformation::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use tokio::time::Instant;

pub use plant::PLACES;
pub use service::IN_BACKGROUND;
use service::error;
use world::ACCOUNT;
pub use world::{Beat, ChangeSet, Fault, Happened, Stack, World, beat};

/// 2026-11-22T23:05:09Z, the start of the simulation.
const EPOCH_MS: i64 = 1_795_388_709_000;

#[derive(Clone, Debug)]
pub struct Sim {
    pub world: Arc<Mutex<World>>,
    started: Instant,
}

impl Sim {
    pub fn new() -> Self {
        Self::default()
    }
}

impl Default for Sim {
    fn default() -> Self {
        Self {
            world: Arc::new(Mutex::new(World {
                page: 100,
                ..World::default()
            })),
            started: Instant::now(),
        }
    }
}

impl Sim {
    /// Adds a stack of that name and status, as if others had left it.
    #[must_use]
    pub fn with_stack(self, name: &str, status: &str) -> Self {
        let mut world = self.world.lock().unwrap();
        world.next_id += 1;
        let id = format!("{ACCOUNT}:stack/{name}/{}", world.next_id);
        world.stacks.push(Stack {
            id,
            name: name.to_owned(),
            status: status.to_owned(),
            content: "old".to_owned(),
            ..Stack::default()
        });
        drop(world);
        self
    }

    /// Ends another caller's operation on a stack after `seconds`.
    pub fn end_of_others(&self, name: &str, seconds: u64, status: &str) {
        let mut world = self.world.lock().unwrap();
        let stack = world.stack(name).unwrap();
        let event = Happened {
            id: stack.name.clone(),
            physical: stack.id.clone(),
            status: status.to_owned(),
            ..Happened::default()
        };
        let due = Instant::now() + Duration::from_secs(seconds);
        stack.timeline.push_back((due, event));
    }

    pub fn script(&self, beats: &[Beat]) {
        let mut world = self.world.lock().unwrap();
        world.scripts.push_back(beats.to_vec());
    }

    pub fn fault(&self, action: &'static str, fault: Fault, times: usize) {
        let mut world = self.world.lock().unwrap();
        for _ in 0..times {
            world.faults.push_back((action, fault));
        }
    }

    /// Returns the actions requested so far.
    pub fn actions(&self) -> Vec<String> {
        let world = self.world.lock().unwrap();
        world
            .calls
            .iter()
            .map(|(action, _)| action.clone())
            .collect()
    }

    /// Returns the members of the last request of that action.
    pub fn last(&self, action: &str) -> BTreeMap<String, String> {
        let world = self.world.lock().unwrap();
        let found = world.calls.iter().rev().find(|(name, _)| name == action);
        found.expect("it was requested").1.clone()
    }

    pub fn client(&self) -> aws_sdk_cloudformation::Client {
        static CLIENTS: AtomicUsize = AtomicUsize::new(0);
        let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_cloudformation::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("cn-north-1"))
            .credentials_provider(Credentials::new("AKID", "SECRET", None, None, "test"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            // Otherwise all tests of a process share one token bucket of retries.
            .retry_partition(RetryPartition::new(format!("sim-{number}")))
            .build();
        aws_sdk_cloudformation::Client::from_conf(config)
    }

    fn now_ms(&self) -> i64 {
        EPOCH_MS + i64::try_from(self.started.elapsed().as_millis()).unwrap()
    }
}

impl HttpConnector for Sim {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let members = parse_form(std::str::from_utf8(body).unwrap());
        {
            let mut world = self.world.lock().unwrap();
            if world.serves.is_some_and(|most| world.calls.len() >= most) {
                world.is_frozen = true;
                return HttpConnectorFuture::new(std::future::pending());
            }
        }
        let (answer, silence) = self.answer(&members);
        let is_cut = matches!(answer, Ok((0, _)));
        let answer = answer.map(|(status, body)| {
            let body = if is_cut {
                SdkBody::from_body_1_x(CutBody(Some(body)))
            } else {
                SdkBody::from(body)
            };
            HttpResponse::new(status.max(200).try_into().unwrap(), body)
        });
        match silence {
            None => HttpConnectorFuture::ready(answer),
            Some(silence) => HttpConnectorFuture::new(async move {
                // The connector enforces the time limit, as the real one does.
                if silence > READ_TIMEOUT {
                    tokio::time::sleep(READ_TIMEOUT).await;
                    return Err(ConnectorError::timeout("no answer in time".into()));
                }
                tokio::time::sleep(silence).await;
                answer
            }),
        }
    }
}

/// Status and body; status 0 if the connection breaks within the body.
type Answer = Result<(u16, String), ConnectorError>;

/// The first part of a body, followed by a broken connection.
pub struct CutBody(pub Option<String>);

impl http_body::Body for CutBody {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(part) => Ok(http_body::Frame::data(part.into())),
            None => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }))
    }
}

/// The read timeout of a session's clients.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

impl Sim {
    /// Returns the answer, and its delay if it has one.
    fn answer(&self, members: &BTreeMap<String, String>) -> (Answer, Option<Duration>) {
        let action = members["Action"].clone();
        let mut world = self.world.lock().unwrap();
        world.calls.push((action.clone(), members.clone()));
        let at = world.faults.iter().position(|(name, _)| *name == action);
        let fault = at
            .and_then(|at| world.faults.remove(at))
            .map(|(_, fault)| fault);
        let reset = || Err(ConnectorError::io("connection reset by peer".into()));
        match fault {
            Some(Fault::Answer(status, code)) => {
                let message = world.text(plant::ERROR, "scripted");
                return (Ok((status, error(code, &message))), None);
            }
            Some(Fault::Reset) => return (reset(), None),
            Some(Fault::Foreign(status, body, false)) => {
                return (Ok((status, body.to_owned())), None);
            }
            _ => {}
        }
        world.advance();
        let now_ms = self.now_ms();
        let served = match action.as_str() {
            "DescribeStacks" => world.describe_stacks(members),
            "CreateChangeSet" => world.create_change_set(members, now_ms),
            "DescribeChangeSet" => world.describe_change_set(members),
            "ExecuteChangeSet" => world.execute_change_set(members, now_ms),
            "DeleteChangeSet" => world.delete_change_set(members),
            "ListChangeSets" => world.list_change_sets(members),
            "DeleteStack" => world.delete_stack(members, now_ms),
            "DescribeStackEvents" => world.describe_stack_events(members),
            "DescribeEvents" => world.describe_events(members),
            "SetStackPolicy" | "UpdateTerminationProtection" => world.set(members),
            "ContinueUpdateRollback" => world.continue_rollback(members, now_ms),
            "DetectStackDrift" => world.detect_drift(members),
            "DescribeStackDriftDetectionStatus" => Ok(world.drift_status()),
            "DescribeStackResourceDrifts" => Ok(world.resource_drifts()),
            "GetTemplate" => world.get_template(members),
            "ListStackResources" => world.list_stack_resources(members),
            _ => Err((400, "InvalidAction", action.clone())),
        };
        let (status, mut body) = match served {
            Ok(result) => (
                200,
                format!(
                    "<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
                ),
            ),
            Err((status, code, message)) => {
                let message = world.text(plant::ERROR, &message);
                (status, error(code, &message))
            }
        };
        match fault {
            Some(Fault::LostAnswer) => (reset(), None),
            Some(Fault::Truncated) => {
                body.truncate(body.len() * 2 / 3);
                (Ok((0, body)), None)
            }
            Some(Fault::Foreign(status, body, _)) => (Ok((status, body.to_owned())), None),
            Some(Fault::Silence(silence)) => (Ok((status, body)), Some(silence)),
            Some(Fault::NoAnswer) => (Ok((status, body)), Some(Duration::MAX)),
            _ => (Ok((status, body)), None),
        }
    }
}

/// Parses `application/x-www-form-urlencoded` text.
fn parse_form(text: &str) -> BTreeMap<String, String> {
    let decode = |part: &str| {
        let part = part.replace('+', " ");
        let mut bytes = Vec::new();
        let mut rest = part.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let hex = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}
