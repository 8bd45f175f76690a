//! The mapping and the condition that make a template right everywhere.

use super::matches::Row;
use crate::edit::Edit;
use crate::partition::Partition;
use crate::section::{self, NewEntry};
use crate::tree::Template;

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
    let entry = NewEntry {
        name: name.to_owned(),
        json: format!("{{{}}}", json.join(", ")),
        lines,
    };
    section::add(template, "Mappings", &[entry])
}

/// Adds a condition.
pub(super) fn condition(template: &Template, name: &str) -> Option<Edit> {
    let json = r#"{"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}"#;
    let entry = NewEntry {
        name: name.to_owned(),
        json: json.to_owned(),
        lines: vec!["Fn::Equals: [!Ref AWS::Partition, aws-cn]".to_owned()],
    };
    section::add(template, "Conditions", &[entry])
}
