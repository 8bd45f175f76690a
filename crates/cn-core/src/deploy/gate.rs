//! Gates: refuse changes that no person is present to approve.

use std::fmt;
use std::str::FromStr;

use crate::advice::Advice;
use crate::malformed::Malformed;
use crate::stack::{
    Change, ChangeAction, ChangeAttribute, ChangeDetail, PolicyAction, PropertyValue, Recreation,
    Replacement, Validation,
};

/// A kind of change to refuse, and the resources it applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The kind of the change.
    pub kind: GateKind,
    /// Pattern of resource types or logical IDs, with `*` for any characters; `None` for all.
    pub pattern: Option<String>,
}

/// A kind of change to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GateKind {
    /// A resource is replaced, or may be.
    Replacement,
    /// A resource is removed from its stack, even if its policy retains it.
    Delete,
    /// Permissions grow, or the change set does not show that they do not grow.
    IamWidening,
    /// CloudFormation's validation warns, or its results cannot be read.
    ValidationWarning,
}

const NO_GATE: &str = "is not one of `replacement`, `delete`, `iam-widening`, \
                       `validation-warning`, optionally followed by `=PATTERN`";

impl GateKind {
    /// Returns the name of the kind on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replacement => "replacement",
            Self::Delete => "delete",
            Self::IamWidening => "iam-widening",
            Self::ValidationWarning => "validation-warning",
        }
    }
}

impl From<GateKind> for Gate {
    /// Returns a gate that refuses every change of a kind.
    fn from(kind: GateKind) -> Self {
        Self {
            kind,
            pattern: None,
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        match &self.pattern {
            Some(pattern) => write!(f, "={pattern}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Gate {
    type Err = Malformed;

    /// Parses `KIND` or `KIND=PATTERN`.
    ///
    /// # Examples
    ///
    /// ```
    /// use cn_core::deploy::{Gate, GateKind};
    /// let gate: Gate = "delete=AWS::DynamoDB::*".parse()?;
    /// assert_eq!(gate.kind, GateKind::Delete);
    /// # Ok::<(), cn_core::Malformed>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (kind, pattern) = match text.split_once('=') {
            Some((kind, pattern)) if !pattern.is_empty() => (kind, Some(pattern.to_owned())),
            Some(_) => return Err(Malformed::new(text, NO_GATE)),
            None => (text, None),
        };
        let kind = match kind {
            "replacement" => GateKind::Replacement,
            "delete" => GateKind::Delete,
            "iam-widening" => GateKind::IamWidening,
            "validation-warning" => GateKind::ValidationWarning,
            _ => return Err(Malformed::new(text, NO_GATE)),
        };
        Ok(Self { kind, pattern })
    }
}

/// A change, or a result of the validation, that a gate refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The gate.
    pub gate: Gate,
    /// Logical ID of the resource, with its path in a nested stack; empty without a resource.
    pub logical_id: String,
    /// Type of the resource; empty without a resource.
    pub resource_type: String,
    /// The effect of the change, as a fragment of a sentence.
    pub why: String,
    /// The advice about the request, if no gate of the request caused the refusal.
    pub advice: Option<Advice>,
}

/// Returns the changes that the gates refuse, in their order, then the results of the validation.
///
/// A change counts as refused if the change set does not show its effect: a gate protects changes
/// that nobody reviews.
pub(super) fn refusals(
    gates: &[Gate],
    changes: &[Change],
    validation: &Validation,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for change in changes {
        for gate in gates {
            if let Some(why) = refuses(gate, change) {
                refusals.push(Refusal {
                    gate: gate.clone(),
                    logical_id: change.full_path(),
                    resource_type: change.resource_type.clone(),
                    why,
                    advice: None,
                });
            }
        }
    }
    let warnings = gates
        .iter()
        .filter(|it| it.kind == GateKind::ValidationWarning);
    refusals.extend(warnings.flat_map(|gate| warned(gate, validation)));
    refusals
}

/// Returns the results of the validation that a gate refuses.
fn warned(gate: &Gate, validation: &Validation) -> Vec<Refusal> {
    let refusal = |logical_id: &str, resource_type: &str, why: String| Refusal {
        gate: gate.clone(),
        logical_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        why,
        advice: None,
    };
    let details = match validation {
        Validation::Known(details) => details,
        Validation::Unknown(why) => {
            let why = format!("the results of CloudFormation's validation are unknown: {why}");
            return vec![refusal("", "", why)];
        }
    };
    let is_meant = |texts: [&str; 3]| {
        let pattern = gate.pattern.as_deref();
        pattern.is_none_or(|pattern| texts.iter().any(|text| matches(pattern, text)))
    };
    details
        .iter()
        .filter(|it| is_meant([&it.resource_type, &it.logical_id, &it.found_by]))
        .map(|it| {
            let why = format!("fails {}: {}", it.found_by, it.reason);
            refusal(&it.logical_id, &it.resource_type, why)
        })
        .collect()
}

/// Returns the replacements in an update that keeps successful resources in Express mode.
///
/// # Source
///
/// CloudFormation user guide, "Choose how to handle failures when provisioning resources":
/// immutable updates are not supported. In Express mode the stack cannot be rolled back
/// afterwards (aws-cdk-cli 1931 and 1973).
pub(super) fn unrecoverable(changes: &[Change]) -> Vec<Refusal> {
    let gate = Gate::from(GateKind::Replacement);
    let mut refusals = refusals(&[gate], changes, &Validation::default());
    for refusal in &mut refusals {
        refusal.why.push_str(
            ", but CloudFormation cannot replace resources while rollback is off, and cannot roll back an update in Express mode later",
        );
        refusal.advice = Some(Advice::RollBackOnFailure);
    }
    refusals
}

fn refuses(gate: &Gate, change: &Change) -> Option<String> {
    let is_meant = gate.pattern.as_deref().is_none_or(|pattern| {
        matches(pattern, &change.resource_type)
            || matches(pattern, &change.logical_id)
            || matches(pattern, &change.full_path())
    });
    if gate.kind == GateKind::ValidationWarning {
        return None;
    }
    if change.is_opaque() && (is_meant || gate.pattern.is_some()) {
        return opaque(gate.kind, change);
    }
    if !is_meant {
        return None;
    }
    match gate.kind {
        GateKind::Replacement => replacement(change),
        GateKind::Delete => delete(change),
        GateKind::IamWidening => iam_widening(change),
        GateKind::ValidationWarning => None,
    }
}

/// Refuses a nested stack without a change set of its own: it may contain any change.
fn opaque(kind: GateKind, change: &Change) -> Option<String> {
    match (&change.action, kind) {
        (ChangeAction::Remove, GateKind::Replacement)
        | (ChangeAction::Add | ChangeAction::Import, GateKind::Replacement | GateKind::Delete) => {
            None
        }
        (ChangeAction::Remove, _) => Some("is deleted with everything in it".to_owned()),
        _ => Some("is a nested stack, and the change set does not show its changes".to_owned()),
    }
}

fn replacement(change: &Change) -> Option<String> {
    let how = match &change.replacement {
        Some(Replacement::True) => "is replaced",
        Some(Replacement::Conditional) => "may be replaced",
        _ => return None,
    };
    let causes: Vec<&str> = change
        .details
        .iter()
        .filter(|detail| {
            matches!(
                detail.recreation,
                Recreation::Always | Recreation::Conditionally
            )
        })
        .map(|detail| detail.name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    Some(if causes.is_empty() {
        how.to_owned()
    } else {
        format!("{how} because of {}", causes.join(", "))
    })
}

fn delete(change: &Change) -> Option<String> {
    if change.action != ChangeAction::Remove {
        return None;
    }
    Some(match &change.policy {
        Some(PolicyAction::Retain) => "is removed from the stack but retained by its \
                                       policy"
            .to_owned(),
        Some(PolicyAction::Snapshot) => "is deleted after a snapshot".to_owned(),
        _ => "is deleted".to_owned(),
    })
}

fn iam_widening(change: &Change) -> Option<String> {
    if !change.resource_type.starts_with("AWS::IAM::") {
        return None;
    }
    match change.action {
        ChangeAction::Add => Some("is added".to_owned()),
        ChangeAction::Import => Some("is imported".to_owned()),
        ChangeAction::Modify => change
            .details
            .iter()
            .find(|detail| grants(detail) && !only_narrows(detail))
            .map(|detail| format!("`{}` changes and may grant more permissions", detail.name))
            .or_else(|| {
                change
                    .details
                    .is_empty()
                    .then(|| "changes, and CloudFormation does not say how".to_owned())
            }),
        // A removed policy may contain the `Deny` that blocked a permission.
        ChangeAction::Remove if change.resource_type.contains("Policy") => {
            Some("is removed together with its denials".to_owned())
        }
        ChangeAction::Remove | ChangeAction::SyncWithActual => None,
        _ => Some("changes, and CloudFormation does not say how".to_owned()),
    }
}

/// Returns true if a detail concerns permissions: anything but tags and texts.
fn grants(detail: &ChangeDetail) -> bool {
    // An unknown attribute may concern permissions.
    let is_property = matches!(
        detail.attribute,
        ChangeAttribute::Properties | ChangeAttribute::Other(_)
    );
    let name = detail.name.rsplit('/').next().unwrap_or_default();
    is_property && !matches!(name, "Description" | "Tags" | "MaxSessionDuration")
}

/// Returns true if the new policy adds no statement and drops no denial.
fn only_narrows(detail: &ChangeDetail) -> bool {
    let statements = |value: &Option<PropertyValue>| -> Option<Vec<serde_json::Value>> {
        let text = value.as_ref()?.expose();
        let document: serde_json::Value = serde_json::from_str(text).ok()?;
        match document.get("Statement")? {
            serde_json::Value::Array(statements) => Some(statements.clone()),
            statement @ serde_json::Value::Object(_) => Some(vec![statement.clone()]),
            _ => None,
        }
    };
    let (Some(before), Some(after)) = (statements(&detail.before), statements(&detail.after))
    else {
        return false;
    };
    let is_denial = |statement: &&serde_json::Value| statement["Effect"] == "Deny";
    let adds_nothing = after
        .iter()
        .filter(|statement| !is_denial(statement))
        .all(|statement| before.contains(statement));
    let keeps_denials = before
        .iter()
        .filter(is_denial)
        .all(|statement| after.contains(statement));
    adds_nothing && keeps_denials
}

/// Returns true if a text matches a pattern in which `*` matches any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{Detail, FailureMode};

    fn change(action: &str, kind: &str, id: &str) -> Change {
        Change {
            action: action.into(),
            path: Vec::new(),
            logical_id: id.into(),
            physical_id: None,
            resource_type: kind.into(),
            replacement: None,
            policy: None,
            details: Vec::new(),
            drift: None,
            kept_drift: Vec::new(),
            nested_change_set_id: None,
        }
    }

    fn policy_change(before: Option<&str>, after: Option<&str>) -> Change {
        let mut policy = change("Modify", "AWS::IAM::Policy", "P");
        policy.details = vec![ChangeDetail {
            attribute: "Properties".into(),
            name: "/Properties/PolicyDocument".into(),
            recreation: "Never".into(),
            source: "DirectModification".into(),
            caused_by: None,
            before: before.map(PropertyValue::new),
            after: after.map(PropertyValue::new),
            drift: None,
            is_synced: false,
        }];
        policy
    }

    #[test]
    fn an_attribute_that_is_not_known_may_widen_a_policy() {
        let mut policy = policy_change(None, None);
        for (attribute, is_refused) in [
            ("Properties", true),
            ("Permissions", true),
            ("", true),
            ("Metadata", false),
            ("Tags", false),
        ] {
            policy.details[0].attribute = attribute.into();
            let said = said(&["iam-widening"], std::slice::from_ref(&policy));
            assert_eq!(!said.is_empty(), is_refused, "{attribute}");
        }
    }

    fn said(gates: &[&str], changes: &[Change]) -> Vec<String> {
        let gates: Vec<Gate> = gates.iter().map(|gate| gate.parse().unwrap()).collect();
        refusals(&gates, changes, &Validation::default())
            .into_iter()
            .map(|refusal| format!("{} {} {}", refusal.gate, refusal.logical_id, refusal.why))
            .collect()
    }

    #[test]
    fn replacements_and_deletions_are_refused() {
        let mut table = change("Modify", "AWS::DynamoDB::Table", "Table");
        table.replacement = Some("Conditional".into());
        let mut bucket = change("Remove", "AWS::S3::Bucket", "Bucket");
        bucket.policy = Some("Retain".into());
        let queue = change("Add", "AWS::SQS::Queue", "Queue");
        let changes = [table, bucket, queue];
        assert_eq!(
            said(&["replacement", "delete"], &changes),
            [
                "replacement Table may be replaced",
                "delete Bucket is removed from the stack but retained by its policy",
            ]
        );
        assert_eq!(
            said(&["replacement=AWS::RDS::*", "delete=Queue"], &changes),
            [""; 0]
        );
        assert_eq!(
            said(&["replacement=AWS::*::Table"], &changes),
            ["replacement=AWS::*::Table Table may be replaced"]
        );
    }

    #[test]
    fn permissions_may_shrink_but_not_grow() {
        let (a, b, deny) = (
            r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
        );
        let document =
            |statements: &[&str]| format!(r#"{{"Statement":[{}]}}"#, statements.join(","));
        let judge = |before: &[&str], after: &[&str]| {
            let change = policy_change(Some(&document(before)), Some(&document(after)));
            said(&["iam-widening"], &[change]).len()
        };
        assert_eq!(judge(&[a, b], &[a]), 0);
        assert_eq!(judge(&[a], &[a, deny]), 0);
        assert_eq!(judge(&[a], &[a, b]), 1);
        assert_eq!(judge(&[a, deny], &[a]), 1, "a denial is gone");
        let unknown = policy_change(None, None);
        assert_eq!(
            said(&["iam-widening"], &[unknown]),
            ["iam-widening P `/Properties/PolicyDocument` changes and may grant more permissions"]
        );
        assert_eq!(
            said(&["iam-widening"], &[change("Add", "AWS::IAM::Role", "R")]).len(),
            1
        );
        assert_eq!(
            said(&["iam-widening"], &[change("Add", "AWS::SQS::Queue", "Q")]).len(),
            0
        );
    }

    #[test]
    fn gates_see_inside_nested_stacks() {
        let mut table = change("Remove", "AWS::DynamoDB::Table", "Table");
        table.path = vec!["Data".into()];
        let mut stack = change("Modify", "AWS::CloudFormation::Stack", "Data");
        stack.nested_change_set_id = Some("arn:1".into());
        let changes = [stack.clone(), table];
        for gate in ["delete", "delete=AWS::DynamoDB::*", "delete=Data/*"] {
            let expected = format!("{gate} Data/Table is deleted");
            assert_eq!(said(&[gate], &changes), [expected]);
        }
        assert_eq!(said(&["delete=AWS::RDS::*"], &changes), [""; 0]);
        stack.nested_change_set_id = None;
        assert_eq!(
            said(&["delete=AWS::RDS::*"], std::slice::from_ref(&stack)),
            [
                "delete=AWS::RDS::* Data is a nested stack, and the change set does not show its \
                 changes"
            ]
        );
        stack.action = "Remove".into();
        assert_eq!(
            said(&["delete=AWS::RDS::*"], &[stack]),
            ["delete=AWS::RDS::* Data is deleted with everything in it"]
        );
    }

    #[test]
    fn warnings_of_the_validation_are_refused_and_so_is_not_knowing_them() {
        let detail = |id: &str, kind: &str, found_by: &str| Detail {
            logical_id: id.into(),
            resource_type: kind.into(),
            found_by: found_by.into(),
            mode: Some(FailureMode::Warn),
            reason: "holds objects".into(),
            place: None,
        };
        let known = Validation::Known(vec![
            detail("Logs", "AWS::S3::Bucket", "BUCKET_EMPTINESS"),
            detail("Net/Repo", "AWS::ECR::Repository", "REPOSITORY"),
        ]);
        let said = |gate: &str, validation: &Validation| -> Vec<String> {
            let refused = refusals(&[gate.parse().unwrap()], &[], validation);
            let line = |it: Refusal| format!("{}: {}", it.logical_id, it.why);
            refused.into_iter().map(line).collect()
        };
        let (logs, repo) = (
            "Logs: fails BUCKET_EMPTINESS: holds objects",
            "Net/Repo: fails REPOSITORY: holds objects",
        );
        assert_eq!(said("validation-warning", &known), [logs, repo]);
        for pattern in ["AWS::S3::*", "Logs", "BUCKET_*"] {
            let gate = format!("validation-warning={pattern}");
            assert_eq!(said(&gate, &known), [logs], "{pattern}");
        }
        assert_eq!(said("delete", &known), [""; 0]);
        assert_eq!(
            said(
                "validation-warning=Logs",
                &Validation::Unknown("denied".into())
            ),
            [": the results of CloudFormation's validation are unknown: denied"]
        );
        // A nested stack without details has no results to refuse.
        let stack = change("Modify", "AWS::CloudFormation::Stack", "Data");
        assert_eq!(
            super::tests::said(&["validation-warning"], &[stack]),
            [""; 0]
        );
    }

    #[test]
    fn patterns_match_whole_names() {
        assert!(matches("AWS::*", "AWS::S3::Bucket"));
        assert!(matches("*Table*", "MyTableTwo"));
        assert!(matches("a*b", "ab") && !matches("ab*b", "ab"));
        assert!(!matches("Table", "Tables") && !matches("", "x"));
    }

    #[test]
    fn what_is_no_gate_is_refused() {
        for bad in ["", "replace", "delete=", "Delete"] {
            assert!(bad.parse::<Gate>().is_err(), "{bad}");
        }
    }
}
