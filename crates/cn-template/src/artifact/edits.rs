//! Edits that write locations in place of the paths.

use std::collections::BTreeMap;

use super::reference::Reference;
use super::table::Form;
use super::turn::MEMBER;
use crate::edit::Edit;
use crate::partition::Region;
use crate::s3::S3Location;
use crate::section::{self, NewEntry};
use crate::tree::{Template, quoted};

/// Returns the edits that write the locations of references.
pub fn edits(
    template: &Template,
    located: &[(&Reference, S3Location)],
    region: &Region,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut rows: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for (reference, location) in located {
        let Some(turn) = &reference.turn else {
            edits.push(reference.edit(location, region));
            continue;
        };
        let (value, text) = match &reference.row.form {
            Form::Members { bucket, key, .. } => (
                quoted(&location.key),
                format!(
                    "{{{}: {}, {}: {}}}",
                    quoted(bucket),
                    quoted(&location.bucket),
                    quoted(key),
                    turn.look_up()
                ),
            ),
            form => (location.text(form, region), turn.look_up()),
        };
        let of_mapping = rows.entry(&turn.mapping).or_default();
        if of_mapping.is_empty() {
            edits.push(Edit::replace(reference.span, text));
        }
        of_mapping.insert(turn.key(), value);
    }
    let entries: Vec<NewEntry> = rows
        .into_iter()
        .map(|(mapping, rows)| {
            let row = |(key, value): (&String, &String)| {
                format!("{}: {{\"{MEMBER}\": {value}}}", quoted(key))
            };
            let lines: Vec<String> = rows.iter().map(row).collect();
            NewEntry {
                name: mapping.to_owned(),
                json: format!("{{{}}}", lines.join(", ")),
                lines,
            }
        })
        .collect();
    edits.extend(section::add(template, "Mappings", &entries));
    edits
}
