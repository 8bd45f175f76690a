//! The changes of a change set.

use std::fmt;

use super::word::words;
use crate::secret::REDACTED;

/// The resource type of nested stacks.
pub(crate) const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// The kind of the operation: a change set creates a stack or updates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeSetKind {
    /// Creates a stack.
    Create,
    /// Updates a stack.
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
        /// The stack adopts changes that were made outside CloudFormation.
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
        /// A new resource replaces the old one.
        True = "True",
        /// The resource stays.
        False = "False",
        /// Depends on values that become known during the execution.
        Conditional = "Conditional",
    }
}

words! {
    /// The treatment of a resource that is removed or replaced.
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
    /// The drift of a resource: the difference from its template.
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
    /// The reason why a change set keeps the drift of a property.
    ///
    /// # Source
    ///
    /// API model of 2026-11, `DriftIgnoredReason`.
    pub enum DriftKept {
        /// A service manages the property, such as the capacity that a scaling policy sets.
        ManagedByAws = "MANAGED_BY_AWS",
        /// No service returns the property's value.
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
        /// The service itself: it always treats a nested stack as changed.
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
    /// A new resource replaces the old one.
    Replace,
    /// A new resource may replace the old one.
    MayReplace,
    /// The resource leaves the stack.
    Remove,
    /// Any other action that the service reports.
    Other(ChangeAction),
}

impl Effect {
    /// Returns true if the change may lose data: a removal, or a certain or possible replacement.
    pub fn is_risky(&self) -> bool {
        matches!(self, Self::Replace | Self::MayReplace | Self::Remove)
    }
}

/// A resource that a change set adds, changes or removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The action of the change set.
    pub action: ChangeAction,
    /// Logical IDs of the enclosing nested stacks, outermost first; empty in the root.
    pub path: Vec<String>,
    /// The logical ID.
    pub logical_id: String,
    /// The physical ID, if the resource exists.
    pub physical_id: Option<String>,
    /// The resource type, such as `AWS::Lambda::Function`.
    pub resource_type: String,
    /// The replacement forecast for a modified resource.
    pub replacement: Option<Replacement>,
    /// The treatment of the resource that is replaced or removed.
    pub policy: Option<PolicyAction>,
    /// The changed properties, and the cause of each.
    pub details: Vec<ChangeDetail>,
    /// The resource's drift, in a change set that reverts drift.
    pub drift: Option<DriftStatus>,
    /// Paths of properties whose drift is kept, each with the reason.
    pub kept_drift: Vec<(String, DriftKept)>,
    /// The change set of the nested stack, if this resource is one.
    pub nested_change_set_id: Option<String>,
}

impl Change {
    /// Returns the logical IDs from the root to this resource, joined by slashes.
    pub fn full_path(&self) -> String {
        let mut ids: Vec<&str> = self.path.iter().map(String::as_str).collect();
        ids.push(&self.logical_id);
        ids.join("/")
    }

    /// Returns true if this is a nested stack whose changes the change set does not show.
    pub(crate) fn is_opaque(&self) -> bool {
        self.resource_type == NESTED_STACK && self.nested_change_set_id.is_none()
    }

    /// Returns the effect on the resource.
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

    /// Returns the changed properties and their causes, then the treatment of the removed resource.
    ///
    /// Contains no duplicates.
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

/// A changed property of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDetail {
    /// The part of the resource.
    pub attribute: ChangeAttribute,
    /// The property, or its path if the service returns one.
    pub name: String,
    /// The forecast of a replacement because of this property.
    pub recreation: Recreation,
    /// The origin of the new value.
    pub source: ChangeSource,
    /// The parameter or resource that causes the change.
    pub caused_by: Option<String>,
    /// The value before, if the service returns one.
    pub before: Option<PropertyValue>,
    /// The value after, if the service returns one.
    pub after: Option<PropertyValue>,
    /// The property's drift, in a change set that reverts drift.
    pub drift: Option<LiveDrift>,
    /// True if the template already matches the drift: only CloudFormation's record of the property
    /// changes.
    pub is_synced: bool,
}

/// The drift of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveDrift {
    /// The last deployed value, if the service returns one.
    pub deployed: Option<PropertyValue>,
    /// The resource's current value, if the service returns one.
    pub actual: Option<PropertyValue>,
}

/// The value of a property, which may contain an undeclared secret.
///
/// `Debug` and `Display` redact it; [`expose`](Self::expose) returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct PropertyValue(String);

impl PropertyValue {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the value itself. Redact a change first, and show values only on request.
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
