//! The check of the access key in SSM parameters.

use std::time::Duration;

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use crate::session::{KeyStore, Session};

pub(super) async fn examine(request: &Request, session: &Session, store: &KeyStore) -> Findings {
    let mut findings = Findings::default();
    findings.fact("parameters", store);
    let key = session.access_key(store).await.map_err(Fault::from);
    let Some(key) = findings.take(key) else {
        return findings;
    };
    findings.fact("access-key", key.id());
    for name in session.plain_key_parameters() {
        findings.fault(Fault::Plain(name));
    }
    if let Some(written) = session.access_key_written() {
        let age = Duration::from_millis(u64::try_from(request.now.0 - written.0).unwrap_or(0));
        findings.fact("stored", written);
        if age > request.max_key_age {
            let limit = request.max_key_age;
            findings.fault(Fault::Age { age, limit });
        }
    }
    findings
}
