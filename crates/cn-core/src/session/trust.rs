//! The client for requests, and the certificates that it trusts in addition to the system's:
//! `AWS_CA_BUNDLE`.
//!
//! The Rust SDK does not read that variable, unlike the AWS CLI and the other SDKs. Networks that
//! inspect TLS traffic set it.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use camino::Utf8Path;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::connect;
use super::error::SessionError;
use crate::file::{self, Accepts};

/// Creates the client for all requests of a session.
///
/// * `bundle`: a file of certificates to trust in addition to the system's.
pub(super) fn client(bundle: Option<&Utf8Path>) -> Result<SharedHttpClient, SessionError> {
    let trusted = bundle.map(certificates).transpose()?.unwrap_or_default();
    let store = match &trusted[..] {
        "" => TrustStore::default(),
        trusted => TrustStore::default().with_pem_certificate(trusted),
    };
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.expect("TLS has read the certificates before");
    let proxied = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    });
    Ok(connect::client(trusted, proxied))
}

/// Returns the certificates of a file, in PEM form; at least one.
fn certificates(bundle: &Utf8Path) -> Result<String, SessionError> {
    let bytes = file::read(bundle, Accepts::Files).map_err(|source| SessionError::Trust {
        path: bundle.to_owned(),
        source,
    })?;
    let certificates = readable(&bytes);
    if certificates.is_empty() {
        return Err(SessionError::NoCertificate {
            path: bundle.to_owned(),
        });
    }
    Ok(certificates)
}

/// Returns the certificates that the TLS library can read, in PEM form.
///
/// Skips all others, as for the system's own certificates, because the SDK would panic on them.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_readable = |part: &&str| {
        let certificate = CertificateDer::from_pem_slice(part.as_bytes());
        certificate.is_ok_and(|certificate| RootCertStore::empty().add(certificate).is_ok())
    };
    text.split_inclusive("-----END CERTIFICATE-----")
        .filter(is_readable)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate whose private key was never stored.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\r\n\
        MIIBejCCASGgAwIBAgIUOfCytEtW8DBWPLT7D8acbJLYUxgwCgYIKoZIzj0EAwIw\r\n\
        EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjMwMTI1MTJaGA8yMTI2MTAzMDAx\r\n\
        MjUxMlowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\r\n\
        A0IABCUtg900GxQ6Zy2ZwJ385OxcBil0s7HyIdRkT9eF3B6Fm+/12U4a6quDeHr/\r\n\
        1WsEAUP4Gie9PV0FyD+x60upGwujUzBRMB0GA1UdDgQWBBQsxTgGnrQeC4hsrKQe\r\n\
        LgTx904ahjAfBgNVHSMEGDAWgBQsxTgGnrQeC4hsrKQeLgTx904ahjAPBgNVHRMB\r\n\
        Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCID/NkrNzx2jD7gTan4Tf0BNngnKu\r\n\
        iiQZQiMZbRJCxcWPAiA9jOYQ++4A9npUj1/JEWwcn9L7n4KoKfMxOqsk9oDGow==\r\n\
        -----END CERTIFICATE-----";

    #[test]
    fn certificates_that_tls_cannot_read_never_reach_the_sdk() {
        let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        let text = format!("# 公司\n{CERTIFICATE}\n{broken}\n{CERTIFICATE}\ntrailing");
        assert_eq!(
            readable(text.as_bytes()),
            format!("# 公司\n{CERTIFICATE}\n{CERTIFICATE}")
        );
        for text in ["", "x", broken, "-----BEGIN CERTIFICATE-----\n"] {
            assert_eq!(readable(text.as_bytes()), "", "{text}");
        }
        assert_eq!(readable(b"\xff\xfe"), "");
    }
}
