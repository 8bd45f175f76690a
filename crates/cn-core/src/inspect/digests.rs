//! The digests of code that a manifest of packaging knows.

use std::io::{self, ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};

use crate::file::{self, Accepts, manifest_path};
use crate::package::{self, Digests, ManifestError};

/// A manifest that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DigestsError {
    /// The file cannot be read.
    #[error(transparent)]
    File(io::Error),
    /// The file is no manifest.
    #[error("cannot use the manifest `{path}`")]
    Manifest {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: ManifestError,
    },
}

/// Reads the digests of packaged code from a manifest.
///
/// * `template`: the packaged template.
/// * `manifest`: its manifest; absent takes the one beside the template, and none when
///   there is none.
///
/// # Errors
///
/// When the manifest cannot be read, or is none.
pub fn digests(template: &Utf8Path, manifest: Option<&Utf8Path>) -> Result<Digests, DigestsError> {
    let path = manifest.map_or_else(|| manifest_path(template), Utf8Path::to_owned);
    let text = match file::read_text(&path, Accepts::Pipes) {
        Ok(text) => text,
        Err(error) if manifest.is_none() && error.kind() == ErrorKind::NotFound => {
            return Ok(Digests::new());
        }
        Err(error) => return Err(DigestsError::File(error)),
    };
    package::digests(&text).map_err(|source| DigestsError::Manifest { path, source })
}
