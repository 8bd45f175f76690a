//! AWS's own registries have different accounts in each partition.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::cases::Case;
use super::shared::host::Host;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN312",
        title: "image registry owned by AWS",
    },
    name: "registry",
    severity: Severity::Warning,
    why: "the registries that AWS owns are in a different account in each partition",
    help: "look up the account ID by `AWS::Region` in a mapping",
    sources: &["cdk-region-info", "eks-ami"],
    does: Does::REWRITTEN,
    looks: &[Look::Host(look)],
    ..Rule::BASE
};

fn look(_: &Scene<'_, '_>, _: &Host<'_>, case: &Case<'_>, hits: &mut Hits<'_>) {
    let Case::Registry {
        account,
        counterpart,
        region,
    } = case
    else {
        return;
    };
    hits.replace(account.clone(), To::Text((*counterpart).to_owned()));
    if let Some(region) = region {
        hits.replace(region.clone(), To::Region);
    }
}
