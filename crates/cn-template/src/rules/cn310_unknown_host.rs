//! Replacing only the suffix may name a host that does not exist.

use super::model::{Hits, Look, Rule};
use super::shared::cases::Case;
use super::shared::help;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN310",
        title: "host name without a known counterpart",
    },
    name: "unknown-host",
    severity: Severity::Warning,
    why: "a host name with only the suffix replaced may not exist",
    help: "copy the files to a location in China, or write the regional host name with `${AWS::URLSuffix}`",
    sources: &["botocore-endpoints"],
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::UnknownHost {
        hits.report_as(
            RULE.severity,
            host.range.clone(),
            format!("`{}` has no known counterpart", scene.shown(&host.range)),
            help::at(scene, RULE.help),
        );
    }
}
