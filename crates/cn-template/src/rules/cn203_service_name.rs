//! IAM compares the value with the name that the service presents.
//!
//! If the principal of a service has two forms, the condition must list both.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN203",
        title: "service name in a policy condition",
    },
    name: "service-name",
    severity: Severity::Warning,
    why: "IAM compares the value with the name that the service sends; if the principal of the service has two forms, the condition must list both",
    help: "list both forms",
    sources: &["swb-cn", "cdk-principals"],
    does: Does::REWRITTEN,
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::ServiceName {
        let name = &scene.text[..host.suffix.start];
        let other = format!("{name}{}", Partition::AwsCn.dns_suffix());
        hits.replace(host.range.clone(), To::Also(other));
    }
}
