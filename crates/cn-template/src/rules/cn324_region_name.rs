//! A connection between regions stays inside one partition.

use super::model::{Hits, Look, Rule};
use super::shared::help;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::Scene;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN324",
        title: "region of another partition",
    },
    name: "region-name",
    severity: Severity::Warning,
    why: "a connection between regions stays inside one partition",
    help: "write `!Ref AWS::Region` if the region of the stack is meant; a connection between regions stays inside one partition",
    sources: &["cn-general"],
    looks: &[Look::Text(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let Some(region) = scene.aim.region() else {
        return;
    };
    if matches!(scene.place.section, Section::Conditions | Section::Rules) || scene.place.is_key {
        return;
    }
    let name = scene.text.trim();
    let partition = region.partition();
    let is_other = |name: &str| Partition::of_region(name).is_some_and(|named| named != partition);
    if !is_other(name) {
        return;
    }
    let severity = if scene.place.section == Section::Resource {
        Severity::Warning
    } else {
        Severity::Note
    };
    hits.report_as(
        severity,
        0..scene.text.len(),
        format!("region `{name}` is not in partition `{partition}`"),
        help::at(scene, RULE.help),
    );
}
