//! The text may be a service principal, which stays, or an address, which changes.

use super::model::{Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN311",
        title: "name of a service or a host",
    },
    name: "unknown-name",
    severity: Severity::Note,
    why: "the text may be a service principal, which is the same in China, or a host name, which differs",
    help: "leave a service principal as it is; in a host name, write `${AWS::URLSuffix}`",
    sources: &["cdk-2198"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::UnknownName {
        hits.report(
            host.range.clone(),
            format!(
                "`{}` may be a service principal or a host name, so it is not changed",
                scene.shown(&host.range)
            ),
        );
    }
}
