//! Connections to AWS whose sockets are tuned for long links.
//!
//! The SDK's own client gives no access to its sockets. This client has the same parts (hyper,
//! rustls, the system's certificates) and the same timeouts, and tunes each socket:
//!
//! - **Pacing.** Without pacing, the kernel sends a whole window at once when a connection resumes
//!   after a round trip without data, which happens between any two parts of an object. On a link
//!   of 250 ms that is more than the link's queue can take, and the lost packets cost seconds.
//!   Connections with a round trip below 20 ms are not paced.
//! - **BBR**, if the kernel lets this program choose it. Other algorithms treat lost packets as a
//!   sign of a full link, and slow down.
//!
//! Requests through a proxy use the SDK's client.
//!
//! # Source
//!
//! Linux: `socket(7)` and `net/core/sock.c` for `SO_MAX_PACING_RATE`, which makes TCP pace;
//! `tcp(7)` for `TCP_CONGESTION`.

use std::collections::HashMap;
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpConnector as Dialer};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;

use super::tune::tune;
use crate::call::causes;
use crate::mutex::lock;

type Stream = TokioIo<TcpStream>;
type Dialing<S> = Pin<Box<dyn Future<Output = Result<S, BoxError>> + Send>>;

/// Creates the client for all requests of a session.
///
/// * `trusted`: certificates in PEM form to trust in addition to the system's.
/// * `sdk`: the client for requests through a proxy.
pub(super) fn client(trusted: String, sdk: SharedHttpClient) -> SharedHttpClient {
    let direct = Arc::new(Direct::new(trusted));
    let proxies = Arc::new(Matcher::from_env());
    http_client_fn(move |settings, components| {
        let (direct, proxies) = (Arc::clone(&direct), Arc::clone(&proxies));
        let (sdk, components) = (sdk.clone(), components.clone());
        let connector = Connector {
            client: direct.client(settings.connect_timeout()),
            read_timeout: settings.read_timeout(),
            proxies,
            proxied: Box::new({
                let settings = settings.clone();
                move || sdk.http_connector(&settings, &components)
            }),
        };
        SharedHttpConnector::new(connector)
    })
}

type Hyper = legacy::Client<Dial, SdkBody>;

/// The connections of all requests that bypass the proxies.
#[derive(Debug)]
struct Direct {
    trust: Arc<Trust>,
    /// The clients, by connect timeout.
    clients: Mutex<HashMap<Option<Duration>, Hyper>>,
}

impl Direct {
    fn new(trusted: String) -> Self {
        let config = OnceLock::new();
        Self {
            trust: Arc::new(Trust { trusted, config }),
            clients: Mutex::default(),
        }
    }

    fn client(&self, connect_timeout: Option<Duration>) -> Hyper {
        let mut clients = lock(&self.clients);
        let client = clients.entry(connect_timeout).or_insert_with(|| {
            let dial = Dial {
                sockets: Sockets::new(),
                trust: Arc::clone(&self.trust),
                timeout: connect_timeout,
            };
            legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .build(dial)
        });
        client.clone()
    }
}

/// The trusted certificates, read at the first encrypted connection.
#[derive(Debug)]
struct Trust {
    trusted: String,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    fn config(&self) -> Arc<ClientConfig> {
        let config = self.config.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let trusted = CertificateDer::pem_slice_iter(self.trusted.as_bytes()).flatten();
            let of_system = rustls_native_certs::load_native_certs().certs;
            roots.add_parsable_certificates(of_system.into_iter().chain(trusted));
            let provider = rustls::crypto::aws_lc_rs::default_provider();
            let config = ClientConfig::builder_with_provider(Arc::new(provider))
                .with_safe_default_protocol_versions()
                .expect("the provider has the suites of these versions")
                .with_root_certificates(roots)
                .with_no_client_auth();
            Arc::new(config)
        });
        Arc::clone(config)
    }
}

/// A service that opens connections, encrypted if the scheme is `https`.
#[derive(Clone, Debug)]
struct Dial {
    sockets: Sockets,
    trust: Arc<Trust>,
    timeout: Option<Duration>,
}

impl Service<Uri> for Dial {
    type Response = MaybeHttpsStream<Stream>;
    type Error = BoxError;
    type Future = Dialing<Self::Response>;

    fn poll_ready(&mut self, ctx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.sockets.poll_ready(ctx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self {
            mut sockets,
            trust,
            timeout,
        } = self.clone();
        Box::pin(within(timeout, TimedOut::Connection, async move {
            if uri.scheme() == Some(&Scheme::HTTPS) {
                let mut encrypted = HttpsConnector::from((sockets, trust.config()));
                encrypted.call(uri).await
            } else {
                sockets.call(uri).await.map(MaybeHttpsStream::Http)
            }
        }))
    }
}

/// A service that opens sockets and tunes them.
#[derive(Clone, Debug)]
struct Sockets(Dialer);

impl Sockets {
    fn new() -> Self {
        let mut dialer = Dialer::new();
        dialer.enforce_http(false);
        dialer.set_nodelay(true);
        Self(dialer)
    }
}

impl Service<Uri> for Sockets {
    type Response = Stream;
    type Error = BoxError;
    type Future = Dialing<Stream>;

    fn poll_ready(&mut self, ctx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(ctx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            let stream = connecting.await?;
            tune(stream.inner());
            Ok(stream)
        })
    }
}

/// The connector for one set of client timeouts. It sends each request directly or through a proxy.
struct Connector {
    client: Hyper,
    read_timeout: Option<Duration>,
    proxies: Arc<Matcher>,
    proxied: Box<dyn Fn() -> SharedHttpConnector + Send + Sync>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri: Option<Uri> = request.uri().parse().ok();
        if uri.is_some_and(|uri| self.proxies.intercept(&uri).is_some()) {
            return (self.proxied)().call(request);
        }
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        // The SDK closes connections after responses that indicate an unhealthy host.
        let connection = legacy::connect::capture_connection(&mut request);
        if let Some(doubted) = request.extensions().get::<CaptureSmithyConnection>() {
            doubted.set_connection_retriever(move || Some(metadata(&connection)));
        }
        let (client, timeout) = (self.client.clone(), self.read_timeout);
        HttpConnectorFuture::new(async move {
            let answering = async { Ok(client.request(request).await?) };
            let response = within(timeout, TimedOut::Answer, answering).await;
            let response = response.map_err(classify)?.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response)
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn metadata(connection: &CaptureConnection) -> ConnectionMetadata {
    let connection = connection.clone();
    ConnectionMetadata::builder()
        .proxied(false)
        .poison_fn(move || {
            if let Some(connected) = connection.connection_metadata().as_ref() {
                connected.poison();
            }
        })
        .build()
}

/// The error for a wait that timed out.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum TimedOut {
    #[error("could not connect within {0:?}")]
    Connection(Duration),
    #[error("no answer came within {0:?}")]
    Answer(Duration),
}

async fn within<T>(
    timeout: Option<Duration>,
    timed_out: fn(Duration) -> TimedOut,
    work: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, BoxError> {
    match timeout {
        Some(timeout) => match tokio::time::timeout(timeout, work).await {
            Ok(result) => result,
            Err(_) => Err(timed_out(timeout).into()),
        },
        None => work.await,
    }
}

/// Classifies a failure for the SDK, which decides on a retry by its kind.
fn classify(error: BoxError) -> ConnectorError {
    let causes = || causes(error.as_ref());
    let of_hyper = causes().find_map(|cause| cause.downcast_ref::<hyper::Error>());
    let is_hyper = |kind: fn(&hyper::Error) -> bool| of_hyper.is_some_and(kind);
    let is_refused = causes()
        .filter_map(|cause| cause.downcast_ref::<legacy::Error>())
        .any(legacy::Error::is_connect);
    let is_io = causes().any(<dyn Error>::is::<std::io::Error>);
    let to_error = if causes().any(<dyn Error>::is::<TimedOut>) {
        ConnectorError::timeout
    } else if is_hyper(hyper::Error::is_user) {
        ConnectorError::user
    } else if is_refused
        || is_io
        || is_hyper(hyper::Error::is_closed)
        || is_hyper(hyper::Error::is_canceled)
    {
        ConnectorError::io
    } else if is_hyper(hyper::Error::is_incomplete_message) {
        // S3 may close a connection at any moment.
        |error| ConnectorError::other(error, Some(ErrorKind::TransientError))
    } else {
        |error| ConnectorError::other(error, None)
    };
    to_error(error)
}

#[cfg(test)]
mod tests;
