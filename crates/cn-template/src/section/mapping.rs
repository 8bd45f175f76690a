//! The mapping and the condition that make a template portable.

use super::{self as section, NewEntry};
use crate::china::Row;
use crate::edit::Edit;
use crate::partition::Partition;
use crate::tree::{Entry, Format, Node, Template};

/// The name of the mapping for values that no pseudo parameter gives.
const MAPPING: &str = "CnPartition";

/// The name of the condition that is true only in China.
const CONDITION: &str = "CnIsChina";

/// Returns the name of the mapping that has or can take a row: an existing one or a new one.
///
/// `None` if the template can take no mapping.
pub(crate) fn mapping_for(template: &Template, row: &Row) -> Option<String> {
    let takes = |name: &String| {
        present(template, name).is_none_or(|own| extended(template, own, &[row]).is_some())
    };
    let name = section::names(MAPPING).find(takes)?;
    mapping(template, &name, &[row]).map(|_| name)
}

/// Returns the edits that give a mapping these rows; `None` if it cannot have them.
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

/// Returns the template's own mapping of that name.
fn present<'t>(template: &'t Template, name: &str) -> Option<&'t Entry> {
    template.root().get("Mappings")?.entry(name)
}

/// Returns the values that rows have for each partition.
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

/// Adds the missing values of rows to a mapping.
///
/// `None` if the mapping has a different value, or is not keyed by partition.
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

/// Returns true if the keys of a mapping are partitions and every value is a mapping.
fn is_by_partition(mapping: &Node) -> bool {
    let is_partition = |entry: &Entry| {
        let key = entry.key.as_str();
        key.and_then(Partition::from_id).is_some() && entry.value.is_mapping()
    };
    mapping.is_mapping() && mapping.entries().iter().all(is_partition)
}

/// Returns the values that a partition's entry lacks; `None` if it has a different value for one.
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

/// Returns a partition's entry for a mapping that has none for it.
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

/// Adds a condition that is true only in China; returns its name and the edit.
///
/// `None` if the template can take no condition.
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
