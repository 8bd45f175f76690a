//! The packaged template, as far as it is there.

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use crate::manifest::recorded_region;
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
    let recorded = recorded_region(path, None).map_err(Fault::from);
    let actual = match findings.take(recorded) {
        Some(Some((actual, _))) => actual,
        Some(None) => {
            findings.fact("packaged", "unknown: there is no manifest beside it");
            return findings;
        }
        None => return findings,
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
