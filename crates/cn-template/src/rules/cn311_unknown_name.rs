//! The text may be a service principal, which stays, or an address, which changes.

use super::model::{Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN311",
        title: "service or address",
    },
    name: "unknown-name",
    severity: Severity::Note,
    why: "the text may be a service principal, which stays, or an address, which changes",
    help: "a service principal stays as it is in China; for an address write `${AWS::URLSuffix}`",
    sources: &["cdk-2198"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::UnknownName {
        hits.report(
            host.range.clone(),
            format!(
                "`{}` stays as it is: it may name a service or an address",
                scene.shown(&host.range)
            ),
        );
    }
}
