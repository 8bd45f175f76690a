//! The packaged template, as far as it is there.

use std::io::ErrorKind;

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use crate::file::{self, Accepts};
use crate::manifest::{manifest_path, packaged_for};
use crate::session::Session;

pub(super) fn examine(request: &Request, session: Option<&Session>) -> Findings {
    let mut findings = Findings::default();
    let Some(path) = &request.template else {
        findings.fact("file", "not named");
        return findings;
    };
    findings.fact("file", path);
    if !path.is_file() {
        findings.fact("packaged", "not yet: `cn-package` writes it");
        return findings;
    }
    let manifest = manifest_path(path);
    let text = match file::read_text(&manifest, Accepts::Files) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            findings.fact("packaged", "unknown: there is no manifest beside it");
            return findings;
        }
        Err(error) => {
            findings.fault(error);
            return findings;
        }
    };
    let packaged = packaged_for(&text).map_err(|source| Fault::Manifest {
        path: manifest,
        source,
    });
    let Some(actual) = findings.take(packaged) else {
        return findings;
    };
    findings.fact("packaged-for", &actual);
    let expected = session
        .map(Session::region)
        .filter(|region| region.as_str() != actual);
    if let Some(expected) = expected.cloned() {
        let path = path.clone();
        findings.fault(Fault::OtherRegion {
            path,
            actual,
            expected,
        });
    }
    findings
}
