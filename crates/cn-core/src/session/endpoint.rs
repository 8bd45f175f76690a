//! Endpoints from variables and profiles, checked before a client uses them.
//!
//! If an endpoint is not a URL, the SDK ignores it if it applies to all services, and panics at the
//! first request if it applies to a single service.

use std::net::Ipv6Addr;

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::error::SessionError;

/// Service IDs of all clients of this crate.
const SERVICES: [&str; 8] = [
    "CloudFormation",
    "CloudWatch Logs",
    "IAM",
    "KMS",
    "Lambda",
    "S3",
    "SSM",
    "STS",
];

/// A name that matches no service, to look up the endpoint that applies to all services.
const SHARED: &str = "none";

/// Settings without empty endpoints.
#[derive(Debug)]
struct NotEmpty(SdkConfig);

impl LoadServiceConfig for NotEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let loaded = self.0.service_config()?.load_config(key);
        loaded.filter(|value| !value.is_empty())
    }
}

/// Returns the configuration without empty endpoints.
///
/// # Errors
///
/// [`SessionError::Endpoint`] for the first endpoint that is no address.
pub(super) fn checked(config: SdkConfig) -> Result<SdkConfig, SessionError> {
    let settings = NotEmpty(config.clone());
    let shared = endpoint(&settings, SHARED);
    let refuse = |variable| Err(SessionError::Endpoint { variable });
    if shared.as_deref().is_some_and(|text| !is_address(text)) {
        return refuse("AWS_ENDPOINT_URL".to_owned());
    }
    for service in SERVICES {
        if endpoint(&settings, service).is_some_and(|text| !is_address(&text)) {
            let service = service.to_ascii_uppercase().replace(' ', "_");
            return refuse(format!("AWS_ENDPOINT_URL_{service}"));
        }
    }
    Ok(config.into_builder().service_config(settings).build())
}

fn endpoint(settings: &NotEmpty, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    settings.load_config(key.expect("all parts are set"))
}

/// Returns true for `http://HOST` or `https://HOST`, with an optional port and path.
fn is_address(text: &str) -> bool {
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = rest else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') && port.parse::<u16>().is_err() => return false,
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte)),
    };
    !host.is_empty() && is_host && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Endpoints by service, as variables and profiles set them.
    #[derive(Debug)]
    struct Given(&'static [(&'static str, &'static str)]);

    impl LoadServiceConfig for Given {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let find = |service: &str| self.0.iter().find(|(known, _)| *known == service);
            let found = find(key.service_id()).or_else(|| find(SHARED));
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn of(given: &'static [(&'static str, &'static str)]) -> SdkConfig {
        SdkConfig::builder().service_config(Given(given)).build()
    }

    #[test]
    fn an_endpoint_that_is_no_address_is_refused_by_name() {
        let refused = |given| match checked(of(given)) {
            Err(SessionError::Endpoint { variable }) => variable,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&[(SHARED, "localhost:4566")]), "AWS_ENDPOINT_URL");
        let logs = refused(&[("CloudWatch Logs", "ftp://x")]);
        assert_eq!(logs, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS");
        for value in [
            "http://",
            "http://:80",
            "https://a b",
            "http://a:b",
            "http://[::1",
            "http://[localhost]:80",
            "http://a\"b",
            "http://<host>/",
            "//a",
            "/",
            "x",
        ] {
            assert!(!is_address(value), "{value}");
        }
        for value in [
            "http://127.0.0.1:4566",
            "https://vpce-1.s3.cn-north-1.vpce.amazonaws.com.cn/",
            "http://[::1]:80/path",
            "http://[::1]",
        ] {
            assert!(is_address(value), "{value}");
        }
    }

    #[test]
    fn an_empty_endpoint_is_none() {
        let config = checked(of(&[("S3", ""), ("SSM", "http://localhost:1")])).unwrap();
        let settings = NotEmpty(config);
        assert_eq!(endpoint(&settings, "S3"), None);
        assert_eq!(
            endpoint(&settings, "SSM").as_deref(),
            Some("http://localhost:1")
        );
    }
}
