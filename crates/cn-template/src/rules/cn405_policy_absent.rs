//! Attaching the policy fails with `Policy ... does not exist or is not attachable`.

use super::model::{Hits, Look, Rule};
use super::shared::arn::Arn;
use super::shared::policy;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN405",
        title: "AWS managed policy that does not exist",
    },
    name: "policy-absent",
    severity: Severity::Error,
    why: "attaching the policy fails with `Policy ... does not exist or is not attachable`",
    help: "attach another policy in China, or write the permissions inline",
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
    if policy.availability == Availability::No {
        hits.report(
            policy.range,
            format!(
                "AWS managed policy `{}` does not exist in partition `{}`",
                policy.path,
                region.partition()
            ),
        );
    }
}
