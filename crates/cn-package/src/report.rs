//! Plan and outcome as words and as JSON.

use cn_cli::ui::plural;
use cn_cli::{Failure, Ui};
use cn_core::package::{Outcome, Plan, Sent};
use serde_json::json;

use crate::args::Target;

pub(crate) fn artifact(sent: &Sent) -> serde_json::Value {
    json!({
        "key": sent.key.as_str(),
        "source": sent.source.as_str(),
        "bytes": sent.uploaded_bytes,
        "needed-by": sent.needed_by,
    })
}

/// What would be done for one region.
pub(crate) fn plan(ui: &Ui, target: &Target, plan: &Plan) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for upload in &plan.uploads {
        let size = size(upload.input_bytes());
        lines.push(format!(
            "upload   {} from {} ({size} before compression)",
            upload.key, upload.source
        ));
    }
    for rewrite in &plan.rewrites {
        lines.push(format!(
            "rewrite  {}:{} ({})",
            rewrite.file, rewrite.line, rewrite.rule
        ));
        lines.push(format!("  - {}", rewrite.before.trim()));
        lines.push(format!("  + {}", rewrite.after.trim()));
    }
    for path in &plan.left_out {
        lines.push(format!("leave    {path}"));
    }
    if lines.is_empty() {
        lines.push("nothing to upload or rewrite".to_owned());
    }
    let uploads: Vec<_> = plan
        .uploads
        .iter()
        .map(|upload| {
            json!({
                "key": upload.key.as_str(),
                "source": upload.source.as_str(),
                "input-bytes": upload.input_bytes(),
                "needed-by": upload.needed_by,
            })
        })
        .collect();
    let body = json!({
        "region": target.request.region.as_str(),
        "uploads": uploads,
        "rewrites": plan.rewrites.len(),
        "template": plan.packaged,
    });
    ui.result(&lines.join("\n"), "plan", body)
}

/// The template of a run that sent nothing.
pub(crate) fn offline(ui: &Ui, target: &Target, plan: &Plan) -> Result<(), Failure> {
    ui.status(format!(
        "nothing was sent: {} must be in `{}` before the template can be deployed",
        plural(plan.uploads.len(), "object"),
        target.request.bucket,
    ));
    packaged(
        ui,
        target,
        &plan.packaged,
        json!({
            "uploaded": 0,
            "absent": plan.uploads.len(),
            "rewritten": plan.rewrites.len(),
        }),
    )
}

/// The packaged template, or where it is.
fn packaged(
    ui: &Ui,
    target: &Target,
    template: &str,
    mut body: serde_json::Value,
) -> Result<(), Failure> {
    let output = target.output.as_ref().map(|path| path.as_str());
    body["region"] = json!(target.request.region.as_str());
    body["output"] = json!(output);
    body["template"] = json!(output.is_none().then_some(template));
    match output {
        Some(path) => ui.result(path, "packaged", body),
        None => ui.document(template, "packaged", body),
    }
}

/// What was done: the packaged template, or where it is.
pub(crate) fn outcome(ui: &Ui, target: &Target, outcome: &Outcome) -> Result<(), Failure> {
    for path in &outcome.left_out {
        ui.note(format!("`{path}` was left out of the archives"));
    }
    let uploaded: Vec<u64> = outcome
        .sent
        .iter()
        .filter_map(|sent| sent.uploaded_bytes)
        .collect();
    let objects = plural(uploaded.len(), "object");
    let copied = outcome.sent.iter().filter(|sent| sent.is_copied).count();
    let present = outcome.sent.len() - uploaded.len() - copied;
    let also = match copied {
        0 => String::new(),
        _ => format!(", {copied} copied within S3"),
    };
    ui.status(format!(
        "{objects} uploaded ({}){also}, {present} already in `{}`, {} rewritten for `{}`",
        size(uploaded.iter().sum()),
        target.request.bucket,
        plural(outcome.rewrites.len(), "value"),
        target.request.region,
    ));
    packaged(
        ui,
        target,
        &outcome.packaged,
        json!({
            "uploaded": uploaded.len(),
            "copied": copied,
            "present": present,
            "rewritten": outcome.rewrites.len(),
        }),
    )
}

/// A size in the unit that needs no more than four digits.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1_000_000 && unit + 1 < UNITS.len() {
        value /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", value / 1000, value % 1000 / 100, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_decimal_and_short() {
        let sizes = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (58_670_237, "58.6 MB"),
            (5_000_000_000_000, "5.0 TB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
    }
}
