//! The mapping and the condition that make a template right everywhere.

use super::{self as section, NewEntry};
use crate::china::Row;
use crate::edit::Edit;
use crate::partition::Partition;
use crate::tree::{Entry, Format, Node, Template};

/// The mapping that holds what no pseudo parameter gives.
const MAPPING: &str = "CnPartition";

/// The condition that holds in China alone.
const CONDITION: &str = "CnIsChina";

/// The mapping that has a row or can take it: an earlier one with other rows, or a new one.
///
/// None where the template can take no mapping.
pub(crate) fn mapping_for(template: &Template, row: &Row) -> Option<String> {
    let takes = |name: &String| {
        present(template, name).is_none_or(|own| extended(template, own, &[row]).is_some())
    };
    let name = section::names(MAPPING).find(takes)?;
    mapping(template, &name, &[row]).map(|_| name)
}

/// The edits after which a mapping has rows; none when it cannot have them.
pub(crate) fn mapping(template: &Template, name: &str, rows: &[&Row]) -> Option<Vec<Edit>> {
    if let Some(own) = present(template, name) {
        return extended(template, own, rows);
    }
    let (json, lines): (Vec<String>, Vec<String>) = by_partition(rows)
        .into_iter()
        .map(|(partition, values)| {
            let pairs = |quote: &str| {
                let pair = |(key, value): &(&str, &str)| {
                    format!("{quote}{key}{quote}: {quote}{value}{quote}")
                };
                values.iter().map(pair).collect::<Vec<_>>().join(", ")
            };
            (
                format!("\"{partition}\": {{{}}}", pairs("\"")),
                format!("{partition}: {{{}}}", pairs("")),
            )
        })
        .unzip();
    let entry = NewEntry {
        name: name.to_owned(),
        json: format!("{{{}}}", json.join(", ")),
        lines,
    };
    section::add(template, "Mappings", &[entry]).map(|edit| vec![edit])
}

/// A mapping that the template has already.
fn present<'t>(template: &'t Template, name: &str) -> Option<&'t Entry> {
    template.root().get("Mappings")?.entry(name)
}

/// The values of rows that each partition has.
fn by_partition(rows: &[&Row]) -> Vec<(Partition, Vec<(&'static str, &'static str)>)> {
    [Partition::Aws, Partition::AwsCn, Partition::AwsUsGov]
        .into_iter()
        .map(|partition| {
            let value = |row: &&Row| Some((row.key, row.value(partition)?));
            (partition, rows.iter().filter_map(value).collect())
        })
        .filter(|(_, values): &(_, Vec<_>)| !values.is_empty())
        .collect()
}

/// Adds what a mapping lacks of rows; none when it says something else or is no such mapping.
fn extended(template: &Template, own: &Entry, rows: &[&Row]) -> Option<Vec<Edit>> {
    if !is_by_partition(&own.value) {
        return None;
    }
    let (mut edits, mut new) = (Vec::new(), Vec::new());
    for (partition, values) in by_partition(rows) {
        let entry = own.value.entry(partition.id());
        let missing = missing(template, entry, &values)?;
        match entry {
            _ if missing.is_empty() => {}
            Some(entry) => {
                let missing: Vec<&NewEntry> = missing.iter().collect();
                edits.push(section::extend(template, entry, &missing)?);
            }
            None => new.push(partition_entry(template, partition, &missing)),
        }
    }
    if !new.is_empty() {
        let new: Vec<&NewEntry> = new.iter().collect();
        edits.push(section::extend(template, own, &new)?);
    }
    Some(edits)
}

/// Returns whether a mapping has partitions for keys and nothing but texts of its own for each.
fn is_by_partition(mapping: &Node) -> bool {
    let is_partition = |entry: &Entry| {
        let key = entry.key.as_str();
        key.and_then(Partition::from_id).is_some() && entry.value.is_mapping()
    };
    mapping.is_mapping() && mapping.entries().iter().all(is_partition)
}

/// The values that a partition's entry lacks; none when one of its own contradicts.
fn missing(
    template: &Template,
    entry: Option<&Entry>,
    values: &[(&str, &str)],
) -> Option<Vec<NewEntry>> {
    let is_json = template.format() == Format::Json;
    let mut missing = Vec::new();
    for (key, value) in values {
        match entry.and_then(|entry| entry.value.get(key)) {
            Some(own) if own.as_str() == Some(value) => {}
            Some(_) => return None,
            None => missing.push(NewEntry {
                name: (*key).to_owned(),
                json: if is_json {
                    format!("\"{value}\"")
                } else {
                    (*value).to_owned()
                },
                lines: Vec::new(),
            }),
        }
    }
    Some(missing)
}

/// A partition's entry in a mapping that has none for it.
fn partition_entry(template: &Template, partition: Partition, values: &[NewEntry]) -> NewEntry {
    let quote = match template.format() {
        Format::Json => "\"",
        Format::Yaml => "",
    };
    let pairs: Vec<String> = values
        .iter()
        .map(|value| format!("{quote}{}{quote}: {}", value.name, value.json))
        .collect();
    NewEntry {
        name: partition.id().to_owned(),
        json: format!("{{{}}}", pairs.join(", ")),
        lines: Vec::new(),
    }
}

/// Adds a condition that holds in China alone: its name and the edit.
///
/// None where the template can take no condition.
pub(crate) fn condition(template: &Template) -> Option<(String, Edit)> {
    let conditions = template.root().get("Conditions");
    let is_free =
        |name: &String| conditions.is_none_or(|conditions| conditions.get(name).is_none());
    let name = section::names(CONDITION).find(is_free)?;
    let china = Partition::AwsCn.id();
    let entry = NewEntry {
        name: name.clone(),
        json: format!(r#"{{"Fn::Equals": [{{"Ref": "AWS::Partition"}}, "{china}"]}}"#),
        lines: vec![format!("Fn::Equals: [!Ref AWS::Partition, {china}]")],
    };
    section::add(template, "Conditions", &[entry]).map(|edit| (name, edit))
}
