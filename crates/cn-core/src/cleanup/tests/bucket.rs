//! An in-memory bucket with versions: pages, partial failures, throttling.
//!
//! Formats: Amazon S3 API reference, `ListObjectVersions` and `DeleteObjects`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

use super::super::inventory::Version;
use crate::s3::{Bucket, Objects};

pub(super) const BUCKET: &str = "bkt";

pub(super) type Shared = Arc<Mutex<Memory>>;

#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Versions of each key, newest first.
    objects: BTreeMap<String, Vec<Version>>,
    /// Number of versions in a page.
    page: usize,
    /// Keys whose versions S3 refuses to delete.
    pub(super) refused: BTreeSet<String>,
    /// The number of failed deletions of a key before one succeeds.
    pub(super) passing: BTreeMap<String, usize>,
    /// The number of deletion requests that are throttled.
    pub(super) throttles: usize,
    pub(super) requests: BTreeMap<&'static str, usize>,
}

impl Memory {
    /// * `page`: the number of versions in a page.
    pub(super) fn new(page: usize) -> Self {
        Self {
            page,
            ..Self::default()
        }
    }

    pub(super) fn put(&mut self, key: &str, version: &Version) {
        let versions = self.objects.entry(key.to_owned()).or_default();
        versions.push(version.clone());
        versions.sort_by_key(|version| std::cmp::Reverse(version.modified));
    }

    pub(super) fn refuse(&mut self, key: &str) {
        self.refused.insert(key.to_owned());
    }

    pub(super) fn shared(self) -> Shared {
        Arc::new(Mutex::new(self))
    }

    /// Returns every remaining version.
    pub(super) fn versions(&self) -> BTreeSet<(String, String)> {
        let all = self.objects.iter();
        let all = all.flat_map(|(key, versions)| {
            versions
                .iter()
                .map(move |version| (key.clone(), version.id.clone()))
        });
        all.collect()
    }

    fn list(&mut self, query: &BTreeMap<String, String>) -> String {
        *self.requests.entry("ListObjectVersions").or_default() += 1;
        let marker = query
            .get("key-marker")
            .map(|key| (key.clone(), query["version-id-marker"].clone()));
        let prefix = query.get("prefix").cloned().unwrap_or_default();
        let all = self
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(&prefix));
        let all = all.flat_map(|(key, versions)| versions.iter().map(move |it| (key, it)));
        let all: Vec<(&String, &Version)> = all.collect();
        let is_marker = |(key, version): &(&String, &Version)| {
            marker
                .as_ref()
                .is_some_and(|marker| (*key, &version.id) == (&marker.0, &marker.1))
        };
        let from = all.iter().position(is_marker).map_or(0, |at| at + 1);
        let page: Vec<_> = all[from..].iter().take(self.page).collect();
        let mut text = String::from("<ListVersionsResult>");
        for (key, version) in &page {
            let kind = if version.is_marker {
                "DeleteMarker"
            } else {
                "Version"
            };
            let at = aws_smithy_types::DateTime::from_millis(version.modified.0);
            let at = at
                .fmt(aws_smithy_types::date_time::Format::DateTime)
                .unwrap();
            write!(
                text,
                "<{kind}><Key>{key}</Key><VersionId>{}</VersionId><Size>{}</Size><LastModified>{at}</LastModified></{kind}>",
                version.id, version.bytes
            )
            .unwrap();
        }
        if from + page.len() < all.len() {
            let (key, version) = page.last().expect("a page holds something");
            write!(
                text,
                "<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{}</NextVersionIdMarker>",
                version.id
            )
            .unwrap();
        }
        text + "</ListVersionsResult>"
    }

    fn delete(&mut self, body: &str) -> (u16, String) {
        *self.requests.entry("DeleteObjects").or_default() += 1;
        if self.throttles > 0 {
            self.throttles -= 1;
            return (503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>".to_owned());
        }
        let text = |object: &str, name: &str| {
            let (_, rest) = object.split_once(&format!("<{name}>")).expect(name);
            rest.split_once('<').expect("the end").0.to_owned()
        };
        let mut errors = String::new();
        let objects: Vec<&str> = body.split("<Object>").skip(1).collect();
        assert!(objects.len() <= 1000, "S3 takes no more");
        for object in objects {
            let (key, id) = (text(object, "Key"), text(object, "VersionId"));
            let passing = self.passing.get_mut(&key).filter(|left| **left > 0);
            let code = match passing {
                Some(left) => {
                    *left -= 1;
                    Some("InternalError")
                }
                None => self.refused.contains(&key).then_some("AccessDenied"),
            };
            if let Some(code) = code {
                write!(errors, "<Error><Key>{key}</Key><VersionId>{id}</VersionId><Code>{code}</Code><Message>no</Message></Error>").unwrap();
            } else if let Some(versions) = self.objects.get_mut(&key) {
                versions.retain(|version| version.id != id);
            }
        }
        self.objects.retain(|_, versions| !versions.is_empty());
        (200, format!("<DeleteResult>{errors}</DeleteResult>"))
    }
}

#[derive(Clone, Debug)]
struct Connector(Shared);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut memory = self.0.lock().unwrap();
        let query = request.uri().split_once('?').map_or("", |(_, query)| query);
        let decoded = |text: &str| text.replace("%2F", "/");
        let query: BTreeMap<String, String> = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        let (status, body) = if request.method() == "POST" {
            let body = request.body().bytes().unwrap_or_default();
            memory.delete(std::str::from_utf8(body).unwrap())
        } else {
            (200, memory.list(&query))
        };
        let status = status.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

/// Returns a client without its own retries.
pub(super) fn client(memory: &Shared) -> Client {
    let connector = SharedHttpConnector::new(Connector(Arc::clone(memory)));
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .credentials_provider(Credentials::new("AKID", "SECRET", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .force_path_style(true)
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    Client::from_conf(config)
}

pub(super) fn objects<'a>(client: &'a Client, bucket: &'a Bucket) -> Objects<'a> {
    Objects {
        client,
        bucket,
        owner: None,
        kms_key_id: None,
        sse: None,
    }
}
