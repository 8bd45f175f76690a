//! Systems Manager does not serve `/aws/service/global-infrastructure` in China.

use super::model::{Hits, Look, Rule};
use crate::diag::{Code, Severity};
use crate::look::scene::{Scene, occurrences};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN326",
        title: "public parameter that is not available in China",
    },
    name: "public-parameter",
    severity: Severity::Warning,
    why: "Systems Manager does not provide `/aws/service/global-infrastructure` in China",
    help: "pass the value as a parameter of the template",
    sources: &["cn-systems-manager"],
    looks: &[Look::Words(&[NAME], look)],
    ..Rule::BASE
};

const NAME: &str = "/aws/service/global-infrastructure";

fn look(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    if let Some(at) = occurrences(scene.text, NAME)
        .next()
        .filter(|_| scene.aim.is_china())
    {
        hits.report(
            at..at + NAME.len(),
            "public parameters under `/aws/service/global-infrastructure` are not available in China",
        );
    }
}
