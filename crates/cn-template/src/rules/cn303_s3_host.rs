//! China has no global S3 endpoint: `s3.amazonaws.com.cn` does not exist.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::{self, Case};
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN303",
        title: "S3 host name without a region",
    },
    name: "s3-host",
    severity: Severity::Warning,
    why: "China has no global S3 endpoint: `s3.amazonaws.com.cn` does not exist",
    help: "write `s3.${AWS::Region}.${AWS::URLSuffix}`",
    sources: &["botocore-endpoints"],
    does: Does::REWRITTEN.or_reported(),
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    match (case, scene.aim.region()) {
        (Case::Regionless, Some(region)) if cases::has_suffix(scene, host) => {
            let dot = cases::dot_before_suffix(host);
            hits.replace(dot, To::Text(format!(".{region}.")));
        }
        (Case::Regionless, _) => hits.replace(host.suffix.clone(), To::RegionAndSuffix),
        _ => {}
    }
}
