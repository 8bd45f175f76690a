//! All other service principals are `SERVICE.amazonaws.com` in every partition;
//! IAM answers `Invalid principal in policy`.

use super::model::{Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN202",
        title: "service principal that must not carry the suffix",
    },
    name: "principal-with-suffix",
    severity: Severity::Error,
    why: "all other service principals are `SERVICE.amazonaws.com` in every partition; IAM answers `Invalid principal in policy`",
    help: "write `SERVICE.amazonaws.com` in every partition",
    sources: &["cdk-2198", "serverless-5365"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    let Case::PrincipalWithoutSuffix { name, is_china } = case else {
        return;
    };
    let plain = Partition::Aws.dns_suffix();
    if !is_china {
        return hits.replace(host.suffix.clone(), To::Text(plain.to_owned()));
    }
    let start = host.range.start;
    let name = scene.shown(&(start..start + name.len()));
    hits.report_as(
        Severity::Error,
        host.range.clone(),
        format!(
            "service principal `{name}.{}` does not exist",
            Partition::AwsCn.dns_suffix()
        ),
        format!(
            "write `{name}.{plain}` in every partition; IAM answers `Invalid principal in policy`"
        ),
    );
}
