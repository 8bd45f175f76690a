//! Values that nothing of ours may show: of `NoEcho` parameters, and from SSM parameters.

use cn_core::deploy::{DeployError, End, Outcome};
use cn_core::report::{HIDDEN, without_secrets};
use cn_core::stack::{Change, ChangeDetail, Event, ResourceEvent};
use secrecy::{ExposeSecret, SecretString};

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
        without_secrets(text, self.values.iter().map(ExposeSecret::expose_secret))
    }

    /// A property's values before and after.
    ///
    /// * `change`: what the detail is of. One detail of a property may name the
    ///   parameter behind it, and another one not.
    pub(crate) fn values(
        &self,
        change: &Change,
        detail: &ChangeDetail,
    ) -> (Option<String>, Option<String>) {
        let of_property = change.details.iter().filter(|it| it.name == detail.name);
        let mut causes = of_property.filter_map(|it| it.caused_by.as_ref());
        let is_hidden = causes.any(|entity| self.keys.contains(entity));
        let show = |value: &Option<String>| {
            let value = value.as_ref()?;
            Some(if is_hidden {
                HIDDEN.to_owned()
            } else {
                self.text(value)
            })
        };
        (show(&detail.before), show(&detail.after))
    }

    /// An event whose reasons may quote a value: services say what they refuse.
    pub(crate) fn event(&self, mut event: Event) -> Event {
        match &mut event {
            Event::Resource { event, .. } => self.resource(event),
            Event::Trouble { what } | Event::NoEvents { what } => *what = self.text(what),
            Event::NotRemoved { why, .. } => *why = self.text(why),
            _ => {}
        }
        event
    }

    /// An error whose words may quote a value.
    pub(crate) fn error(&self, mut error: DeployError) -> DeployError {
        let call = error.call_mut();
        call.message = call.message.take().map(|message| self.text(&message));
        error
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
