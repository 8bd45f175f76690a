//! The registry lists the type, but the service has no known endpoint in China.

use super::model::{Look, Rule, Spots};
use crate::china;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN429",
        title: "type without an endpoint",
    },
    name: "doubtful",
    severity: Severity::Warning,
    why: "the registry lists the type, and no endpoint of the service is known in China",
    help: "try it there before you rely on it",
    sources: &["botocore-endpoints", "cfn-lint-types"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let kind = subject.kind;
    if !china::is_doubtful(kind) {
        return;
    }
    for (aims, region) in subject.regions() {
        if china::resource_type(kind, region) == Availability::Yes {
            spots.say(
                subject.kind_span,
                aims,
                format!(
                    "the registry lists `{kind}`, but no endpoint of the service is known in China"
                ),
            );
        }
    }
}
