//! Facts recorded by packaging in a manifest: digests of code, and the region.

use std::io::{self, ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};

use super::facts::{Digests, ManifestError, digests, packaged_for};
use super::place::manifest_path;
use crate::file::{self, Accepts};

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
        source: ManifestError,
    },
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
) -> Result<Digests, RecordError> {
    let Some((path, text)) = read(template, manifest)? else {
        return Ok(Digests::new());
    };
    digests(&text).map_err(|source| RecordError::Manifest { path, source })
}

/// Reads the region that a template was packaged for, with the path of the manifest.
///
/// `None` if there is no manifest.
///
/// * `template`, `manifest`: as for [`recorded_digests`].
///
/// # Errors
///
/// [`RecordError`] if the manifest cannot be read, or the file is not a manifest.
pub(crate) fn recorded_region(
    template: &Utf8Path,
    manifest: Option<&Utf8Path>,
) -> Result<Option<(String, Utf8PathBuf)>, RecordError> {
    let Some((path, text)) = read(template, manifest)? else {
        return Ok(None);
    };
    match packaged_for(&text) {
        Ok(region) => Ok(Some((region, path))),
        Err(source) => Err(RecordError::Manifest { path, source }),
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
    match file::read_text(&path, accepts) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if manifest.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecordError::File(error)),
    }
}
