//! The plan as text.

use cn_cli::ui::plural;
use cn_core::cleanup::{AccessFacts, Deletion, Plan, Reason, Resource};

/// Maximum number of objects of one kind that are listed; `--verbose` lists all.
const MOST_OBJECTS: usize = 20;

/// Renders what is deleted and what is kept, one item per line.
///
/// * `is_verbose`: true to list every object and resource.
pub(crate) fn render(plan: &Plan, is_verbose: bool) -> Vec<String> {
    let mut text = Vec::new();
    objects(&mut text, plan, Reason::InBucketOfStack, is_verbose);
    if let Some(stack) = &plan.stack {
        let deleted = stack.resources.iter().filter(|resource| !resource.is_kept);
        let deleted: Vec<&Resource> = deleted.collect();
        line(
            &mut text,
            "delete",
            &format!(
                "stack {} ({}) with {}",
                stack.name,
                stack.status,
                plural(deleted.len(), "resource")
            ),
        );
        for resource in deleted {
            item(&mut text, &described(resource));
        }
    }
    objects(&mut text, plan, Reason::OfStack, is_verbose);
    objects(&mut text, plan, Reason::Old, is_verbose);
    for (bucket, upload) in &plan.uploads {
        let what = format!(
            "the unfinished upload of s3://{bucket}/{}, begun {}",
            upload.key, upload.begun
        );
        line(&mut text, "abort", &what);
    }
    for name in &plan.parameters {
        line(&mut text, "delete", &format!("SSM parameter {name}"));
    }
    access(&mut text, plan);
    for resource in plan.retained() {
        let what = if resource.is_snapshot {
            "a snapshot of "
        } else {
            ""
        };
        let what = format!("{what}{}: it stays and may cost money", described(resource));
        line(&mut text, "keep", &what);
    }
    kept(&mut text, plan);
    text
}

fn objects(text: &mut Vec<String>, plan: &Plan, reason: Reason, is_verbose: bool) {
    let all = if reason == Reason::InBucketOfStack {
        &plan.emptied
    } else {
        &plan.objects
    };
    let mut buckets: Vec<_> = all.iter().map(|it| &it.bucket).collect();
    buckets.dedup();
    for bucket in buckets {
        let is_meant = |it: &&Deletion| it.reason == reason && it.bucket == *bucket;
        let meant: Vec<&Deletion> = all.iter().filter(is_meant).collect();
        if meant.is_empty() {
            continue;
        }
        let versions: usize = meant.iter().map(|it| it.versions.len()).sum();
        let freed = bytes(meant.iter().map(|it| it.bytes()).sum());
        let (count, versions) = (meant.len(), plural(versions, "version"));
        let what = match reason {
            Reason::InBucketOfStack => format!(
                "{} of bucket {bucket}, which the stack deletes, {versions}, {freed}",
                plural(count, "object")
            ),
            Reason::OfStack => format!(
                "{} in {bucket} that only this stack needs, {versions}, {freed}",
                plural(count, "artifact")
            ),
            Reason::Old => format!(
                "{} in {bucket} that no stack needs, {versions}, {freed}",
                plural(count, "artifact")
            ),
        };
        line(text, "delete", &what);
        let most = if is_verbose { count } else { MOST_OBJECTS };
        for deletion in meant.iter().take(most) {
            let size = bytes(deletion.bytes());
            item(text, &format!("{}  {size}", deletion.key));
        }
        if count > most {
            item(
                text,
                &format!("and {} more; `--verbose` lists all", count - most),
            );
        }
    }
}

fn access(text: &mut Vec<String>, plan: &Plan) {
    match &plan.access {
        Some(AccessFacts::Key(facts)) => {
            if let Some((key, user)) = &facts.key {
                line(text, "delete", &format!("access key {key} of user {user}"));
            }
            for name in &facts.parameters {
                let what = format!("SSM parameter {name}, which holds the key");
                line(text, "delete", &what);
            }
            for other in &facts.others {
                line(
                    text,
                    "keep",
                    &format!("access key {other} of the same user"),
                );
            }
        }
        Some(AccessFacts::Role(facts)) => {
            line(text, "delete", &format!("role {}", facts.arn));
            for policy in &facts.inline {
                item(text, &format!("inline policy {policy}"));
            }
            for policy in &facts.attached {
                line(text, "keep", &format!("policy {policy}, which is detached"));
            }
        }
        None => {}
    }
}

fn kept(text: &mut Vec<String>, plan: &Plan) {
    for kept in &plan.kept {
        for (stack, (count, size)) in &kept.needed {
            let what = format!(
                "{} in {}, {}, needed by {stack}",
                plural(*count, "artifact"),
                kept.bucket,
                bytes(*size)
            );
            line(text, "keep", &what);
        }
        let (count, size) = kept.unneeded;
        if count > 0 {
            let what = format!(
                "{} in {}, {}, that no stack needs; `--artifacts-older-than` collects them by age",
                plural(count, "artifact"),
                kept.bucket,
                bytes(size)
            );
            line(text, "keep", &what);
        }
    }
}

fn described(resource: &Resource) -> String {
    let id = resource.physical_id.as_deref().unwrap_or_default();
    format!("{} {} {id}", resource.path, resource.kind)
        .trim_end()
        .to_owned()
}

fn line(text: &mut Vec<String>, verb: &str, what: &str) {
    text.push(format!("{verb:<7} {what}"));
}

fn item(text: &mut Vec<String>, what: &str) {
    text.push(format!("          {what}"));
}

/// Formats a size in decimal units.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(size, _)| count >= *size) {
        Some((size, unit)) => {
            let tenths = u128::from(count) * 10 / u128::from(*size);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{count} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [0, 1, 999, 1_000, 1_550_000, 12_345_678_901].map(bytes);
        let expected = ["0 B", "1 B", "999 B", "1.0 kB", "1.5 MB", "12.3 GB"];
        assert_eq!(shown, expected);
    }
}
