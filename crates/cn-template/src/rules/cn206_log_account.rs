//! Each region has its own account for log delivery.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::arn::Arn;
use super::shared::{account, arn};
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN206",
        title: "account for log delivery",
    },
    name: "log-account",
    severity: Severity::Warning,
    why: "each region has its own account for log delivery",
    help: "use the account ID of the target region, or a service principal if the service offers one",
    sources: &["cdk-region-info", "terraform-aws"],
    does: Does::REWRITTEN.or_reported(),
    looks: &[Look::Arn(look), Look::Text(look_at_number)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let Some(account) = account::in_arn(scene, arn).filter(account::Account::delivers_logs) else {
        return;
    };
    match account.counterpart {
        Some(counterpart) => hits.replace(account.range, To::Text(counterpart.to_owned())),
        None => hits.report(account.range, account.message),
    }
}

/// Looks at an account that is a principal by its bare number.
fn look_at_number(scene: &Scene<'_, '_>, hits: &mut Hits<'_>) {
    let Some(region) = scene.aim.region() else {
        return;
    };
    if !scene.place.is_account() || !arn::is_account(scene.text) {
        return;
    }
    let Some(twin) = china::twin(scene.text, region).filter(account::delivers_logs) else {
        return;
    };
    let whole = 0..scene.text.len();
    match twin
        .value
        .filter(|_| scene.place.section != Section::Mappings)
    {
        Some(value) => hits.replace(whole, To::Text(value.to_owned())),
        None => hits.report(
            whole,
            format!(
                "account `{}` ({}) is not in the target partition",
                scene.text, twin.kind
            ),
        ),
    }
}
