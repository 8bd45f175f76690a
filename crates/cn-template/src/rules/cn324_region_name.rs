//! A connection between regions stays inside one partition.

use super::model::{Hits, Look, Rule};
use super::shared::{help, region};
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN324",
        title: "region of another partition",
    },
    name: "region-name",
    severity: Severity::Warning,
    why: "a cross-region connection cannot leave its partition",
    help: "write `!Ref AWS::Region` if you mean the region of the stack; a cross-region connection cannot leave its partition",
    sources: &["cn-general"],
    looks: &[Look::Text(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if let Some(named) = region::foreign(scene).filter(|named| !named.is_zone) {
        hits.report_as(
            named.severity,
            0..scene.text.len(),
            format!(
                "region `{}` is not in partition `{}`",
                named.name, named.partition
            ),
            help::at(scene, RULE.help),
        );
    }
}
