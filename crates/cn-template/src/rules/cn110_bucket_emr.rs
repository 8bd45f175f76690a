//! Each region has its own bucket for bootstrap actions, `REGION.elasticmapreduce`.

use super::model::{Does, Hits, Look, Rule, To};
use crate::diag::{Code, Severity};
use crate::look::scene::{Scene, occurrences};
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN110",
        title: "Amazon EMR bucket",
    },
    name: "bucket-emr",
    severity: Severity::Warning,
    why: "each region has its own bucket for bootstrap actions, `REGION.elasticmapreduce`",
    help: "write `s3://${AWS::Region}.elasticmapreduce`",
    sources: &["swb-cn"],
    does: Does::REWRITTEN,
    looks: &[Look::Words(&["elasticmapreduce"], look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let name = "elasticmapreduce";
    let Some(region) = scene.aim.region().filter(|_| scene.aim.is_china()) else {
        return;
    };
    for before in ["s3://", ":s3:::"] {
        for at in occurrences(scene.text, before) {
            let start = at + before.len();
            let rest = &scene.text[start..];
            let bucket = rest.split(['/', '"', '\'', ' ']).next().unwrap_or_default();
            let label = bucket
                .strip_suffix(name)
                .map(|label| label.trim_end_matches('.'));
            let is_other = |label: &str| {
                label.is_empty()
                    || Partition::of_region(label).is_some_and(|named| named != region.partition())
            };
            if label.is_some_and(is_other) {
                hits.replace(
                    start..start + bucket.len(),
                    To::Text(format!("{region}.{name}")),
                );
            }
        }
    }
}
