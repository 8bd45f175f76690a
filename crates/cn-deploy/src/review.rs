//! A change set as files for the people who review it.

use camino::Utf8PathBuf;
use cn_cli::Failure;
use cn_cli::wire::deploy as wire;
use cn_core::deploy::Outcome;
use cn_core::file::{Readers, write_atomic};
use cn_core::stack::{Change, ChangeDetail};

use crate::hidden::Hidden;
use crate::report::Place;
use crate::say;

/// Writes the files that were asked for: Markdown where the name says so, else JSON.
///
/// * `id`: of the change set; absent when it is removed again.
pub(crate) fn write(
    files: &[Utf8PathBuf],
    place: &Place,
    outcome: &Outcome,
    id: Option<&str>,
) -> Result<(), Failure> {
    for path in files {
        let text = match path.extension() {
            Some("md" | "markdown") => markdown(place, outcome, id),
            _ => json(place, outcome, id),
        };
        write_atomic(path, text.as_bytes(), Readers::Anybody)?;
    }
    Ok(())
}

fn json(place: &Place, outcome: &Outcome, id: Option<&str>) -> String {
    let mut changes: Vec<wire::Change<'_>> = outcome.changes.iter().map(say::to_wire).collect();
    for (shown, change) in changes.iter_mut().zip(&outcome.changes) {
        for (shown, detail) in shown.details.iter_mut().zip(&change.details) {
            (shown.before, shown.after) = place.hidden.values(change, detail);
        }
    }
    let document = serde_json::json!({
        "schema": cn_cli::wire::SCHEMA,
        "kind": "change-set",
        "stack": outcome.stack.as_str(),
        "region": place.region.as_str(),
        "template": place.template,
        "change-set-id": id,
        "changes": changes,
    });
    format!("{document:#}\n")
}

fn markdown(place: &Place, outcome: &Outcome, id: Option<&str>) -> String {
    let mut text = format!("# Changes to stack `{}`\n\n", outcome.stack);
    let mut fact = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            text.extend(["- ", name, ": `", value, "`\n"]);
        }
    };
    fact("region", Some(place.region.as_str()));
    fact("template", place.template.as_deref());
    fact("change set", id);
    text.push_str("\n| action | resource | type | replacement | what is removed |\n| --- | --- | --- | --- | --- |\n");
    for change in &outcome.changes {
        text.push_str(&row(change));
    }
    for change in outcome.changes.iter().filter(|it| !it.details.is_empty()) {
        text.extend(["\n## ", &change.full_path(), "\n\n"]);
        for detail in &change.details {
            text.push_str(&property(&place.hidden, change, detail));
        }
    }
    text
}

fn row(change: &Change) -> String {
    let action = match (change.action.as_str(), change.replacement.as_deref()) {
        ("Remove", _) => "**Remove**",
        (_, Some("True")) => "**Replace**",
        (_, Some("Conditional")) => "**Replace?**",
        (action, _) => action,
    };
    format!(
        "| {action} | `{}` | {} | {} | {} |\n",
        change.full_path(),
        change.resource_type,
        change.replacement.as_deref().unwrap_or_default(),
        change.policy.as_deref().unwrap_or_default(),
    )
}

fn property(hidden: &Hidden, change: &Change, detail: &ChangeDetail) -> String {
    let name = match detail.name.as_str() {
        "" => &detail.attribute,
        name => name,
    };
    let cause = match &detail.caused_by {
        Some(entity) => format!(", because of `{entity}`"),
        None => String::new(),
    };
    let mut text = format!("- `{name}` (recreation: {}{cause})\n", detail.recreation);
    let (before, after) = hidden.values(change, detail);
    let signed = |sign: &str, value: Option<String>| {
        let lines = value.unwrap_or_default();
        let lines = lines.lines().map(|line| format!("  {sign} {line}\n"));
        lines.collect::<Vec<_>>().concat()
    };
    let lines = signed("-", before) + &signed("+", after);
    if !lines.is_empty() {
        // A fence longer than any in the value keeps it a value.
        let mut fence = "```".to_owned();
        while lines.contains(&fence) {
            fence.push('`');
        }
        text.extend(["  ", &fence, "diff\n", &lines, "  ", &fence, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use cn_core::deploy::End;
    use cn_core::stack::ChangeSetKind;
    use secrecy::SecretString;

    fn outcome() -> Outcome {
        let detail =
            |name: &str, caused_by: Option<&str>, before: &str, after: &str| ChangeDetail {
                attribute: "Properties".into(),
                name: name.into(),
                recreation: "Never".into(),
                evaluation: "Static".into(),
                source: "DirectModification".into(),
                caused_by: caused_by.map(str::to_owned),
                before: Some(before.into()),
                after: Some(after.into()),
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
            nested_change_set_id: None,
        };
        Outcome {
            stack: "orders".parse().unwrap(),
            stack_id: None,
            kind: ChangeSetKind::Update,
            change_set: None,
            end: End::Previewed,
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
            events: Vec::new(),
            elapsed: std::time::Duration::ZERO,
        }
    }

    fn place() -> Place {
        let mut hidden = Hidden::default();
        hidden.add("Password", SecretString::from("hunter2"));
        Place {
            region: "cn-north-1".parse().unwrap(),
            stack: "orders".into(),
            template: Some("packaged.yaml".into()),
            flags: String::new(),
            lines: std::collections::BTreeMap::new(),
            hidden,
        }
    }

    #[test]
    fn a_reviewer_sees_every_property_and_no_secret() {
        let text = markdown(&place(), &outcome(), Some("arn:1"));
        insta::assert_snapshot!("markdown", text);
        insta::assert_snapshot!("json", json(&place(), &outcome(), Some("arn:1")));
    }
}
