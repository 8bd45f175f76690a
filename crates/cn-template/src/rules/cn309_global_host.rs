//! The service has only one endpoint in China, or one in each region.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::{self, Case};
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN309",
        title: "host name of a global service",
    },
    name: "global-host",
    severity: Severity::Warning,
    why: "in China, the service has only one endpoint, or one in each region",
    help: "look up the host name by `AWS::Partition` in a mapping",
    sources: &["botocore-endpoints"],
    does: Does::REWRITTEN,
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if let (Case::Home(home), Some(region)) = (case, scene.aim.region()) {
        let home = if home.is_empty() {
            region.as_str()
        } else {
            home
        };
        if cases::has_suffix(scene, host) {
            let dot = cases::dot_before_suffix(host);
            return hits.replace(dot, To::Text(format!(".{home}.")));
        }
        let suffix = region.partition().dns_suffix();
        hits.replace(host.suffix.clone(), To::Text(format!("{home}.{suffix}")));
    }
}
