//! Files with a change set, for the people who review it.

use std::collections::BTreeMap;

use camino::Utf8Path;
use cn_cli::report::markdown::{code, text as cell};
use cn_cli::wire::{Record, SCHEMA, deploy as wire};
use cn_core::deploy::Outcome;
use cn_core::foreign::{self, line, visible};
use cn_core::stack::{
    Change, ChangeDetail, Detail, DriftStatus, Effect, FailureMode, PolicyAction, PropertyValue,
    Replacement, Validation,
};

use super::place::Place;
use crate::report::{effect, validation};

/// Returns a file with the changes: Markdown or JSON, depending on the extension of `path`.
///
/// * `outcome`: the outcome, already redacted.
/// * `id`: the change set's ARN; `None` if the change set is deleted again.
pub(crate) fn document(
    path: &Utf8Path,
    place: &Place,
    outcome: &Outcome,
    id: Option<&str>,
) -> String {
    match path.extension() {
        Some("md" | "markdown") => markdown(place, outcome, id),
        _ => json(place, outcome, id),
    }
}

fn json(place: &Place, outcome: &Outcome, id: Option<&str>) -> String {
    let mut changes: Vec<wire::Change<'_>> = outcome.changes.iter().map(to_wire).collect();
    for (shown, change) in changes.iter_mut().zip(&outcome.changes) {
        for (shown, detail) in shown.details.iter_mut().zip(&change.details) {
            let expose = |value: &PropertyValue| value.expose().to_owned();
            shown.before = detail.before.as_ref().map(expose);
            shown.after = detail.after.as_ref().map(expose);
            let drift = detail.drift.as_ref();
            shown.deployed = drift.and_then(|it| it.deployed.as_ref()).map(expose);
            shown.actual = drift.and_then(|it| it.actual.as_ref()).map(expose);
        }
    }
    let record = Record {
        schema: SCHEMA,
        kind: "change-set",
        body: wire::ChangeSetFile {
            stack: outcome.stack.as_str(),
            region: place.region.as_str(),
            template: place.template.as_deref(),
            change_set_id: id,
            changes,
            validations: validations(outcome.validation.details()),
        },
    };
    let document = serde_json::to_string_pretty(&record);
    foreign::json(&(document.expect("wire types have text keys") + "\n"))
}

fn markdown(place: &Place, outcome: &Outcome, id: Option<&str>) -> String {
    let mut text = format!("# Changes to stack {}\n\n", code(outcome.stack.as_str()));
    let mut fact = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            text.extend(["- ", name, ": ", &code(value), "\n"]);
        }
    };
    fact("region", Some(place.region.as_str()));
    fact("template", place.template.as_deref());
    fact("change set", id);
    text.push_str("\n| action | resource | type | replacement | policy action |\n| --- | --- | --- | --- | --- |\n");
    for change in &outcome.changes {
        text.push_str(&row(change));
    }
    let found = outcome.validation.details();
    if !found.is_empty() {
        text.push_str("\n## Validation\n\n");
    }
    text.extend(found.iter().map(finding));
    let is_told = |it: &&Change| !it.details.is_empty() || !it.kept_drift.is_empty();
    for change in outcome.changes.iter().filter(is_told) {
        text.extend(["\n## ", &cell(&change.full_path()), "\n\n"]);
        for detail in &change.details {
            text.push_str(&property(detail));
        }
        for (path, kept) in &change.kept_drift {
            let kept = cell(kept.as_str());
            text.extend(["- ", &code(path), " (drift kept: ", &kept, ")\n"]);
        }
    }
    text
}

/// Formats a finding of the validation as one line.
fn finding(detail: &Detail) -> String {
    let mode = detail.mode.as_ref().map_or("", FailureMode::as_str);
    let place = detail.place.as_deref();
    let place = place.map(|place| format!(" at {}", code(place)));
    format!(
        "- {mode} {} {}{}: {}\n",
        code(&detail.logical_id),
        cell(&detail.found_by),
        place.unwrap_or_default(),
        cell(&detail.reason)
    )
}

fn row(change: &Change) -> String {
    let action = match change.effect() {
        Effect::Remove => "**Remove**".to_owned(),
        Effect::Replace => "**Replace**".to_owned(),
        Effect::MayReplace => "**Replace?**".to_owned(),
        _ => cell(change.action.as_str()),
    };
    format!(
        "| {action} | {} | {} | {} | {} |\n",
        code(&change.full_path()),
        cell(&change.resource_type),
        cell(change.replacement.as_ref().map_or("", Replacement::as_str)),
        cell(change.policy.as_ref().map_or("", PolicyAction::as_str)),
    )
}

fn property(detail: &ChangeDetail) -> String {
    let name = match detail.name.as_str() {
        "" => detail.attribute.as_str(),
        name => name,
    };
    let cause = match &detail.caused_by {
        Some(entity) => format!(", because of {}", code(entity)),
        None => String::new(),
    };
    let recreation = cell(detail.recreation.as_str());
    let drift = match drift(detail) {
        Some(drift) => format!(", drift {drift}"),
        None => String::new(),
    };
    let mut text = format!(
        "- {} (recreation: {recreation}{cause}{drift})\n",
        code(name)
    );
    let drifted = detail.drift.as_ref();
    let deployed = drifted.and_then(|it| it.deployed.as_ref());
    let actual = drifted.and_then(|it| it.actual.as_ref());
    let signed = |sign: &str, value: Option<&PropertyValue>| {
        let lines = visible(value.map(PropertyValue::expose).unwrap_or_default());
        let lines = lines.lines().map(|line| format!("  {sign} {line}\n"));
        lines.collect::<Vec<_>>().concat()
    };
    let lines = signed("# deployed:", deployed)
        + &signed("# actual:", actual)
        + &signed("-", detail.before.as_ref())
        + &signed("+", detail.after.as_ref());
    if !lines.is_empty() {
        // The fence must be longer than any in the value, which would end it.
        let mut fence = "```".to_owned();
        while lines.contains(&fence) {
            fence.push('`');
        }
        text.extend(["  ", &fence, "diff\n", &lines, "  ", &fence, "\n"]);
    }
    text
}

/// Returns the result for the drift of a property.
fn drift(detail: &ChangeDetail) -> Option<&'static str> {
    let becomes = if detail.is_synced {
        "accepted"
    } else {
        "reverted"
    };
    detail.drift.as_ref().map(|_| becomes)
}

/// Returns the changes as a table, each with the validation's findings about it. Replacements,
/// deletions and validations are in capitals.
pub(crate) fn table(changes: &[Change], validation: &Validation) -> Vec<String> {
    let mut found: BTreeMap<&str, Vec<&Detail>> = BTreeMap::new();
    for detail in validation.details() {
        found.entry(&detail.logical_id).or_default().push(detail);
    }
    let mut rows: Vec<[String; 4]> = Vec::new();
    for change in changes {
        rows.push(columns(change));
        let about = found.remove(change.full_path().as_str());
        rows.extend(about.into_iter().flatten().map(warning));
    }
    let others = validation.details().iter();
    rows.extend(
        others
            .filter(|it| found.contains_key(it.logical_id.as_str()))
            .map(warning),
    );
    let width = |at: usize| {
        rows.iter()
            .map(|row| row[at].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second, third) = (width(0), width(1), width(2));
    rows.iter()
        .map(|[action, id, kind, why]| {
            let line = format!("  {action:<first$}  {id:<second$}  {kind:<third$}  {why}");
            line.trim_end().to_owned()
        })
        .collect()
}

fn columns(change: &Change) -> [String; 4] {
    [
        effect(&change.effect()),
        change.full_path(),
        change.resource_type.clone(),
        change.causes().join(", "),
    ]
    .map(|cell| line(&cell))
}

fn warning(detail: &Detail) -> [String; 4] {
    let mode = match detail.mode {
        Some(FailureMode::Fail) => "FAILED",
        _ => "WARNING",
    };
    let why = validation(detail);
    [mode, &detail.logical_id, &detail.resource_type, &why].map(line)
}

/// Returns the findings of the validation as wire types.
pub(crate) fn validations(details: &[Detail]) -> Vec<wire::Validation<'_>> {
    details.iter().map(wire::Validation::of).collect()
}

pub(crate) fn to_wire(change: &Change) -> wire::Change<'_> {
    wire::Change {
        action: change.action.as_str(),
        path: (!change.path.is_empty()).then(|| change.full_path()),
        logical_id: &change.logical_id,
        physical_id: change.physical_id.as_deref(),
        resource_type: &change.resource_type,
        replacement: change.replacement.as_ref().map(Replacement::as_str),
        policy: change.policy.as_ref().map(PolicyAction::as_str),
        drift: change.drift.as_ref().map(DriftStatus::as_str),
        kept_drift: change
            .kept_drift
            .iter()
            .map(|(path, kept)| (path.as_str(), kept.as_str()))
            .collect(),
        details: change
            .details
            .iter()
            .map(|detail| wire::ChangeDetail {
                name: &detail.name,
                recreation: detail.recreation.as_str(),
                source: detail.source.as_str(),
                caused_by: detail.caused_by.as_deref(),
                before: None,
                after: None,
                drift: drift(detail),
                deployed: None,
                actual: None,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cn_core::deploy::End;
    use cn_core::secret::Secrets;
    use cn_core::stack::ChangeSetKind;

    fn outcome() -> Outcome {
        let detail =
            |name: &str, caused_by: Option<&str>, before: &str, after: &str| ChangeDetail {
                attribute: "Properties".into(),
                name: name.into(),
                recreation: "Never".into(),
                source: "DirectModification".into(),
                caused_by: caused_by.map(str::to_owned),
                before: Some(PropertyValue::new(before)),
                after: Some(PropertyValue::new(after)),
                drift: None,
                is_synced: false,
            };
        let change = |action: &str, path: &[&str], id: &str, details| Change {
            action: action.into(),
            path: path.iter().map(|id| (*id).to_owned()).collect(),
            logical_id: id.into(),
            physical_id: None,
            resource_type: "AWS::SQS::Queue".into(),
            replacement: (action == "Modify").then(|| "True".into()),
            policy: (action == "Remove").then(|| "Retain".into()),
            details,
            drift: None,
            kept_drift: Vec::new(),
            nested_change_set_id: None,
        };
        Outcome {
            stack: "orders".parse().unwrap(),
            stack_id: None,
            kind: ChangeSetKind::Update,
            change_set: None,
            end: End::Previewed,
            is_tidy: true,
            changes: vec![
                change(
                    "Modify",
                    &[],
                    "Queue",
                    vec![
                        detail("/Properties/Tag", None, "a\n```\nb", "x-hunter2-y"),
                        detail("/Properties/Password", Some("Password"), "old", "new"),
                    ],
                ),
                change("Remove", &["Net"], "Vpc", Vec::new()),
            ],
            validation: Validation::default(),
            events: Vec::new(),
            elapsed: std::time::Duration::ZERO,
        }
    }

    fn place() -> Place {
        Place {
            region: "cn-north-1".parse().unwrap(),
            stack: "orders".parse().unwrap(),
            template: Some("packaged.yaml".into()),
            flags: String::new(),
            identity: cn_core::session::Identity::DefaultChain,
            lines: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn a_reviewer_sees_every_property_and_no_secret() {
        let place = place();
        let mut secrets = Secrets::default();
        secrets.add("Password", "hunter2".into());
        let outcome = outcome().redacted(&secrets);
        insta::assert_snapshot!("markdown", markdown(&place, &outcome, Some("arn:1")));
        insta::assert_snapshot!("json", json(&place, &outcome, Some("arn:1")));
    }
}
