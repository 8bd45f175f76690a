//! Facts recorded by packaging in a manifest: digests of code, and the region.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};

use aws_smithy_types::base64;
use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::facts::{Digests, ManifestError, digests, packaged_for};
use super::place::manifest_path;
use crate::file::{self, Accepts};
use crate::s3::S3Location;

/// An error in using a manifest.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be read.
    #[error(transparent)]
    File(io::Error),
    /// The file is not a manifest.
    #[error("cannot use the manifest `{path}`")]
    Manifest {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RecordError {
    fn of_manifest(path: Utf8PathBuf, error: ManifestError) -> Self {
        let source = error.into();
        Self::Manifest { path, source }
    }
}

/// Reads the digests of packaged code from a manifest.
///
/// * `template`: the packaged template.
/// * `manifest`: its manifest. If `None`, the manifest next to the template is read; without one,
///   there are no digests.
///
/// # Errors
///
/// [`RecordError`] if the manifest cannot be read, or the file is not a manifest.
pub fn recorded_digests(
    template: &Utf8Path,
    manifest: Option<&Utf8Path>,
) -> Result<BTreeMap<S3Location, String>, RecordError> {
    let Some((path, text)) = read(template, manifest)? else {
        return Ok(Digests::new());
    };
    digests(&text).map_err(|error| RecordError::of_manifest(path, error))
}

/// The facts in a manifest about the packaged template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The region that the template was packaged for.
    pub region: String,
    /// The path of the manifest.
    pub path: Utf8PathBuf,
    /// The SHA-256 of the packaged template, in Base64.
    packaged_sha256: Option<String>,
}

impl Recorded {
    /// Returns false for a template that is another text than the one that was packaged.
    pub(crate) fn is_of(&self, template: &str) -> bool {
        let digest = base64::encode(Sha256::digest(template));
        self.packaged_sha256
            .as_deref()
            .is_none_or(|packaged| packaged == digest)
    }
}

/// Reads what the manifest records about a template.
///
/// `None` if there is no manifest.
///
/// * `template`, `manifest`: as for [`recorded_digests`].
///
/// # Errors
///
/// [`RecordError`] if the manifest cannot be read, or the file is not a manifest.
pub(crate) fn recorded(
    template: &Utf8Path,
    manifest: Option<&Utf8Path>,
) -> Result<Option<Recorded>, RecordError> {
    let Some((path, text)) = read(template, manifest)? else {
        return Ok(None);
    };
    match packaged_for(&text) {
        Ok((region, packaged_sha256)) => Ok(Some(Recorded {
            region,
            path,
            packaged_sha256,
        })),
        Err(error) => Err(RecordError::of_manifest(path, error)),
    }
}

/// Reads the manifest. `None` if none is named and none is next to the template.
fn read(
    template: &Utf8Path,
    manifest: Option<&Utf8Path>,
) -> Result<Option<(Utf8PathBuf, String)>, RecordError> {
    let path = manifest.map_or_else(|| manifest_path(template), Utf8Path::to_owned);
    // Only an explicitly named manifest may be a pipe.
    let accepts = manifest.map_or(Accepts::Files, |_| Accepts::Pipes);
    match file::read_plain(&path, accepts) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if manifest.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecordError::File(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_that_an_editor_puts_before_a_manifest_does_no_harm() {
        let scratch = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::try_from(scratch.path().join("m.json")).unwrap();
        fs_err::write(&path, "\u{feff}{\"region\": \"cn-north-1\"}").unwrap();
        let recorded = recorded("t.yaml".into(), Some(&path)).unwrap().unwrap();
        assert_eq!(
            (recorded.region.as_str(), &recorded.path),
            ("cn-north-1", &path)
        );
        // An older manifest has no digest.
        assert!(recorded.is_of("any text"));
    }

    #[test]
    fn a_manifest_is_of_one_text() {
        let recorded = Recorded {
            region: "cn-north-1".to_owned(),
            path: "m.json".into(),
            packaged_sha256: Some("LHDjK5dEFZsuDBPGj8tRBp3mVgO5R8RaEqG/ZfYl9LY=".to_owned()),
        };
        let digest = base64::encode(Sha256::digest("text"));
        let of_text = Recorded {
            packaged_sha256: Some(digest),
            ..recorded.clone()
        };
        assert!(of_text.is_of("text") && !recorded.is_of("text"));
    }
}
