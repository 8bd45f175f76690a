use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream as Blocking};
use std::thread;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// A self-signed certificate for `127.0.0.1`. Only these tests use it and the key below.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBmDCCAT6gAwIBAgIUX08monUvswO4lI4BuZUMHrqDjFUwCgYIKoZIzj0EAwIw\n\
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjA0MTQ1NloYDzIxMjYxMTAy\n\
MDQxNDU2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n\
PQMBBwNCAATE1OYdnXWsm9oJom1HbPrlj9QPR/0/iMZP9ME+LTw6pxIuhHgEJveY\n\
Y4WvoD0oE4Lz7tFqv99704OX44qg2QQpo2wwajAdBgNVHQ4EFgQUAdIFTyBEk3LK\n\
yub0JpDw3RBzr1kwHwYDVR0jBBgwFoAUAdIFTyBEk3LKyub0JpDw3RBzr1kwGgYD\n\
VR0RBBMwEYcEfwAAAYIJbG9jYWxob3N0MAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0E\n\
AwIDSAAwRQIgUvl5Bz+RUm1CrLKnoPikjMdosi3DAraRqG5fStJSz0QCIQC/8CY7\n\
kUNiy1B5gqC9N6/vEKUUF2uK2U55eoO4z6RQFw==\n\
-----END CERTIFICATE-----\n";
const KEY: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgazjuxQrV1Ft34ypt\n\
vIPEDcJ40g9BDVYYXE8rxBaukuChRANCAATE1OYdnXWsm9oJom1HbPrlj9QPR/0/\n\
iMZP9ME+LTw6pxIuhHgEJveYY4WvoD0oE4Lz7tFqv99704OX44qg2QQp\n\
-----END PRIVATE KEY-----\n";

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Starts a server that handles a single connection with `treat`.
fn server(treat: impl FnOnce(Blocking) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || treat(listener.accept().unwrap().0));
    address
}

fn answer(mut connection: impl Read + Write) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if connection.read(&mut byte).is_ok_and(|read| read == 1) {
            request.extend(byte);
        } else {
            return;
        }
    }
    connection.write_all(ANSWER).unwrap();
}

fn answer_encrypted(connection: Blocking) {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let session = ServerConnection::new(Arc::new(config)).unwrap();
    answer(StreamOwned::new(session, connection));
}

fn connector(trusted: &str, proxies: Matcher) -> Connector {
    let direct = Direct::new(trusted.to_owned());
    Connector {
        client: direct.client(None),
        read_timeout: Some(Duration::from_mins(5)),
        proxies: Arc::new(proxies),
        proxied: Box::new(|| SharedHttpConnector::new(Proxied)),
    }
}

/// A substitute for the SDK's client.
#[derive(Debug)]
struct Proxied;

impl HttpConnector for Proxied {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user("proxied".into())))
    }
}

async fn get(connector: &Connector, address: &str) -> Result<u16, ConnectorError> {
    let response = connector.call(HttpRequest::get(address).unwrap()).await?;
    Ok(response.status().as_u16())
}

async fn failure(address: &str) -> ConnectorError {
    let connector = connector("", Matcher::builder().build());
    get(&connector, address).await.unwrap_err()
}

#[tokio::test]
async fn an_encrypted_connection_is_made_to_whom_the_bundle_trusts() {
    let address = format!("https://{}/", server(answer_encrypted));
    let trusting = connector(CERTIFICATE, Matcher::builder().build());
    assert_eq!(get(&trusting, &address).await.unwrap(), 200);

    let refused = failure(&format!("https://{}/", server(answer_encrypted))).await;
    assert!(refused.is_io(), "{refused:?}");
    assert!(
        format!("{refused:?}").contains("InvalidCertificate"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn failures_lead_to_the_attempts_that_they_are_worth() {
    let plain = |treat: fn(Blocking)| format!("http://{}/", server(treat));
    let connector = connector("", Matcher::builder().build());
    assert_eq!(get(&connector, &plain(answer)).await.unwrap(), 200);

    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = failure(&format!("http://{nobody}/")).await;
    assert!(refused.is_io(), "{refused:?}");

    let address = plain(|mut connection| {
        drop(connection.read(&mut [0; 1024]));
        drop(connection.shutdown(std::net::Shutdown::Both));
    });
    let cut = failure(&address).await;
    let is_tried_again = cut.is_io() || cut.as_other() == Some(ErrorKind::TransientError);
    assert!(is_tried_again, "{cut:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_in_a_timeout() {
    let silent = server(|mut connection| drop(connection.read_to_end(&mut Vec::new())));
    let failed = failure(&format!("http://{silent}/")).await;
    assert!(failed.is_timeout(), "{failed:?}");
    let source = failed.into_source();
    assert_eq!(source.to_string(), "no answer came within 300s");
}

#[tokio::test]
async fn a_proxy_gets_its_requests_from_the_client_of_the_sdk() {
    let proxies = || Matcher::builder().all("http://127.0.0.1:9").no("127.0.0.1");
    let connector = connector("", proxies().build());
    let refused = get(&connector, "https://s3.cn-north-1.amazonaws.com.cn/").await;
    assert!(refused.unwrap_err().is_user());
    let direct = format!("http://{}/", server(answer));
    assert_eq!(get(&connector, &direct).await.unwrap(), 200);
}
