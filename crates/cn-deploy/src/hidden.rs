//! Values that nothing of ours may show: of `NoEcho` parameters, and from SSM parameters.

use cn_core::deploy::{ChangeDetail, End, Event, Outcome, ResourceEvent};
use secrecy::{ExposeSecret, SecretString};

/// What stands in place of a value.
const STARS: &str = "****";

/// Shorter values are hidden only where they are the whole text: every `1`
/// made `****` would tell more than it hides.
const SHORTEST_WITHIN: usize = 4;

/// The values, and the template's parameters that have them.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    keys: Vec<String>,
    values: Vec<SecretString>,
}

impl Hidden {
    /// Adds the value of a parameter.
    pub(crate) fn add(&mut self, key: &str, value: SecretString) {
        self.keys.push(key.to_owned());
        self.values.push(value);
    }

    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// A text without the values.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in self.values.iter().map(ExposeSecret::expose_secret) {
            if text == value {
                return STARS.to_owned();
            }
            if value.chars().count() >= SHORTEST_WITHIN {
                text = text.replace(value, STARS);
            }
        }
        text
    }

    /// A property's values before and after.
    pub(crate) fn values(&self, detail: &ChangeDetail) -> (Option<String>, Option<String>) {
        let cause = detail.caused_by.as_ref();
        let is_hidden = cause.is_some_and(|entity| self.keys.contains(entity));
        let show = |value: &Option<String>| {
            let value = value.as_ref()?;
            Some(if is_hidden {
                STARS.to_owned()
            } else {
                self.text(value)
            })
        };
        (show(&detail.before), show(&detail.after))
    }

    /// An event whose reasons may quote a value: services say what they refuse.
    pub(crate) fn event(&self, mut event: Event) -> Event {
        if let Event::Resource { event, .. } = &mut event {
            self.resource(event);
        }
        event
    }

    /// The same for what a run came to. Outputs stay: the template asks for them.
    pub(crate) fn outcome(&self, mut outcome: Outcome) -> Outcome {
        if self.values.is_empty() {
            return outcome;
        }
        match &mut outcome.end {
            End::Refused { reason, details } => {
                *reason = self.text(reason);
                for detail in details {
                    detail.reason = self.text(&detail.reason);
                }
            }
            End::Failed { cause, reason, .. } => {
                *reason = reason.as_ref().map(|reason| self.text(reason));
                if let Some(cause) = cause {
                    cause.reason = self.text(&cause.reason);
                    self.resource(&mut cause.event);
                    for other in &mut cause.others {
                        self.resource(other);
                    }
                }
            }
            _ => {}
        }
        outcome
    }

    fn resource(&self, event: &mut ResourceEvent) {
        let hide = |text: &mut Option<String>| {
            if let Some(text) = text {
                *text = self.text(text);
            }
        };
        hide(&mut event.reason);
        if let Some(hook) = &mut event.hook {
            hide(&mut hook.reason);
        }
    }
}
