//! The check of the packaged template, if it exists, and of its source.

use camino::{Utf8Path, Utf8PathBuf};
use cn_template::Source;
use cn_template::artifact::references;
use cn_template::tree::Template;

use super::check::Findings;
use super::fault::Fault;
use super::request::Request;
use crate::file::{self, Accepts};
use crate::manifest::recorded;
use crate::package::{self, Destination, ReadError};
use crate::s3::Bucket;
use crate::session::Session;

/// The upload into an empty bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FirstUpload {
    /// Bytes of all objects, before compression.
    pub(super) bytes: u64,
}

pub(super) fn examine(
    request: &Request,
    session: Option<&Session>,
) -> (Findings, Option<FirstUpload>) {
    let mut findings = Findings::default();
    let source = source_path(request, &mut findings);
    packaged(request, session, source.as_deref(), &mut findings);
    let upload = source.zip(session).and_then(|(path, session)| {
        let upload = first_upload(request, &path, session, &mut findings)?;
        findings.fact("source", path);
        Some(upload)
    });
    (findings, upload)
}

/// Returns the template to package; a missing template is a fault only if one was given.
fn source_path(request: &Request, findings: &mut Findings) -> Option<Utf8PathBuf> {
    match package::template_of(request.source.as_ref()?) {
        Err(ReadError::NoTemplate { .. }) => None,
        other => findings.take(other.map_err(Fault::from)),
    }
}

fn packaged(
    request: &Request,
    session: Option<&Session>,
    source: Option<&Utf8Path>,
    findings: &mut Findings,
) {
    let Some(path) = &request.template else {
        return findings.fact("file", "not named");
    };
    findings.fact("file", path);
    if !path.is_file() {
        findings.fact("packaged", "not yet (`cn-package` writes it)");
        if let Some(source) = source {
            findings.fault(Fault::NotPackaged {
                path: path.clone(),
                source_template: source.to_owned(),
            });
        }
        return;
    }
    let recorded = recorded(path, None).map_err(Fault::from);
    let actual = match findings.take(recorded) {
        Some(Some(recorded)) => recorded.region,
        Some(None) if names_local_files(path) => {
            return findings.fault(Fault::NeverPackaged { path: path.clone() });
        }
        Some(None) => {
            return findings.fact("packaged", "unknown (there is no manifest next to it)");
        }
        None => return,
    };
    findings.fact("packaged-for", &actual);
    let expected = session
        .map(Session::region)
        .filter(|region| region.as_str() != actual);
    if let Some(expected) = expected.cloned() {
        findings.fault(Fault::OtherRegion {
            path: path.clone(),
            actual,
            expected,
        });
    }
}

/// Returns true if a template contains local paths, which CloudFormation would refuse.
fn names_local_files(path: &Utf8Path) -> bool {
    let Ok(text) = file::read_text(path, Accepts::Files) else {
        return false;
    };
    let parsed = Template::parse(&Source::new(path, text));
    parsed
        .template
        .is_some_and(|template| !references(&template, &[]).local.is_empty())
}

/// Plans a run of `cn-package` for an empty bucket.
fn first_upload(
    request: &Request,
    path: &Utf8Path,
    session: &Session,
    findings: &mut Findings,
) -> Option<FirstUpload> {
    let request = request.source.as_ref()?;
    let facts = findings.take(package::read(request).map_err(Fault::from))?;
    // Neither objects nor findings depend on the bucket's name.
    let bucket: Bucket = "artifacts".parse().ok()?;
    let destination = Destination::new(session.region().clone(), bucket);
    let planned = package::plan(request, &destination, &facts);
    let Ok(plan) = planned.ready() else {
        let path = path.to_owned();
        findings.fault(Fault::Source { path });
        return None;
    };
    let uploads = plan.uploads().iter();
    Some(FirstUpload {
        bytes: uploads.map(package::Upload::input_bytes).sum(),
    })
}
