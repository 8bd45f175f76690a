//! Plan and outcome as text and as JSON.

use std::error::Error;

use camino::Utf8Path;
use cn_cli::ui::plural;
use cn_cli::wire::package as wire;
use cn_cli::{Failure, Ui};
use cn_core::package::{ArtifactKey, Outcome, Plan, Regions, RegionsError, Sent, Travel};

/// Notes that the number of bytes to upload is unknown for large objects.
pub(crate) fn unknown_travel(ui: &Ui, error: &RegionsError) {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason.extend([": ", &error.to_string()]);
        cause = error.source();
    }
    ui.note(format!("the bytes to send are unknown: {reason}"));
}

/// Prints the plan of each region.
///
/// * `travels`: the transfers of each region; empty if they are not known.
pub(crate) fn plans(ui: &Ui, plans: &[Plan], travels: &[Vec<Travel>]) -> Result<(), Failure> {
    for (place, plan) in plans.iter().enumerate() {
        let travels = travels.get(place).map_or(&[][..], Vec::as_slice);
        if plans.len() > 1 {
            ui.status(format!("for `{}`:", plan.destination().region));
        }
        ui.result(lines(plan, travels), "plan", wire::Plan::of(plan, travels))?;
    }
    Ok(())
}

fn lines(plan: &Plan, travels: &[Travel]) -> Vec<String> {
    let mut lines = Vec::new();
    for upload in plan.uploads() {
        let size = size(upload.input_bytes());
        lines.push(format!(
            "upload   {} from {} ({size} before compression)",
            short(upload.key()),
            upload.source()
        ));
        let travel = travels.iter().find(|travel| travel.key == *upload.key());
        lines.extend(travel.map(|travel| format!("  {}", travel_words(travel))));
    }
    for rewrite in plan.rewrites() {
        lines.push(format!(
            "rewrite  {}:{} ({})",
            rewrite.file, rewrite.line, rewrite.rule
        ));
        lines.push(format!("  - {}", rewrite.before.trim()));
        lines.push(format!("  + {}", rewrite.after.trim()));
    }
    for path in plan.left_out() {
        lines.push(format!("leave    {path}"));
    }
    if lines.is_empty() {
        lines.push("nothing to upload or rewrite".to_owned());
    }
    lines
}

fn travel_words(travel: &Travel) -> String {
    let sent = size(travel.sent_bytes);
    match &travel.whole {
        Some(reason) => format!("would send {sent}: {reason}"),
        None if travel.copied_bytes > 0 => {
            let copied = size(travel.copied_bytes);
            format!("would send {sent}; S3 would copy {copied} from an earlier object")
        }
        None if travel.sent_bytes == 0 => "would send nothing: it is already in the \
                                           bucket"
            .to_owned(),
        None => format!("would send {sent}"),
    }
}

/// Prints the results of a run that sent nothing.
pub(crate) fn unsent(ui: &Ui, regions: &Regions, outcomes: &[Outcome]) -> Result<(), Failure> {
    for (path, outcome) in regions.outputs().zip(outcomes) {
        let path = path.map(Utf8Path::as_str);
        ui.status(format!(
            "nothing was uploaded: {} must be in `{}` before the template can be deployed",
            plural(outcome.sent.len(), "object"),
            outcome.destination.bucket,
        ));
        let body = wire::Packaged::unsent(outcome, path);
        packaged(ui, path, outcome, body)?;
    }
    Ok(())
}

/// Prints the results of a run that sent the missing objects.
pub(crate) fn sent(ui: &Ui, regions: &Regions, outcomes: &[Outcome]) -> Result<(), Failure> {
    for (path, outcome) in regions.outputs().zip(outcomes) {
        let path = path.map(Utf8Path::as_str);
        for file in &outcome.left_out {
            ui.note(format!("`{file}` was left out of the archives"));
        }
        let body = wire::Packaged::sent(outcome, path);
        ui.status(summary(outcome, &body));
        packaged(ui, path, outcome, body)?;
    }
    Ok(())
}

fn summary(outcome: &Outcome, counts: &wire::Packaged<'_>) -> String {
    let uploaded = outcome.sent.iter().filter_map(travelled);
    let also = match counts.copied {
        None | Some(0) => String::new(),
        Some(copied) => format!(", {copied} copied within S3"),
    };
    format!(
        "{} uploaded ({}){also}, {} already in `{}`, {} rewritten for `{}`",
        plural(counts.uploaded, "object"),
        size(uploaded.sum()),
        counts.present.unwrap_or_default(),
        outcome.destination.bucket,
        plural(counts.rewritten, "value"),
        outcome.destination.region,
    )
}

/// Returns the bytes of an uploaded object without those that S3 copied.
pub(crate) fn travelled(sent: &Sent) -> Option<u64> {
    let bytes = sent.uploaded_bytes?;
    Some(bytes.saturating_sub(sent.reused_bytes))
}

/// Prints the packaged template, or its path.
fn packaged(
    ui: &Ui,
    path: Option<&str>,
    outcome: &Outcome,
    body: wire::Packaged<'_>,
) -> Result<(), Failure> {
    match path {
        Some(path) => ui.result(path, "packaged", body),
        None => ui.document(&outcome.packaged, "packaged", body),
    }
}

/// Returns a key with only the beginning of its digest, which is enough to tell artifacts apart;
/// JSON contains the whole key.
pub(crate) fn short(key: &ArtifactKey) -> String {
    const SHOWN: usize = 12;
    let mut parts = key
        .as_str()
        .split(|letter: char| !letter.is_ascii_hexdigit());
    let split = parts
        .find(|part| part.len() == 64)
        .and_then(|digest| key.as_str().split_once(digest).map(|ends| (digest, ends)));
    match split {
        Some((digest, (before, after))) => format!("{before}{}…{after}", &digest[..SHOWN]),
        None => key.to_string(),
    }
}

/// Formats a size in the unit that needs at most four digits.
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
    fn digests_of_keys_are_short() {
        let prefix = "orders/prod".parse().unwrap();
        let key = ArtifactKey::of_object(&prefix, &[0xab; 32], "zip");
        assert_eq!(short(&key), "orders/prod/abababababab….zip");
    }

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
