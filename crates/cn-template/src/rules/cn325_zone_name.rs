//! Each region in China has three zones of its own and no Local Zones.

use super::model::{Hits, Look, Rule};
use super::shared::{help, region};
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN325",
        title: "Availability Zone of another partition",
    },
    name: "zone-name",
    severity: Severity::Warning,
    why: "each region in China has three Availability Zones and no Local Zones",
    help: "select a zone with `!Select [0, !GetAZs \"\"]`: each region in China has three",
    sources: &["cn-general"],
    looks: &[Look::Text(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if let Some(named) = region::foreign(scene).filter(|named| named.is_zone) {
        hits.report_as(
            named.severity,
            0..scene.text.len(),
            format!(
                "Availability Zone `{}` is not in partition `{}`",
                named.name, named.partition
            ),
            help::at(scene, RULE.help),
        );
    }
}
