//! Targets of alias records have different hosted zones in each region.

use super::model::{Does, Hits, Look, Rule, To};
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN322",
        title: "hosted zone of AWS",
    },
    name: "zone",
    severity: Severity::Warning,
    why: "targets of alias records have other zones in each region",
    help: "ask the resource for it (`!GetAtt LoadBalancer.CanonicalHostedZoneID`) or map it by `AWS::Region`",
    sources: &["cn-route53", "terraform-aws"],
    does: Does::FIXED.or_reported(),
    looks: &[Look::Named("CloudFrontZone"), Look::Text(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let Some(region) = scene.aim.region() else {
        return;
    };
    if !scene.text.starts_with('Z') || scene.text.len() <= 10 {
        return;
    }
    let Some(twin) = china::twin(scene.text, region).filter(|twin| twin.what.starts_with("zone-"))
    else {
        return;
    };
    let whole = 0..scene.text.len();
    match twin
        .value
        .filter(|_| scene.place.section != Section::Mappings)
    {
        Some(value) => hits.replace(whole, To::Text(value.to_owned())),
        None => hits.report(
            whole,
            format!(
                "`{}` ({}) belongs to another partition",
                scene.text, twin.what
            ),
        ),
    }
}
