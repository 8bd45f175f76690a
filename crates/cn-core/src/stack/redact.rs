//! Redaction of events, changes and outputs.

use super::change::{Change, ChangeDetail, PropertyValue};
use super::event::{Event, ResourceEvent};
use super::facts::{Output, StackFacts};
use super::validation::{Detail, Validation};
use crate::secret::{REDACTED, Secrets};

impl Event {
    /// Redacts every text from a service, a function or a template.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        match self {
            Self::TemplateUploaded { url, was_there } => Self::TemplateUploaded {
                url: secrets.text(&url),
                was_there,
            },
            Self::ChangeSetReady {
                changes,
                validation,
            } => Self::ChangeSetReady {
                changes: redacted_changes(changes, secrets),
                validation: validation.redacted(secrets),
            },
            Self::Resource { event, progress } => Self::Resource {
                event: Box::new(event.redacted(secrets)),
                progress,
            },
            Self::Retrying { what } => Self::Retrying {
                what: secrets.text(&what),
            },
            Self::NoEvents { what } => Self::NoEvents {
                what: secrets.text(&what),
            },
            Self::Removed { what } => Self::Removed {
                what: secrets.text(&what),
            },
            Self::NotRemoved { what, why } => Self::NotRemoved {
                what: secrets.text(&what),
                why: secrets.text(&why),
            },
            // Only names, ARNs, statuses and numbers.
            Self::Busy { .. }
            | Self::Replacing { .. }
            | Self::ContinuingRollback { .. }
            | Self::ChangeSetCreated { .. }
            | Self::AboutToExecute { .. }
            | Self::Executing { .. }
            | Self::Heartbeat { .. }
            | Self::Set(_) => self,
        }
    }
}

impl ResourceEvent {
    /// Redacts the reasons, the physical ID and the service token.
    ///
    /// Keeps the physical ID of a stack: it is the stack's ARN, which distinguishes the event from
    /// those of resources.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        if !self.is_stack() {
            self.physical_id = secrets.option(self.physical_id);
        }
        self.reason = secrets.option(self.reason);
        self.service_token = secrets.option(self.service_token);
        if let Some(hook) = &mut self.hook {
            hook.reason = secrets.option(hook.reason.take());
        }
        self
    }
}

impl Change {
    /// Redacts the physical ID, and values that contain a secret or come from a secret parameter.
    ///
    /// Decide about a change first: policies with redacted values cannot be compared.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.physical_id = secrets.option(self.physical_id);
        // Of several details for one property, only some may name the parameter behind it.
        let of_secrets: Vec<String> = self
            .details
            .iter()
            .filter(|detail| {
                let cause = detail.caused_by.as_ref();
                cause.is_some_and(|entity| secrets.keys().contains(entity))
            })
            .map(|detail| detail.name.clone())
            .collect();
        for detail in &mut self.details {
            let is_secret = of_secrets.contains(&detail.name);
            detail.redact(is_secret, secrets);
        }
        for (path, _) in &mut self.kept_drift {
            *path = secrets.text(path);
        }
        self
    }
}

impl ChangeDetail {
    /// * `is_secret`: true if the property takes its value from a secret parameter.
    fn redact(&mut self, is_secret: bool, secrets: &Secrets) {
        let redacted = |value: PropertyValue| {
            PropertyValue::new(if is_secret {
                REDACTED.to_owned()
            } else {
                secrets.text(value.expose())
            })
        };
        self.before = self.before.take().map(redacted);
        self.after = self.after.take().map(redacted);
        if let Some(drift) = &mut self.drift {
            drift.deployed = drift.deployed.take().map(redacted);
            drift.actual = drift.actual.take().map(redacted);
        }
        self.name = secrets.text(&self.name);
    }
}

impl StackFacts {
    /// Redacts the reason, and the descriptions of outputs.
    #[must_use]
    pub(crate) fn redacted(mut self, secrets: &Secrets) -> Self {
        self.reason = secrets.option(self.reason);
        for output in &mut self.outputs {
            output.description = secrets.option(output.description.take());
        }
        self
    }
}

impl Detail {
    /// Redacts the reason and the place.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.reason = secrets.text(&self.reason);
        self.place = secrets.option(self.place);
        self
    }
}

impl Validation {
    /// Redacts every text.
    #[must_use]
    pub fn redacted(self, secrets: &Secrets) -> Self {
        match self {
            Self::Known(details) => {
                let details = details.into_iter();
                Self::Known(details.map(|detail| detail.redacted(secrets)).collect())
            }
            Self::Unknown(why) => Self::Unknown(secrets.text(&why)),
        }
    }
}

impl Output {
    /// Redacts the value and the description.
    ///
    /// Used for reports, whose readers did not request the outputs.
    #[must_use]
    pub fn redacted(mut self, secrets: &Secrets) -> Self {
        self.value = secrets.text(&self.value);
        self.description = secrets.option(self.description);
        self
    }
}

/// Redacts several changes.
pub(crate) fn redacted_changes(changes: Vec<Change>, secrets: &Secrets) -> Vec<Change> {
    let changes = changes.into_iter();
    changes.map(|change| change.redacted(secrets)).collect()
}

/// Redacts several resource events.
pub(crate) fn redacted_events(events: Vec<ResourceEvent>, secrets: &Secrets) -> Vec<ResourceEvent> {
    let events = events.into_iter();
    events.map(|event| event.redacted(secrets)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{Hook, Progress};
    use crate::timestamp::Timestamp;

    const STACK: &str = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/hunter2/1";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add("Password", "hunter2".into());
        secrets.add_key("Kept");
        secrets
    }

    fn event(physical_id: &str) -> ResourceEvent {
        ResourceEvent {
            id: "1".into(),
            at: Timestamp(1),
            stack_id: STACK.into(),
            path: Vec::new(),
            logical_id: "Queue".into(),
            physical_id: Some(physical_id.into()),
            resource_type: "Custom::Queue".into(),
            status: "CREATE_FAILED".into(),
            reason: Some("bad password aHVudGVyMg==".into()),
            background: None,
            hook: Some(Hook {
                name: "Org::Guard::Hook".into(),
                status: "HOOK_COMPLETE_FAILED".into(),
                reason: Some("hunter2 is weak".into()),
            }),
            service_token: Some("arn:aws-cn:sns:cn-north-1:1:hunter2".into()),
        }
    }

    fn detail(name: &str, caused_by: Option<&str>, after: &str) -> ChangeDetail {
        ChangeDetail {
            attribute: "Properties".into(),
            name: name.into(),
            recreation: "Never".into(),
            source: "DirectModification".into(),
            caused_by: caused_by.map(str::to_owned),
            before: None,
            after: Some(PropertyValue::new(after)),
            drift: None,
            is_synced: false,
        }
    }

    fn change(details: Vec<ChangeDetail>) -> Change {
        Change {
            action: "Modify".into(),
            path: Vec::new(),
            logical_id: "Queue".into(),
            physical_id: Some("queue-hunter2".into()),
            resource_type: "AWS::SQS::Queue".into(),
            replacement: None,
            policy: None,
            details,
            drift: None,
            kept_drift: Vec::new(),
            nested_change_set_id: None,
        }
    }

    #[test]
    fn an_event_loses_its_secrets_and_a_stack_keeps_its_arn() {
        let told = Event::Resource {
            event: Box::new(event("queue-hunter2")),
            progress: Progress::default(),
        };
        let Event::Resource { event: shown, .. } = told.redacted(&secrets()) else {
            panic!("the kind of the event changed");
        };
        assert_eq!(shown.physical_id.as_deref(), Some("queue-****"));
        assert_eq!(shown.reason.as_deref(), Some("bad password ****"));
        let hook = shown.hook.unwrap();
        assert_eq!(hook.reason.as_deref(), Some("**** is weak"));
        let token = shown.service_token.as_deref();
        assert_eq!(token, Some("arn:aws-cn:sns:cn-north-1:1:****"));
        assert!(event(STACK).redacted(&secrets()).is_stack());
    }

    #[test]
    fn every_text_of_an_event_is_redacted() {
        let text = || "x hunter2 y".to_owned();
        let events = [
            Event::TemplateUploaded {
                url: text(),
                was_there: false,
            },
            Event::Retrying { what: text() },
            Event::NoEvents { what: text() },
            Event::Removed { what: text() },
            Event::NotRemoved {
                what: text(),
                why: text(),
            },
            Event::ChangeSetReady {
                changes: vec![change(vec![detail("/Properties/hunter2", None, "x")])],
                validation: Validation::Unknown(text()),
            },
        ];
        for event in events {
            let shown = format!("{:?}", event.redacted(&secrets()));
            assert!(
                shown.contains("****") && !shown.contains("hunter2"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_property_of_a_secret_parameter_is_redacted_in_each_of_its_details() {
        let shown = change(vec![
            detail("/Properties/A", Some("Kept"), "first"),
            detail("/Properties/A", None, "second"),
            detail("/Properties/B", None, "is \"hunter2\""),
            detail("/Properties/C", Some("Size"), "4"),
        ])
        .redacted(&secrets());
        let values: Vec<&str> = shown
            .details
            .iter()
            .filter_map(|detail| Some(detail.after.as_ref()?.expose()))
            .collect();
        assert_eq!(values, ["****", "****", "is \"****\"", "4"]);
        assert_eq!(shown.physical_id.as_deref(), Some("queue-****"));
    }

    #[test]
    fn a_secret_that_is_a_key_is_redacted_in_the_path_of_its_property() {
        let mut secrets = secrets();
        secrets.add("Key", "a~b/hunter3".into());
        let paths = [
            (
                "/Properties/Environment/hunter2",
                "/Properties/Environment/****",
            ),
            (
                "/Properties/Map/a~0b~1hunter3/Value",
                "/Properties/Map/****/Value",
            ),
            ("/Properties/Map/a~b/hunter3", "/Properties/Map/****"),
        ];
        for (path, expected) in paths {
            let shown = change(vec![detail(path, None, "x")]).redacted(&secrets);
            assert_eq!(shown.details[0].name, expected);
            assert_eq!(shown.causes()[0], expected["/Properties/".len()..]);
        }
    }

    #[test]
    fn neither_debug_nor_display_shows_a_property_value() {
        let value = PropertyValue::new("undeclared secret");
        let shown = format!("{value:?} {value} {:?}", detail("/A", None, "undeclared"));
        assert!(!shown.contains("undeclared"), "{shown}");
    }
}
