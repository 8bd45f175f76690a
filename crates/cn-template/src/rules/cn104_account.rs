//! An account exists in one partition only.

use super::model::{Hits, Look, Rule};
use super::shared::arn;
use super::shared::arn::Arn;
use super::shared::help;
use crate::china;
use crate::diag::{Code, Severity};
use crate::look::place::Section;
use crate::look::scene::Scene;
use crate::partition::{Partition, Region};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN104",
        title: "hard-coded account ID",
    },
    name: "account",
    severity: Severity::Note,
    why: "an AWS account belongs to one partition",
    help: "write `${AWS::AccountId}` if you mean the account of the stack; otherwise, make it a parameter",
    sources: &["cn-general"],
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    let (Some(fields), Some(region)) = (&arn.fields, scene.aim.region()) else {
        return;
    };
    // The help recommends a parameter.
    if scene.place.section == Section::Parameters {
        return;
    }
    // An ARN of the target contains an account of the target.
    if arn.partition == Some(region.partition()) || is_here(fields.region.1, region) {
        return;
    }
    let number = fields.account.1;
    let is_of_aws =
        || china::twin(number, region).is_some() || china::is_known_here(number, region);
    if fields.subject() == arn::Subject::Other
        && scene.aim.is_china()
        && arn::is_account(number)
        && !is_of_aws()
    {
        let message =
            format!("account ID `{number}` is hard-coded, and an account belongs to one partition");
        let range = arn::range_of(fields.account);
        hits.report_as(RULE.severity, range, message, help::at(scene, RULE.help));
    }
}

/// Returns true if a region is in the target partition.
fn is_here(name: &str, region: &Region) -> bool {
    Partition::of_region(name) == Some(region.partition())
}
