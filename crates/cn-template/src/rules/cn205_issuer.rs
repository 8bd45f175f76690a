//! A regional host issues the tokens of identity pools in China.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN205",
        title: "issuer of identity pool tokens",
    },
    name: "issuer",
    severity: Severity::Warning,
    why: "in China, a regional host issues the tokens of identity pools",
    help: "choose the statement for China with a condition on `AWS::Partition`: a key cannot contain a function",
    sources: &["cn-cognito"],
    does: Does::REWRITTEN,
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, host: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    if *case == Case::Issuer {
        hits.replace(host.suffix.clone(), To::RegionAndSuffix);
    }
}
