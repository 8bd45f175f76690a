//! Values that must not be shown, taken out of every text.

use super::super::changeset::Change;
use super::super::event::ResourceEvent;
use super::super::facts::Output;

/// What stands in place of a secret.
const HIDDEN: &str = "****";

/// Shorter ones are hidden only where they are the whole text: every `1`
/// made `****` would tell more than it hides.
const SHORTEST_WITHIN: usize = 4;

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
        // A secret may be part of another one.
        self.0
            .sort_by(|left, right| (right.len(), right).cmp(&(left.len(), left)));
        self.0.dedup();
    }

    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text == *secret {
                return HIDDEN.to_owned();
            }
            if secret.chars().count() >= SHORTEST_WITHIN && text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        text
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
