//! The manifest: a machine-readable record of what a packaging run uploaded and rewrote.

use aws_smithy_types::base64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::outcome::Outcome;

impl Outcome {
    /// Returns the manifest of a run as JSON.
    ///
    /// Shape, with additive changes only: `schema` (1), `region`, `bucket`, `template`, `artifacts`
    /// (`source`, `key`, `bytes`, `sha256`, `uploaded`, `copied`, `needed-by`), `rewrites` (`rule`,
    /// `file`, `line`, `before`, `after`), `left-out`, `packaged-sha256` (of the packaged template, to
    /// detect that a template does not belong to the manifest). `bytes` is null for an object that was
    /// already in the bucket, was copied, or was not uploaded. `sha256` is in Base64, like Lambda's
    /// `CodeSha256` and S3's checksums, and null for an archive that this run did not build.
    pub fn manifest(&self) -> Value {
        let artifacts: Vec<Value> = self
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
        let rewrites: Vec<Value> = self
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
        let left_out: Vec<&str> = self.left_out.iter().map(|path| path.as_str()).collect();
        json!({
            "schema": 1,
            "region": self.destination.region.as_str(),
            "bucket": self.destination.bucket.as_str(),
            "template": self.template.as_str(),
            "artifacts": artifacts,
            "rewrites": rewrites,
            "left-out": left_out,
            "packaged-sha256": base64::encode(Sha256::digest(&self.packaged)),
        })
    }
}
