//! Changes that a change set makes.

use std::fmt;

use crate::secret::REDACTED;

/// Whether a change set makes a stack or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// Makes one.
    Create,
    /// Changes one.
    Update,
}

/// One resource that a change set adds, changes or removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Such as `Add`, `Modify`, `Remove`, `Import`.
    pub action: String,
    /// Logical IDs of the nested stacks on the way from the root; empty in the root.
    pub path: Vec<String>,
    /// Logical ID.
    pub logical_id: String,
    /// Physical ID, of a resource that exists.
    pub physical_id: Option<String>,
    /// Such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// `True`, `False` or `Conditional`, of a resource that is modified.
    pub replacement: Option<String>,
    /// Such as `Delete`, `Retain`, `Snapshot`: what becomes of what is replaced or removed.
    pub policy: Option<String>,
    /// What changes in it, and because of what.
    pub details: Vec<ChangeDetail>,
    /// The change set of the stack nested here.
    pub nested_change_set_id: Option<String>,
}

impl Change {
    /// Logical IDs from the root to this resource, joined by slashes.
    pub fn full_path(&self) -> String {
        let mut ids: Vec<&str> = self.path.iter().map(String::as_str).collect();
        ids.push(&self.logical_id);
        ids.join("/")
    }

    /// Whether it is a nested stack of which the change set does not show the inside.
    pub fn is_opaque(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack" && self.nested_change_set_id.is_none()
    }

    /// What happens, in one word; what may lose data is in capitals: `add`,
    /// `modify`, `import`, `REPLACE`, `REPLACE?` when that is not yet certain,
    /// `REMOVE`.
    pub fn effect(&self) -> String {
        match (self.action.as_str(), self.replacement.as_deref()) {
            ("Remove", _) => "REMOVE".to_owned(),
            (_, Some("True")) => "REPLACE".to_owned(),
            (_, Some("Conditional")) => "REPLACE?".to_owned(),
            (action, _) => action.to_lowercase(),
        }
    }

    /// The properties that change and what causes them to, each once; then
    /// what becomes of what is removed.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        for detail in &self.details {
            let name = match detail.name.as_str() {
                "" => detail.attribute.as_str(),
                name => name.trim_start_matches("/Properties/"),
            };
            let cause = match &detail.caused_by {
                Some(entity) => format!("{name} (from {entity})"),
                None => name.to_owned(),
            };
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
        if let Some(policy) = self.policy.as_deref()
            && self.effect() != "add"
        {
            causes.push(format!("what is removed: {policy}"));
        }
        causes
    }
}

/// One property that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDetail {
    /// Such as `Properties`, `Tags`, `Metadata`.
    pub attribute: String,
    /// The property, or its path where the service gives one.
    pub name: String,
    /// `Never`, `Conditionally` or `Always`.
    pub recreation: String,
    /// `Static`, or `Dynamic` when the value is known only during the execution.
    pub evaluation: String,
    /// Such as `DirectModification`, `ParameterReference`, `ResourceReference`.
    pub source: String,
    /// The parameter or resource that causes it.
    pub caused_by: Option<String>,
    /// The value before, where the service gives one.
    pub before: Option<PropertyValue>,
    /// The value after, where the service gives one.
    pub after: Option<PropertyValue>,
}

/// The value of a property, which may hold a secret that nobody declared.
///
/// Neither `Debug` nor `Display` shows it; [`expose`](Self::expose) does.
#[derive(Clone, PartialEq, Eq)]
pub struct PropertyValue(String);

impl PropertyValue {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the value itself. Redact a change first, and show a value only
    /// where somebody asked for values.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PropertyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for PropertyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
