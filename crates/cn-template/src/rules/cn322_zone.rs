//! Targets of alias records have different hosted zones in each region.

use super::model::{Does, Hits, Look, Rule, To};
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN322",
        title: "hosted zone of an alias target",
    },
    name: "zone",
    severity: Severity::Warning,
    why: "the targets of alias records have different hosted zones in each region",
    help: "get it from the resource, as with `!GetAtt LoadBalancer.CanonicalHostedZoneID`, or look it up by `AWS::Region` in a mapping",
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
    let Some(twin) = china::twin(scene.text, region).filter(|twin| twin.kind.starts_with("zone-"))
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
                "hosted zone `{}` ({}) is not in the target partition",
                scene.text, twin.kind
            ),
        ),
    }
}
