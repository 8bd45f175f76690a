//! Regions in China have three zones of their own, and no Local Zones.

use super::model::{Hits, Look, Rule};
use super::shared::help;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::Scene;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN325",
        title: "availability zone of another partition",
    },
    name: "zone-name",
    severity: Severity::Warning,
    why: "regions in China have three zones of their own, and no Local Zones",
    help: "choose with `!Select [0, !GetAZs \"\"]`; regions in China have three zones",
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
    let zone = name.strip_suffix(|last: char| last.is_ascii_lowercase());
    if !zone.is_some_and(is_other) {
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
        format!("availability zone `{name}` is not in partition `{partition}`"),
        help::at(scene, RULE.help),
    );
}
