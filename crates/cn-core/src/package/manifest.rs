//! The manifest: what a packaging run sent and changed, for machines.

use serde_json::{Value, json};

use super::apply::Outcome;
use super::request::Request;

/// The manifest of a run as JSON.
///
/// Shape, with additive changes only: `schema` (1), `region`, `bucket`,
/// `template`, `artifacts` (`source`, `key`, `bytes`, `uploaded`, `copied`, `needed-by`),
/// `rewrites` (`rule`, `file`, `line`, `before`, `after`), `left-out`. `bytes`
/// is null for an object that was there already or copied.
pub fn manifest(request: &Request, outcome: &Outcome) -> Value {
    let artifacts: Vec<Value> = outcome
        .sent
        .iter()
        .map(|sent| {
            json!({
                "source": sent.source.as_str(),
                "key": sent.key.as_str(),
                "bytes": sent.uploaded_bytes,
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
        "region": request.region.as_str(),
        "bucket": request.bucket.as_str(),
        "template": request.template.as_str(),
        "artifacts": artifacts,
        "rewrites": rewrites,
        "left-out": left_out,
    })
}
