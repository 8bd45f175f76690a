//! Every ARN begins with its partition.
//!
//! Otherwise, IAM answers `Partition "aws" is not valid for resource`.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::arn::{self, Arn};
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
    why: "every ARN begins with its partition; with the wrong one, IAM fails with `Partition \"aws\" is not valid for resource`",
    help: "write `arn:${AWS::Partition}:` in `Fn::Sub`",
    sources: &["cn-arns", "sam-1954", "cdk-30437"],
    does: Does::FIXED.or_reported(),
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    if arn.is_foreign(scene) && scene.treatment != Treatment::Pattern && !is_named(scene, arn) {
        hits.replace(arn.partition_range.clone(), To::Partition);
    }
}

/// Returns true if the ARN is in a foreign region and can be replaced with a name.
///
/// CN103 reports it, and another partition alone would not fix it.
fn is_named(scene: &Scene<'_, '_>, arn: &Arn<'_>) -> bool {
    let (Some(fields), Some(region)) = (&arn.fields, scene.aim.region()) else {
        return false;
    };
    (fields.is_public_parameter() || fields.is_in_dynamic_reference(scene.text))
        && arn::foreign(fields.region.1, region).is_some()
}
