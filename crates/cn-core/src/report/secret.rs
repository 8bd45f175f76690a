//! Values that must not be shown, taken out of every text.

use serde_json::Value;

use crate::stack::{Change, Output, ResourceEvent};

/// What stands in place of a secret.
pub const HIDDEN: &str = "****";

/// Shorter ones are hidden only where they are the whole text: every `1`
/// made `****` would tell more than it hides.
const SHORTEST_WITHIN: usize = 4;

/// A text with [`HIDDEN`] in place of every secret, also where it is quoted in JSON.
pub fn without_secrets<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut secrets: Vec<&str> = secrets.collect();
    if secrets.contains(&text) {
        return HIDDEN.to_owned();
    }
    secrets.retain(|secret| secret.chars().count() >= SHORTEST_WITHIN);
    // One may be part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in secrets {
        text = text.replace(secret, HIDDEN);
        let quoted = Value::from(secret).to_string();
        let quoted = &quoted[1..quoted.len() - 1];
        if quoted != secret {
            text = text.replace(quoted, HIDDEN);
        }
    }
    text
}

/// The values of `NoEcho` parameters, as far as the run knows them.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Secrets {
    pub(super) fn extend<'a>(&mut self, values: impl Iterator<Item = &'a str>) {
        let values = values.filter(|value| !value.is_empty());
        self.0.extend(values.map(str::to_owned));
    }

    pub(super) fn text(&self, text: &str) -> String {
        without_secrets(text, self.0.iter().map(String::as_str))
    }

    fn option(&self, text: Option<&String>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    pub(super) fn event(&self, event: &ResourceEvent) -> ResourceEvent {
        let mut event = event.clone();
        event.reason = self.option(event.reason.as_ref());
        // The physical ID of a stack tells it from a resource; no secret is in an ARN of ours.
        if !event.is_stack() {
            event.physical_id = self.option(event.physical_id.as_ref());
        }
        if let Some(hook) = &mut event.hook {
            hook.reason = self.option(hook.reason.as_ref());
        }
        event
    }

    /// Leaves the values of properties out: they may be secrets that nobody declared.
    pub(super) fn change(&self, change: &Change) -> Change {
        let mut change = change.clone();
        change.physical_id = self.option(change.physical_id.as_ref());
        for detail in &mut change.details {
            detail.before = None;
            detail.after = None;
        }
        change
    }

    pub(super) fn output(&self, output: &Output) -> Output {
        Output {
            value: self.text(&output.value),
            description: self.option(output.description.as_ref()),
            ..output.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.extend(values.iter().copied());
        secrets
    }

    #[test]
    fn a_secret_is_hidden_within_a_text_and_its_parts_do_not_show() {
        let secrets = secrets(&["hunter2", "", "hunter2hunter"]);
        assert_eq!(secrets.text("bad: hunter2hunter"), "bad: ****");
        assert_eq!(secrets.text("bad: hunter2!"), "bad: ****!");
        assert_eq!(format!("{secrets:?}"), "2 secrets");
    }

    #[test]
    fn a_short_secret_is_hidden_where_it_stands_alone() {
        let secrets = secrets(&["1"]);
        assert_eq!(secrets.text("1"), "****");
        assert_eq!(secrets.text("after 10 s"), "after 10 s");
    }
}
