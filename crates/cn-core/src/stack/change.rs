//! Changes that a change set makes.

use std::fmt;

use super::word::words;
use crate::secret::REDACTED;

/// The type of nested stacks.
pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// The kind of the operation: a change set makes a stack or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// Makes one.
    Create,
    /// Changes one.
    Update,
}

words! {
    /// The action of a change set on a resource.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `ChangeAction`.
    pub enum ChangeAction {
        Add = "Add",
        /// The action becomes known only during the execution.
        Dynamic = "Dynamic",
        Import = "Import",
        Modify = "Modify",
        Remove = "Remove",
        /// The stack takes over what was changed outside of it.
        SyncWithActual = "SyncWithActual",
    }
}

words! {
    /// The service's forecast of a replacement.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `Replacement`.
    pub enum Replacement {
        /// A new resource takes the place of the old one.
        True = "True",
        /// The resource stays.
        False = "False",
        /// It depends on values that become known during the execution.
        Conditional = "Conditional",
    }
}

words! {
    /// The fate of a resource that is removed or replaced.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `PolicyAction`.
    pub enum PolicyAction {
        Delete = "Delete",
        ReplaceAndDelete = "ReplaceAndDelete",
        ReplaceAndRetain = "ReplaceAndRetain",
        ReplaceAndSnapshot = "ReplaceAndSnapshot",
        Retain = "Retain",
        Snapshot = "Snapshot",
    }
}

words! {
    /// The part of a resource that changes.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `ResourceAttribute`.
    pub enum ChangeAttribute {
        CreationPolicy = "CreationPolicy",
        DeletionPolicy = "DeletionPolicy",
        Metadata = "Metadata",
        Properties = "Properties",
        Tags = "Tags",
        UpdatePolicy = "UpdatePolicy",
        UpdateReplacePolicy = "UpdateReplacePolicy",
    }
}

words! {
    /// The service's forecast of a replacement because of one property.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `RequiresRecreation`.
    pub enum Recreation {
        Always = "Always",
        Conditionally = "Conditionally",
        Never = "Never",
    }
}

words! {
    /// The drift of a resource: its difference from its template.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `StackResourceDriftStatus`.
    pub enum DriftStatus {
        Deleted = "DELETED",
        InSync = "IN_SYNC",
        Modified = "MODIFIED",
        NotChecked = "NOT_CHECKED",
        Unknown = "UNKNOWN",
        Unsupported = "UNSUPPORTED",
    }
}

words! {
    /// The reason for which a change set leaves the drift of a property as it is.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `DriftIgnoredReason`.
    pub enum DriftKept {
        /// A service manages it, such as the capacity that a scaling policy sets.
        ManagedByAws = "MANAGED_BY_AWS",
        /// No service gives its value back.
        WriteOnly = "WRITE_ONLY_PROPERTY",
        SensitiveProperty = "SENSITIVE_PROPERTY",
    }
}

words! {
    /// The origin of a property's new value.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `ChangeSource`.
    pub enum ChangeSource {
        /// The service itself: a nested stack is always taken for changed.
        Automatic = "Automatic",
        /// The template.
        DirectModification = "DirectModification",
        NoModification = "NoModification",
        ParameterReference = "ParameterReference",
        ResourceAttribute = "ResourceAttribute",
        ResourceReference = "ResourceReference",
    }
}

/// The effect of a change on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The resource is created.
    Add,
    /// The resource is changed and stays.
    Modify,
    /// An existing resource becomes part of the stack.
    Import,
    /// A new resource takes the place of the old one.
    Replace,
    /// A new resource may take the place of the old one.
    MayReplace,
    /// The resource leaves the stack.
    Remove,
    /// Any other action of the service.
    Other(ChangeAction),
}

impl Effect {
    /// Returns true when the change may lose data: a removal, or a replacement
    /// that is certain or possible.
    pub fn is_risky(&self) -> bool {
        matches!(self, Self::Replace | Self::MayReplace | Self::Remove)
    }
}

/// One resource that a change set adds, changes or removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The action of the change set.
    pub action: ChangeAction,
    /// Logical IDs of the nested stacks on the way from the root; empty in the root.
    pub path: Vec<String>,
    /// Logical ID.
    pub logical_id: String,
    /// Physical ID, of a resource that exists.
    pub physical_id: Option<String>,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The replacement of a modified resource.
    pub replacement: Option<Replacement>,
    /// The fate of the resource that is replaced or removed.
    pub policy: Option<PolicyAction>,
    /// The changed properties, and the cause of each.
    pub details: Vec<ChangeDetail>,
    /// Its drift, in a change set that reverts drift.
    pub drift: Option<DriftStatus>,
    /// Paths of properties whose drift stays, and why.
    pub kept_drift: Vec<(String, DriftKept)>,
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

    /// Returns whether it is a nested stack of which the change set does not show the inside.
    pub(crate) fn is_opaque(&self) -> bool {
        self.resource_type == NESTED_STACK && self.nested_change_set_id.is_none()
    }

    /// Decides the effect on the resource.
    pub fn effect(&self) -> Effect {
        match (&self.action, &self.replacement) {
            (ChangeAction::Remove, _) => Effect::Remove,
            (_, Some(Replacement::True)) => Effect::Replace,
            (_, Some(Replacement::Conditional)) => Effect::MayReplace,
            (ChangeAction::Add, _) => Effect::Add,
            (ChangeAction::Modify, _) => Effect::Modify,
            (ChangeAction::Import, _) => Effect::Import,
            (action, _) => Effect::Other(action.clone()),
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
            let mut cause = match &detail.caused_by {
                Some(entity) => format!("{name} (from {entity})"),
                None => name.to_owned(),
            };
            if detail.drift.is_some() {
                cause.push_str(if detail.is_synced {
                    " (drift accepted)"
                } else {
                    " (drift reverted)"
                });
            }
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
        if self.drift == Some(DriftStatus::Deleted) {
            causes.push("deleted outside of CloudFormation".to_owned());
        }
        for (path, kept) in &self.kept_drift {
            let path = path.trim_start_matches("/Properties/");
            causes.push(format!("{path} (drift kept: {kept})"));
        }
        if let Some(policy) = &self.policy
            && self.effect() != Effect::Add
        {
            causes.push(format!("policy action: {policy}"));
        }
        causes
    }
}

/// One property that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDetail {
    /// The part of the resource.
    pub attribute: ChangeAttribute,
    /// The property, or its path where the service gives one.
    pub name: String,
    /// The forecast of a replacement because of it.
    pub recreation: Recreation,
    /// The origin of the new value.
    pub source: ChangeSource,
    /// The parameter or resource that causes it.
    pub caused_by: Option<String>,
    /// The value before, where the service gives one.
    pub before: Option<PropertyValue>,
    /// The value after, where the service gives one.
    pub after: Option<PropertyValue>,
    /// Its drift, in a change set that reverts drift.
    pub drift: Option<LiveDrift>,
    /// True if the template has caught up with the drift: only CloudFormation's record of the
    /// property changes.
    pub is_synced: bool,
}

/// The drift of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveDrift {
    /// The value that was deployed last, where the service gives one.
    pub deployed: Option<PropertyValue>,
    /// The value that the resource has, where the service gives one.
    pub actual: Option<PropertyValue>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::word::assert_words;
    use aws_sdk_cloudformation::types as wire;

    #[test]
    fn every_word_of_a_change_is_known() {
        assert_words(ChangeAction::WORDS, wire::ChangeAction::values());
        assert_words(Replacement::WORDS, wire::Replacement::values());
        assert_words(PolicyAction::WORDS, wire::PolicyAction::values());
        assert_words(ChangeAttribute::WORDS, wire::ResourceAttribute::values());
        assert_words(Recreation::WORDS, wire::RequiresRecreation::values());
        assert_words(ChangeSource::WORDS, wire::ChangeSource::values());
        assert_words(DriftStatus::WORDS, wire::StackResourceDriftStatus::values());
        assert_words(DriftKept::WORDS, wire::DriftIgnoredReason::values());
    }
}
