//! New entries for the sections of a template.

use super::matches::Row;
use crate::edit::Edit;
use crate::partition::Partition;
use crate::tree::{Entry, Format, Kind, Template};

/// Adds a mapping keyed by partition.
pub(super) fn mapping(template: &Template, name: &str, rows: &[&Row]) -> Option<Edit> {
    let partitions: Vec<(Partition, String)> =
        [Partition::Aws, Partition::AwsCn, Partition::AwsUsGov]
            .into_iter()
            .filter_map(|partition| {
                let values: Vec<String> = rows
                    .iter()
                    .filter_map(|row| {
                        Some(format!("\"{}\": \"{}\"", row.key, row.value(partition)?))
                    })
                    .collect();
                (!values.is_empty()).then(|| (partition, format!("{{{}}}", values.join(", "))))
            })
            .collect();
    let json: Vec<String> = partitions
        .iter()
        .map(|(partition, values)| format!("\"{partition}\": {values}"))
        .collect();
    let lines: Vec<String> = partitions
        .iter()
        .map(|(partition, values)| format!("{partition}: {}", values.replace('"', "")))
        .collect();
    entry(
        template,
        "Mappings",
        name,
        &format!("{{{}}}", json.join(", ")),
        &lines,
    )
}

/// Adds a condition.
pub(super) fn condition(template: &Template, name: &str) -> Option<Edit> {
    let json = r#"{"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}"#;
    entry(
        template,
        "Conditions",
        name,
        json,
        &["Fn::Equals: [!Ref AWS::Partition, aws-cn]".to_owned()],
    )
}

/// Adds an entry to a section, and the section where there is none.
///
/// * `json`: the entry's value for JSON and for YAML in braces.
/// * `lines`: the entry's value as lines of YAML.
fn entry(
    template: &Template,
    section: &str,
    name: &str,
    json: &str,
    lines: &[String],
) -> Option<Edit> {
    let root = template.root();
    let text = template.source().text();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_json = template.format() == Format::Json;
    if let Some(present) = root.entry(section) {
        if present.value.get(name).is_some() {
            return None;
        }
        let Kind::Mapping(mapping) = &present.value.kind else {
            return None;
        };
        let first = mapping.entries.first()?;
        let at = first.key.span.start;
        if is_json || mapping.flow {
            return Some(Edit::insert(
                at,
                format!("\"{name}\": {json},{}", space_before(text, first)),
            ));
        }
        let indent = " ".repeat(
            space_before(text, first)
                .trim_start_matches(['\r', '\n'])
                .len(),
        );
        let inner = format!("{end}{indent}  ");
        let body = lines.join(&inner);
        return Some(Edit::insert(
            at,
            format!("{name}:{inner}{body}{end}{indent}"),
        ));
    }
    let resources = root.entry("Resources")?;
    let at = resources.key.span.start;
    let is_flow = matches!(&root.kind, Kind::Mapping(mapping) if mapping.flow);
    if is_json || is_flow {
        return Some(Edit::insert(
            at,
            format!(
                "\"{section}\": {{\"{name}\": {json}}},{}",
                space_before(text, resources)
            ),
        ));
    }
    let body = lines.join(&format!("{end}    "));
    Some(Edit::insert(
        at,
        format!("{section}:{end}  {name}:{end}    {body}{end}{end}"),
    ))
}

/// The white space before an entry, its line's end included.
fn space_before<'t>(text: &'t str, entry: &Entry) -> &'t str {
    let before = &text[..entry.key.span.start];
    let kept = before.trim_end_matches([' ', '\t', '\r', '\n']).len();
    let space = &before[kept..];
    // Blank lines are not repeated.
    let last_line = space.rfind('\n').map_or(0, |at| {
        if space[..at].ends_with('\r') {
            at - 1
        } else {
            at
        }
    });
    if space.is_empty() {
        " "
    } else {
        &space[last_line..]
    }
}
