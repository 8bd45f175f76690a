//! A region belongs to one partition.

use super::model::{Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::help;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN302",
        title: "host name in a region of another partition",
    },
    name: "host-region",
    severity: Severity::Warning,
    why: "a region belongs to one partition",
    help: "write `${AWS::Region}` and `${AWS::URLSuffix}` in `Fn::Sub` if you mean the region of the stack",
    sources: &["botocore-partitions"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if let (Case::ForeignRegion(literal), Some(region)) = (case, scene.aim.region()) {
        let partition = region.partition();
        hits.report_as(
            RULE.severity,
            host.range.clone(),
            format!("host name is in region `{literal}`, which is not in partition `{partition}`"),
            help::at(scene, RULE.help),
        );
    }
}
