//! The hyphen is an old form that never existed in China.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN307",
        title: "S3 host name with a hyphen before the region",
    },
    name: "s3-hyphen",
    severity: Severity::Warning,
    why: "the hyphen is a legacy form that never existed in China",
    help: "replace the hyphen with a dot",
    sources: &["cdk-region-info"],
    does: Does::REWRITTEN,
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, _: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if let Case::Hyphen(range) = case {
        hits.replace(range.clone(), To::Text(".".to_owned()));
    }
}
