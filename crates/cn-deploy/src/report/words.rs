//! Texts that all formats share.

use std::time::Duration;

use cn_core::report::{Node, Report, State, Verdict};
use cn_core::stack::{ChangeAction, ChangeSetKind, Detail, Effect};

use cn_cli::ui::plural;

/// Returns the subject of the report: the stack's name, or the program if the stack is unknown.
pub(super) fn subject(report: &Report) -> &str {
    report.stack.as_deref().unwrap_or("cn-deploy")
}

/// Returns the verdict in one or two words.
pub(super) fn verdict(report: &Report) -> &'static str {
    match (report.verdict, report.kind) {
        (Verdict::Done, Some(ChangeSetKind::Create)) => "created",
        (Verdict::Done, _) => "updated",
        (Verdict::Unchanged, _) => "unchanged",
        (Verdict::Reviewable, _) => "waits for review",
        (Verdict::Previewed, _) => "previewed",
        (Verdict::Refused, _) => "refused",
        (Verdict::Failed, _) => "failed",
        (Verdict::Running, _) => "still in progress",
        (Verdict::Stopped, _) => "not deployed",
    }
}

/// Returns the verdict as a sentence without its period.
pub(super) fn sentence(report: &Report) -> String {
    let took = report.elapsed.map(duration);
    match (report.verdict, took) {
        (Verdict::Done, Some(took)) => format!("{} in {took}", capital(verdict(report))),
        (Verdict::Failed, Some(took)) => format!("Failed after {took}"),
        (Verdict::Running, Some(took)) => {
            format!("Still in progress when this run ended, after {took}")
        }
        (Verdict::Unchanged, _) => {
            "Nothing to change: the stack already matches the template".to_owned()
        }
        (Verdict::Reviewable, _) => {
            "The change set waits for review; nothing was changed".to_owned()
        }
        (Verdict::Previewed, _) => {
            "Previewed; nothing was changed, and the change set was deleted".to_owned()
        }
        (Verdict::Refused, _) => "Refused; nothing was changed".to_owned(),
        (Verdict::Stopped, _) => "This run ended before anything was changed".to_owned(),
        (_, None) => capital(verdict(report)),
    }
}

pub(super) fn capital(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Returns the state of a resource in one or two words.
pub(super) fn state(node: &Node) -> &'static str {
    match node.state {
        State::Done => "done",
        State::LeftBehind => "left behind",
        State::Failed if node.spans.is_empty() => "refused",
        State::Failed => "failed",
        State::FailedInside => "failed inside",
        State::Cancelled => "cancelled",
        State::Undone => "rolled back",
        State::Running => "in progress",
        State::Waiting => "not begun",
    }
}

/// Returns `60 resources, all done` or `60 resources: 57 done, 1 failed, 2 cancelled`; empty if
/// there are none.
pub(super) fn counts(report: &Report) -> String {
    let counts = report.counts();
    // If resources were only planned, the changes already list them.
    if counts.all == counts.waiting {
        return String::new();
    }
    if counts.done == counts.all {
        return format!("{}, all done", plural(counts.all, "resource"));
    }
    let kinds = [
        (counts.done, "done"),
        (counts.left_behind, "left behind"),
        (counts.failed, "failed"),
        (counts.failed_inside, "failed inside"),
        (counts.cancelled, "cancelled"),
        (counts.undone, "rolled back"),
        (counts.running, "in progress"),
        (counts.waiting, "not begun"),
    ];
    let present = kinds.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = present
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!("{}: {}", plural(counts.all, "resource"), parts.join(", "))
}

/// Returns the slowest path without the stacks that contain its other nodes.
pub(super) fn slowest(report: &Report) -> impl Iterator<Item = &Node> {
    let leads_inside = |node: &Node| node.children.iter().any(|inner| inner.is_slowest);
    report.slowest().filter(move |node| !leads_inside(node))
}

/// Returns a warning for each resource that could not be deleted, as a sentence without its period.
pub(super) fn left_behind(report: &Report) -> impl Iterator<Item = String> {
    report.left_behind().map(|node| {
        format!(
            "`{}` ({}) was left behind and may cost money: delete `{}` yourself",
            node.path,
            node.resource_type,
            node.physical_id.as_deref().unwrap_or(&node.logical_id)
        )
    })
}

/// Returns the finding of CloudFormation's validation about a resource.
pub(crate) fn validation(detail: &Detail) -> String {
    let place = detail.place.as_deref().map(|place| format!(" at {place}"));
    let place = place.unwrap_or_default();
    format!("{}{place}: {}", detail.found_by, detail.reason)
}

/// Returns the resources that may not be ready yet, as a sentence without its period.
pub(super) fn in_background(report: &Report) -> Option<String> {
    let paths = &report.in_background;
    (!paths.is_empty()).then(|| {
        let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let count = plural(paths.len(), "resource");
        let paths = paths.join(", ");
        format!("{count} may still become ready, or be deleted, in the background: {paths}")
    })
}

/// Returns the number of resources that were cancelled because of the failure, as a sentence
/// without its period.
pub(super) fn consequences(report: &Report) -> Option<String> {
    match report.cause.as_ref()?.cancelled {
        0 => None,
        1 => Some("1 other resource was canceled because of it".to_owned()),
        more => Some(format!(
            "{more} other resources were canceled because of it"
        )),
    }
}

/// Formats a duration, such as `0.4 s`, `36 s`, `4 min 12 s` or `1 h 2 min`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{}.{} s", seconds, time.subsec_millis() / 100),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Formats a time, such as `4:12` or `1:02:03`.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Returns the effect of a change in one word, in capitals if data may be lost.
pub(crate) fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Add => "add".to_owned(),
        Effect::Modify => "modify".to_owned(),
        Effect::Import => "import".to_owned(),
        Effect::Replace => "REPLACE".to_owned(),
        Effect::MayReplace => "REPLACE?".to_owned(),
        Effect::Remove => "REMOVE".to_owned(),
        Effect::Other(ChangeAction::SyncWithActual) => "sync".to_owned(),
        Effect::Other(action) => action.as_str().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (millis, said) in [
            (449, "0.4 s"),
            (9_999, "9.9 s"),
            (36_000, "36 s"),
            (252_000, "4 min 12 s"),
            (3_723_000, "1 h 2 min"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), said);
        }
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(clock(Duration::from_secs(72)), "1:12");
    }
}
