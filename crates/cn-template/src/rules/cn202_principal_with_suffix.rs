//! Nearly all other service principals are `SERVICE.amazonaws.com` in every partition.
//!
//! For several services with China's suffix, IAM answers `Invalid principal in policy`.

use super::model::{Hits, Look, Rule, To};
use super::shared::cases::{self, Case};
use super::shared::host::Host;
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;
use crate::partition::Partition;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN202",
        title: "service principal with an unsupported DNS suffix",
    },
    name: "principal-with-suffix",
    severity: Severity::Warning,
    why: "nearly all other service principals are `SERVICE.amazonaws.com` in every partition; for several services with the suffix of China, IAM fails with `Invalid principal in policy`",
    help: "write `SERVICE.amazonaws.com` in every partition",
    sources: &[
        "cdk-2198",
        "serverless-5365",
        "terraform-eks-2932",
        "terraform-rds-437",
    ],
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
    let suffix = Partition::AwsCn.dns_suffix();
    // IAM is only known to refuse policies, and only for the services in reports.
    let is_refused = china::is_refused_with_suffix(&host.labels.join("."));
    if is_refused && scene.place.is_policy_principal() {
        return hits.report_as(
            Severity::Error,
            host.range.clone(),
            format!("service principal `{name}.{suffix}` does not exist"),
            format!("write `{name}.{plain}` in every partition: IAM rejects the other form with `Invalid principal in policy`"),
        );
    }
    // An author who writes China's suffix outside a policy may have seen it work.
    let is_meant =
        !is_refused && !cases::is_marked(scene, host) && !scene.place.is_policy_principal();
    let severity = if is_meant {
        Severity::Note
    } else {
        Severity::Warning
    };
    hits.report_as(
        severity,
        host.range.clone(),
        format!("service principal `{name}.{suffix}` is not known to exist"),
        format!("write `{name}.{plain}`, as for most services in every partition, unless you know that the other form works"),
    );
}
