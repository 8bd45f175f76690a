//! Accounts that AWS owns have different numbers in each partition.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::account;
use super::shared::arn::Arn;
use crate::diag::{Code, Severity};
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN108",
        title: "account owned by AWS",
    },
    name: "known-account",
    severity: Severity::Warning,
    why: "accounts that AWS owns have different IDs in each partition",
    help: "use the account ID of the target region",
    sources: &["cdk-region-info", "eks-ami"],
    does: Does::REWRITTEN.or_reported(),
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let Some(account) = account::in_arn(scene, arn).filter(|account| !account.delivers_logs())
    else {
        return;
    };
    match account.counterpart {
        Some(counterpart) => hits.replace(account.range, To::Text(counterpart.to_owned())),
        None => hits.report(account.range, account.message),
    }
}
