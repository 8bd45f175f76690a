//! Every ARN begins with the partition it belongs to; IAM answers `Partition
//! "aws" is not valid for resource`.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::arn::Arn;
use crate::diag::{Code, Severity};
use crate::look::place::Treatment;
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN101",
        title: "ARN of another partition",
    },
    name: "arn",
    severity: Severity::Warning,
    why: "every ARN begins with the partition it belongs to; IAM answers `Partition \"aws\" is not valid for resource`",
    help: "write `arn:${AWS::Partition}:` in `Fn::Sub`",
    sources: &["cn-arns", "sam-1954", "cdk-30437"],
    does: Does::FIXED.or_reported(),
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    if arn.is_foreign(scene)
        && !arn.names_foreign_region(scene)
        && scene.treatment != Treatment::Pattern
    {
        hits.replace(arn.partition_range.clone(), To::Partition);
    }
}
