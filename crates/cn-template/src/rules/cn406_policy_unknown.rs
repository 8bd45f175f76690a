//! The tables lag AWS by some months.

use super::model::{Hits, Look, Rule};
use super::shared::arn::Arn;
use super::shared::policy;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN406",
        title: "unknown AWS managed policy",
    },
    name: "policy-unknown",
    severity: Severity::Note,
    why: "the tables of managed policies lag AWS by some months",
    help: "look it up in the IAM console of an account in China",
    sources: &["sam-policies"],
    looks: &[Look::Arn(look_at_arn), Look::Text(look_at_name)],
    ..Rule::BASE
};

fn look_at_arn(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    report(scene, policy::in_arn(scene, arn), hits);
}

fn look_at_name(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    report(scene, policy::bare(scene), hits);
}

fn report(scene: &Scene<'_, '_>, policy: Option<policy::Policy<'_>>, hits: &mut Hits<'_>) {
    let (Some(region), Some(policy)) = (scene.aim.region(), policy) else {
        return;
    };
    if policy.availability == Availability::Unknown && region.partition() == Partition::AwsCn {
        hits.report(
            policy.range,
            format!(
                "AWS managed policy `{}` is unknown, and it may not exist in China",
                policy.path
            ),
        );
    }
}
