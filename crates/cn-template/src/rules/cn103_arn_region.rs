//! A region belongs to one partition.

use super::model::{Hits, Look, Rule};
use super::shared::arn;
use super::shared::arn::Arn;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN103",
        title: "ARN names a region of another partition",
    },
    name: "arn-region",
    severity: Severity::Warning,
    why: "a region belongs to one partition",
    help: "write `${AWS::Region}` in `Fn::Sub` if the region of the stack is meant",
    sources: &["botocore-partitions"],
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let (Some(fields), Some(region)) = (&arn.fields, scene.aim.region()) else {
        return;
    };
    if fields.subject() != arn::Subject::Other {
        return;
    }
    if let Some(literal) = arn::foreign(fields.region.1, region) {
        let partition = region.partition();
        hits.report(
            arn::range_of(fields.region),
            format!("ARN names region `{literal}`, which is not in partition `{partition}`"),
        );
    }
}
