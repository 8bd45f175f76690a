//! The registry lists the type, but the service has no known endpoint in China.

use super::model::{Look, Rule, Spots};
use crate::china;
use crate::china::Availability;
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN429",
        title: "resource type of a service without a known endpoint",
    },
    name: "doubtful",
    severity: Severity::Warning,
    why: "the CloudFormation registry lists the type, but no endpoint of the service is known in China",
    help: "test it in China before you rely on it",
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
            spots.report_message(
                subject.kind_span,
                aims,
                format!(
                    "the CloudFormation registry lists `{kind}`, but no endpoint of the service is known in China"
                ),
            );
        }
    }
}
