//! The pattern does not match the ARNs of the target.

use super::model::{Does, Hits, Look, Rule, To};
use super::shared::arn::Arn;
use crate::diag::{Code, Severity};
use crate::look::place::Treatment;
use crate::look::scene::Scene;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN109",
        title: "AllowedPattern that matches only one partition",
    },
    name: "pattern",
    severity: Severity::Warning,
    why: "the pattern does not match the ARNs of the target partition",
    help: "allow every partition: `arn:aws(-[a-z]+)*:`",
    sources: &["moodle-cn"],
    does: Does::FIXED,
    looks: &[Look::Arn(look)],
    ..Rule::BASE
};

fn look(scene: &Scene<'_, '_>, arn: &Arn<'_>, hits: &mut Hits<'_>) {
    if arn.is_foreign(scene) && scene.treatment == Treatment::Pattern {
        hits.replace(arn.partition_range.clone(), To::AnyPartition);
    }
}
