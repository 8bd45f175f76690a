//! CloudFormation answers `Unrecognized resource types`.

use super::model::{Look, Rule, Spots};
use super::shared::availability;
use crate::china;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN401",
        title: "resource type that is not available in China",
    },
    name: "type-absent",
    severity: Severity::Error,
    why: "CloudFormation fails with `Unrecognized resource types`",
    help: "put the resource, and every reference to it, under a condition on `AWS::Partition` or `AWS::Region`",
    sources: &["cfn-lint-types"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let kind = subject.kind;
    if !availability::is_covered(subject) || !china::is_absent_in_china(kind) {
        return;
    }
    for (aims, region) in subject.regions() {
        if china::resource_type(kind, region) == Availability::No {
            spots.report_as(
                Severity::Error,
                subject.kind_span,
                aims,
                format!("`{kind}` is not available in China"),
                china::advice(kind).unwrap_or(RULE.help),
            );
        }
    }
}
