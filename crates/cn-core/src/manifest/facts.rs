//! Facts that readers take from a manifest.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::s3::S3Location;

/// The SHA-256 of objects, in Base64, by location; the locations have no version.
pub(crate) type Digests = BTreeMap<S3Location, String>;

/// Returns the digests in a manifest.
///
/// # Errors
///
/// [`ManifestError`] if the text is not a manifest.
pub(crate) fn digests(manifest: &str) -> Result<Digests, ManifestError> {
    let manifest = parse(manifest)?;
    let (Some(bucket), Some(artifacts)) = (
        manifest["bucket"].as_str(),
        manifest["artifacts"].as_array(),
    ) else {
        return Err(ManifestError::Shape);
    };
    let of = |artifact: &Value| {
        let key = artifact["key"].as_str()?.to_owned();
        let sha256 = artifact["sha256"].as_str()?.to_owned();
        let location = S3Location {
            bucket: bucket.to_owned(),
            key,
            version: None,
        };
        Some((location, sha256))
    };
    Ok(artifacts.iter().filter_map(of).collect())
}

/// Returns the region that the template of a manifest was packaged for, and the SHA-256 of that
/// template, in Base64.
///
/// # Errors
///
/// [`ManifestError`] if the text is not a manifest.
pub(crate) fn packaged_for(manifest: &str) -> Result<(String, Option<String>), ManifestError> {
    let manifest = parse(manifest)?;
    let text = |name: &str| manifest[name].as_str().map(str::to_owned);
    let region = text("region").ok_or(ManifestError::Shape)?;
    Ok((region, text("packaged-sha256")))
}

fn parse(manifest: &str) -> Result<Value, ManifestError> {
    if manifest.is_empty() {
        return Err(ManifestError::Unfinished);
    }
    serde_json::from_str(manifest).map_err(ManifestError::Json)
}

/// A text that is not a manifest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    /// Packaging was ended before it wrote the manifest.
    #[error("it is empty: `cn-package` was ended before it wrote it")]
    Unfinished,
    /// It is not JSON.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    /// It lacks a required member.
    #[error("it has no `region`, `bucket` or `artifacts`, so `cn-package` did not write it")]
    Shape,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_that_a_manifest_has() {
        let text = r#"{"bucket": "b", "artifacts": [
            {"key": "k1", "sha256": "AA=="}, {"key": "k2", "sha256": null}, {"key": "k3"}]}"#;
        let location = S3Location {
            bucket: "b".to_owned(),
            key: "k1".to_owned(),
            version: None,
        };
        let expected = [(location, "AA==".to_owned())];
        assert_eq!(digests(text).unwrap(), expected.into());
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let refused = |text| digests(text).unwrap_err().to_string();
        assert_eq!(refused("{"), "it is not JSON");
        assert!(refused("").contains("was ended"));
        for text in [
            "[]",
            "{}",
            r#"{"bucket": "b"}"#,
            r#"{"artifacts": []}"#,
            "1",
        ] {
            assert!(refused(text).contains("cn-package"), "{text}");
        }
    }
}
