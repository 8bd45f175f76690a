//! A type that no table knows may be available or not.

use super::model::{Look, Rule, Spots};
use super::shared::availability;
use crate::china;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN407",
        title: "unknown resource type",
    },
    name: "type-unknown",
    severity: Severity::Note,
    why: "a type that is missing from the tables may be available or not",
    help: "look it up with `aws cloudformation describe-type` in the region",
    sources: &["cfn-lint-types"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let kind = subject.kind;
    if !availability::is_covered(subject) {
        return;
    }
    for (aims, region) in subject.regions() {
        if china::resource_type(kind, region) == Availability::Unknown {
            spots.report_message(
                subject.kind_span,
                aims,
                format!("`{kind}` is unknown, and it may not be available in `{region}`"),
            );
        }
    }
}
