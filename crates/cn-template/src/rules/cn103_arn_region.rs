//! A region belongs to one partition.

use super::model::{Hits, Look, Rule};
use super::shared::arn;
use super::shared::arn::{Arn, Fields};
use super::shared::help;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN103",
        title: "ARN in a region of another partition",
    },
    name: "arn-region",
    severity: Severity::Warning,
    why: "a region belongs to one partition",
    help: "write `${AWS::Region}` in `Fn::Sub` if you mean the region of the stack",
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
        let message =
            format!("ARN is in region `{literal}`, which is not in partition `{partition}`");
        let range = arn::range_of(fields.region);
        hits.report_as(RULE.severity, range, message, help(scene, fields));
    }
}

fn help(scene: &Scene<'_, '_>, fields: &Fields<'_>) -> &'static str {
    if fields.is_public_parameter() {
        return "use the name of the public parameter instead of its ARN, `/aws/service/...`: every region has its own";
    }
    if fields.is_in_dynamic_reference(scene.text) {
        return "use the name of the parameter or secret instead of its ARN: a name refers to the region of the stack";
    }
    help::at(scene, RULE.help)
}
