//! Certificates to trust besides the system's: `AWS_CA_BUNDLE`.
//!
//! The Rust SDK does not read that variable, unlike the AWS CLI and the other
//! SDKs; networks that look into TLS set it.

use std::io;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use camino::{Utf8Path, Utf8PathBuf};

/// A file of certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read.
    #[error("cannot read the certificates in `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds no certificates in PEM form, or a broken one.
    #[error("`{path}` holds no certificates in PEM form")]
    Pem {
        /// The file.
        path: Utf8PathBuf,
    },
}

/// The SDK's default client, proxies from the environment included, with more to trust.
pub(super) fn client(bundle: &Utf8Path) -> Result<SharedHttpClient, TrustError> {
    let bytes = fs_err::read(bundle).map_err(|source| TrustError::Read {
        path: bundle.to_owned(),
        source,
    })?;
    let refuse = || TrustError::Pem {
        path: bundle.to_owned(),
    };
    // The SDK panics on text that is not PEM.
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse())?;
    if !is_pem(text) {
        return Err(refuse());
    }
    let trusted = TrustStore::default().with_pem_certificate(bytes.clone());
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|_| refuse())?;
    Ok(
        Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = ConnectorBuilder::default()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(context.clone());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.set_proxy_config(Some(ProxyConfig::from_env()));
            connector.build()
        }),
    )
}

/// Whether a text has certificates between their marks, each of base64 text.
fn is_pem(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n\t ".contains(&byte);
    let mut certificates = text.split("-----BEGIN CERTIFICATE-----").skip(1).peekable();
    certificates.peek().is_some()
        && certificates.all(|rest| {
            let body = rest.split_once("-----END CERTIFICATE-----");
            body.is_some_and(|(body, _)| !body.trim().is_empty() && body.bytes().all(is_base64))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_pem_is_refused_before_the_sdk_sees_it() {
        let certificate =
            "# 公司\n-----BEGIN CERTIFICATE-----\r\nMIIB+/==\r\n-----END CERTIFICATE-----\n";
        assert!(is_pem(&certificate.repeat(2)));
        assert!(!is_pem(""));
        assert!(!is_pem("-----BEGIN CERTIFICATE-----\n"));
        assert!(!is_pem(
            "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----"
        ));
    }
}
