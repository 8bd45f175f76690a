//! The manifest: what a packaging run sent and changed, for machines.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::outcome::Outcome;
use crate::s3::S3Location;

/// The manifest of a run as JSON.
///
/// Shape, with additive changes only: `schema` (1), `region`, `bucket`,
/// `template`, `artifacts` (`source`, `key`, `bytes`, `sha256`, `uploaded`,
/// `copied`, `needed-by`), `rewrites` (`rule`, `file`, `line`, `before`,
/// `after`), `left-out`, `packaged-sha256` (of the packaged template: another one is not
/// the template that the manifest is about). `bytes` is null for an object that was there already,
/// copied, or not sent. `sha256` is in Base64, as Lambda's `CodeSha256` and S3's checksums
/// are, and null for an archive that this run did not build.
pub fn manifest(outcome: &Outcome) -> Value {
    let artifacts: Vec<Value> = outcome
        .sent
        .iter()
        .map(|sent| {
            json!({
                "source": sent.source.as_str(),
                "key": sent.key.as_str(),
                "bytes": sent.uploaded_bytes,
                "sha256": sent.sha256.map(base64::encode),
                "uploaded": sent.uploaded_bytes.is_some(),
                "copied": sent.is_copied,
                "needed-by": sent.needed_by,
            })
        })
        .collect();
    let rewrites: Vec<Value> = outcome
        .rewrites
        .iter()
        .map(|rewrite| {
            json!({
                "rule": rewrite.rule,
                "file": rewrite.file.as_str(),
                "line": rewrite.line,
                "before": rewrite.before,
                "after": rewrite.after,
            })
        })
        .collect();
    let left_out: Vec<&str> = outcome.left_out.iter().map(|path| path.as_str()).collect();
    json!({
        "schema": 1,
        "region": outcome.destination.region.as_str(),
        "bucket": outcome.destination.bucket.as_str(),
        "template": outcome.template.as_str(),
        "artifacts": artifacts,
        "rewrites": rewrites,
        "left-out": left_out,
        "packaged-sha256": base64::encode(Sha256::digest(&outcome.packaged)),
    })
}

/// The SHA-256 of objects, in Base64, by location; the locations have no version.
pub type Digests = BTreeMap<S3Location, String>;

/// The digests that a manifest tells.
///
/// # Errors
///
/// [`ManifestError`] when the text is no manifest.
pub fn digests(manifest: &str) -> Result<Digests, ManifestError> {
    let manifest: Value = serde_json::from_str(manifest).map_err(ManifestError::Json)?;
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

/// Returns the region that the template of a manifest was packaged for.
///
/// # Errors
///
/// [`ManifestError`] when the text is no manifest.
pub fn packaged_for(manifest: &str) -> Result<String, ManifestError> {
    let manifest: Value = serde_json::from_str(manifest).map_err(ManifestError::Json)?;
    let region = manifest["region"].as_str();
    region.map(str::to_owned).ok_or(ManifestError::Shape)
}

/// A text that is not a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    /// It lacks what every manifest has.
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
