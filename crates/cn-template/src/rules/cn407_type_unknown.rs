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
        title: "resource type that no table knows",
    },
    name: "type-unknown",
    severity: Severity::Note,
    why: "a table that does not know a type cannot call it fine",
    help: "look it up with `aws cloudformation describe-type` in the region",
    sources: &["cfn-lint-types"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let kind = subject.kind;
    if !availability::is_asked(subject) {
        return;
    }
    for (aims, region) in subject.regions() {
        if china::resource_type(kind, region) == Availability::Unknown {
            spots.say(
                subject.kind_span,
                aims,
                format!("no table knows `{kind}`, so its availability in `{region}` is unknown"),
            );
        }
    }
}
