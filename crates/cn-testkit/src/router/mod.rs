//! The only address that the programs under test know, and the routing of each request.

mod fault;
mod record;

use std::collections::BTreeMap;
use std::net::TcpStream as BlockingStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Frame, Incoming};
use hyper::http::request::Parts;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::emulator::Ports;
use crate::keys::Keys;
use crate::runtime::{runtime, wait};
use crate::script::{Answer, Script};
use crate::side::Side;
use fault::Effect;
pub use fault::Fault;
use record::BODY_LIMIT;
pub use record::{Recorded, Requests, decoded};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Body = BoxBody<Bytes, BoxError>;

/// Path that serves the keys of the build's role, as in a CodeBuild container. With `/NAME`
/// appended, it serves the keys of another role of home.
const ROLE_PATH: &str = "/cn-testkit/home-role";

/// Operations whose answers contain a secret.
const ISSUING: [&str; 3] = [
    "AssumeRoleWithWebIdentity",
    "CreateAccessKey",
    "GetSessionToken",
];

/// A server on loopback between programs and emulators.
///
/// It selects the emulator by the region in the request's credential scope: `cn-…` goes to China,
/// everything else to home, including unsigned requests. The emulators verify signatures, so the
/// router forwards path, query, header fields (including `Host`) and body unchanged. It never holds
/// bodies over 1 MiB in memory.
///
/// A [`Script`] answers the operations of its service instead of an emulator; a [`Fault`] affects
/// both. The first request that needs the emulators starts them.
#[derive(Debug)]
pub struct Router {
    state: Arc<State>,
    port: u16,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    requests: Mutex<Vec<Recorded>>,
    faults: Mutex<Vec<Fault>>,
    scripts: Mutex<Vec<Script>>,
    ports: OnceCell<Ports>,
    home_role: OnceCell<Keys>,
    other_roles: Mutex<BTreeMap<String, Keys>>,
    issued_secrets: Mutex<Vec<String>>,
    upstream: legacy::Client<HttpConnector, Body>,
}

impl Router {
    /// Starts a router on a free port.
    ///
    /// * `ports`: the emulators to forward to; `None` for the emulators that this process shares.
    ///
    /// # Panics
    ///
    /// When no loopback port is free.
    pub fn start(ports: Option<Ports>) -> Self {
        let listener = wait(TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let _inside = runtime().enter();
        let state = Arc::new(State {
            requests: Mutex::default(),
            faults: Mutex::default(),
            scripts: Mutex::default(),
            ports: OnceCell::new_with(ports),
            home_role: OnceCell::new(),
            other_roles: Mutex::default(),
            issued_secrets: Mutex::default(),
            upstream: legacy::Client::builder(TokioExecutor::new()).build_http(),
        });
        let accepting = runtime().spawn(accept(listener, Arc::clone(&state)));
        Self {
            state,
            port,
            accepting,
        }
    }

    /// Returns the address for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns a client that sends its requests through this router.
    pub fn client(&self, side: Side, keys: Keys) -> Client {
        Client::new(side, self.port, keys)
    }

    /// Returns the address for `AWS_CONTAINER_CREDENTIALS_FULL_URI`. It serves the keys of home's
    /// build role, as CodeBuild's container does.
    pub fn home_role_url(&self) -> String {
        format!("{}{ROLE_PATH}", self.url())
    }

    /// Returns the address that serves the keys of an existing role of home.
    pub fn role_url(&self, role: &str) -> String {
        format!("{}{ROLE_PATH}/{role}", self.url())
    }

    /// Returns the keys of every role of home that a program has requested.
    pub fn role_keys(&self) -> Vec<Keys> {
        let others = locked(&self.state.other_roles);
        let others = others.values().cloned();
        self.home_role_keys().into_iter().chain(others).collect()
    }

    /// Returns the secret halves of keys and sessions that programs got from IAM and STS.
    pub fn issued_secrets(&self) -> Vec<String> {
        locked(&self.state.issued_secrets).clone()
    }

    /// Returns the keys of home's build role; `None` if no program has requested them.
    pub fn home_role_keys(&self) -> Option<Keys> {
        self.state.home_role.get().cloned()
    }

    /// Adds a fault. If several faults match, the first one added applies.
    pub fn fault(&self, fault: Fault) {
        locked(&self.state.faults).push(fault);
    }

    /// Lets a script answer the operations of its service.
    pub fn script(&self, script: Script) {
        locked(&self.state.scripts).push(script);
    }

    /// Returns every request so far, in the order of their arrival.
    pub fn requests(&self) -> Requests {
        Requests(locked(&self.state.requests).clone())
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        locked(&self.state.requests).clear();
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl State {
    fn remember(&self, request: &Recorded) -> usize {
        let mut requests = locked(&self.requests);
        requests.push(request.clone());
        requests.len() - 1
    }

    fn set_status(&self, index: usize, status: u16) {
        // The request is gone if the test forgot the requests meanwhile.
        if let Some(request) = locked(&self.requests).get_mut(index) {
            request.status = Some(status);
        }
    }

    fn effect_on(&self, request: &Recorded) -> Option<Effect> {
        let mut faults = locked(&self.faults);
        faults.iter_mut().find_map(|fault| fault.strike(request))
    }

    fn scripted(&self, request: &Recorded) -> Option<Answer> {
        let seen = locked(&self.requests);
        let mut scripts = locked(&self.scripts);
        scripts
            .iter_mut()
            .find_map(|script| script.play(request, &seen))
    }

    async fn ports(&self) -> Ports {
        let start = || async { blocking(Ports::shared).await };
        *self.ports.get_or_init(start).await
    }

    async fn home_role(&self) -> Keys {
        let ports = self.ports().await;
        let assume = || async move {
            blocking(move || ports.root(Side::Home).assume_role("build"))
                .await
                .unwrap_or_else(|error| panic!("{error}"))
        };
        self.home_role.get_or_init(assume).await.clone()
    }
}

impl State {
    /// Returns the keys of a role that already exists.
    async fn other_role(&self, name: String) -> Keys {
        let known = locked(&self.other_roles).get(&name).cloned();
        if let Some(keys) = known {
            return keys;
        }
        let ports = self.ports().await;
        let side = Side::Home;
        let arn = format!(
            "arn:{}:iam::{}:role/{name}",
            side.partition(),
            side.account()
        );
        let keys = blocking(move || ports.root(side).assume_existing_role(&arn)).await;
        let keys = keys.unwrap_or_else(|error| panic!("{error}"));
        locked(&self.other_roles).insert(name, keys.clone());
        keys
    }
}

impl State {
    /// Records the secrets in an answer of IAM or STS.
    async fn keep_secrets(&self, response: Response<Body>) -> Result<Response<Body>, BoxError> {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        for rest in text.split("<SecretAccessKey>").skip(1) {
            let secret = rest.split('<').next().unwrap_or_default();
            locked(&self.issued_secrets).push(secret.to_owned());
        }
        Ok(Response::from_parts(parts, full(bytes)))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

/// Serves one connection until the client hangs up or a fault cuts it.
async fn serve(stream: TcpStream, state: Arc<State>) {
    let Some((stream, handle)) = with_handle(stream) else {
        return;
    };
    let handle = Arc::new(handle);
    let service = hyper::service::service_fn(move |request| {
        answer(Arc::clone(&state), Arc::clone(&handle), request)
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The connection ends here if the client hangs up or a fault cuts it; both are recorded.
    drop(connection.await);
}

/// Returns a second handle of the socket, through which a fault turns its close into a reset.
fn with_handle(stream: TcpStream) -> Option<(TcpStream, BlockingStream)> {
    stream.set_nodelay(true).ok()?;
    let stream = stream.into_std().ok()?;
    let handle = stream.try_clone().ok()?;
    Some((TcpStream::from_std(stream).ok()?, handle))
}

async fn answer(
    state: Arc<State>,
    handle: Arc<BlockingStream>,
    request: Request<Incoming>,
) -> Result<Response<Body>, BoxError> {
    if let Some(name) = request.uri().path().strip_prefix(ROLE_PATH) {
        let keys = match name.trim_start_matches('/') {
            "" => state.home_role().await,
            name => state.other_role(name.to_owned()).await,
        };
        return Ok(role_answer(&keys).into_response());
    }
    let (parts, body) = request.into_parts();
    let length = body.size_hint().exact();
    let (body, known) = if length.is_some_and(|length| length <= BODY_LIMIT) {
        let bytes = body.collect().await?.to_bytes();
        (full(bytes.clone()), Some(bytes))
    } else {
        (body.map_err(Into::into).boxed(), None)
    };
    let recorded = Recorded::new(&parts, length.unwrap_or_default(), known);
    let index = state.remember(&recorded);

    let effect = state.effect_on(&recorded);
    match &effect {
        Some(Effect::Answer(status, code)) => {
            drained(body).await?;
            state.set_status(index, *status);
            let text = "injected by the test";
            return Ok(fault::error_answer(&recorded.service, *status, code, text).into_response());
        }
        Some(Effect::Foreign {
            answer,
            is_served: false,
        }) => {
            drained(body).await?;
            return Ok(answer.clone().into_response());
        }
        Some(Effect::ResetBefore) => return Err(cut(&handle)),
        Some(Effect::HangBefore) => return std::future::pending().await,
        Some(Effect::Delay(time)) => tokio::time::sleep(*time).await,
        Some(
            Effect::Foreign { .. } | Effect::ResetAfter | Effect::HangAfter | Effect::CutShort,
        )
        | None => {}
    }
    let response = match state.scripted(&recorded) {
        Some(answer) => {
            drained(body).await?;
            tokio::time::sleep(answer.delay()).await;
            answer.into_response()
        }
        None => forward(&state, recorded.side(), parts, body).await?,
    };
    let response = if ISSUING.contains(&recorded.operation.as_str()) {
        state.keep_secrets(response).await?
    } else {
        response
    };
    if let Some(Effect::Foreign { answer, .. }) = effect {
        response.into_body().collect().await?;
        return Ok(answer.into_response());
    }
    if matches!(effect, Some(Effect::ResetAfter)) {
        response.into_body().collect().await?;
        return Err(cut(&handle));
    }
    state.set_status(index, response.status().as_u16());
    if matches!(effect, Some(Effect::CutShort)) {
        let (parts, body) = response.into_parts();
        let mut whole = body.collect().await?.to_bytes();
        whole.truncate(whole.len() / 2);
        return Ok(Response::from_parts(parts, CutBody(Some(whole)).boxed()));
    }
    if matches!(effect, Some(Effect::HangAfter)) {
        return std::future::pending().await;
    }
    Ok(response)
}

/// Reads a body to its end: a client that is answered while it sends sees a broken connection.
async fn drained(body: Body) -> Result<(), BoxError> {
    body.collect().await?;
    Ok(())
}

async fn forward(
    state: &State,
    side: Side,
    mut parts: Parts,
    body: Body,
) -> Result<Response<Body>, BoxError> {
    let port = state.ports().await.of(side);
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    parts.uri = format!("http://127.0.0.1:{port}{target}").parse::<Uri>()?;
    let response = state
        .upstream
        .request(Request::from_parts(parts, body))
        .await?;
    Ok(response.map(|body| body.map_err(Into::into).boxed()))
}

/// Makes the connection end with a reset; the returned error makes hyper drop it.
fn cut(handle: &BlockingStream) -> BoxError {
    let lingering = handle
        .try_clone()
        .and_then(TcpStream::from_std)
        .and_then(|stream| stream.set_zero_linger());
    match lingering {
        Ok(()) => "the connection was cut by the test".into(),
        Err(error) => error.into(),
    }
}

fn role_answer(keys: &Keys) -> Answer {
    let body = serde_json::json!({
        "AccessKeyId": keys.id,
        "SecretAccessKey": keys.secret,
        "Token": keys.session_token,
        "Expiration": "2099-01-01T00:00:00Z",
    });
    Answer::json(200, body.to_string())
}

/// The first part of a body, after which the connection breaks.
struct CutBody(Option<Bytes>);

impl hyper::body::Body for CutBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(part) => Ok(Frame::data(part)),
            None => Err("the answer was cut by the test".into()),
        }))
    }
}

pub(crate) fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

impl Answer {
    fn into_response(self) -> Response<Body> {
        Response::builder()
            .status(self.status())
            .header("content-type", self.content_type())
            .header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000")
            .body(full(Bytes::from(self.into_body())))
            .expect("the parts are valid")
    }
}

/// Locks a mutex, even if a failed test poisoned it: the data stay consistent.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
