//! The path of a packaged template's manifest.

use camino::{Utf8Path, Utf8PathBuf};

/// Suffix of a manifest's name, after the name of the packaged template.
const MANIFEST: &str = ".manifest.json";

/// Returns the path of the manifest of a packaged template, which is next to the template.
pub fn manifest_path(template: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{template}{MANIFEST}"))
}

/// Returns true for a manifest, and for a file with a manifest next to it.
pub(crate) fn was_packaged(path: &Utf8Path) -> bool {
    path.as_str().ends_with(MANIFEST) || manifest_path(path).is_file()
}
