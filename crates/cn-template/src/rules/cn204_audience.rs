//! The audience of EKS tokens is `sts.amazonaws.com` in every partition.
//!
//! For other audiences, STS answers `Incorrect token audience`.

use super::model::{Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN204",
        title: "audience of EKS tokens",
    },
    name: "audience",
    severity: Severity::Error,
    why: "the audience of EKS tokens is `sts.amazonaws.com` in every partition; for other audiences, STS fails with `Incorrect token audience`",
    help: "write `sts.amazonaws.com` in every partition",
    sources: &["eksctl-1910"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::Audience {
        hits.report(
            host.range.clone(),
            "the audience of EKS tokens is `sts.amazonaws.com` in China, too",
        );
    }
}
