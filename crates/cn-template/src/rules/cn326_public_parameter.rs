//! Systems Manager does not serve `/aws/service/global-infrastructure` in China.

use super::model::{Hits, Look, Rule};
use crate::diag::{Code, Severity};
use crate::look::scene::{Scene, places};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN326",
        title: "public parameter",
    },
    name: "public-parameter",
    severity: Severity::Warning,
    why: "Systems Manager does not serve `/aws/service/global-infrastructure` in China",
    help: "pass the value in as a parameter",
    sources: &["cn-systems-manager"],
    looks: &[Look::Words(&[NAME], look)],
    ..Rule::BASE
};

const NAME: &str = "/aws/service/global-infrastructure";

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if let Some(at) = places(scene.text, NAME)
        .next()
        .filter(|_| scene.aim.is_china())
    {
        hits.report(
            at..at + NAME.len(),
            "public parameters under `/aws/service/global-infrastructure` are not served in China",
        );
    }
}
