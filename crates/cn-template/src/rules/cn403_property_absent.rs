//! CloudFormation answers `extraneous key [...] is not permitted`.

use super::model::{Look, Rule, Spots};
use crate::china;
use crate::china::Difference;
use crate::diag::{Code, Severity};
use crate::look::aim::Aims;
use crate::look::subject::{Subject, is_no_value};
use crate::partition::Region;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN403",
        title: "property or value that does not exist",
    },
    name: "property-absent",
    severity: Severity::Warning,
    why: "CloudFormation answers `extraneous key [...] is not permitted`",
    help: "drop it there with `!If [IsChina, !Ref AWS::NoValue, ...]`; creation fails with `extraneous key [...] is not permitted`",
    sources: &["cfn-lint-schema"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    if subject.properties.is_none() {
        return;
    }
    for (aims, region) in subject.regions() {
        for difference in china::schema_differences(subject.kind, region) {
            of_difference(subject, difference, aims, region, spots);
        }
    }
}

fn of_difference(
    subject: &Subject<'_, '_>,
    difference: Difference,
    aims: Aims,
    region: &Region,
    spots: &mut Spots<'_>,
) {
    let kind = subject.kind;
    match difference {
        Difference::Property(path) => {
            let keys = keys_of(path);
            let message = format!(
                "`{}` of `{kind}` is not known in `{region}`",
                keys.join(".")
            );
            for (span, reached) in subject.given(&keys) {
                spots.say(span, reached.and(aims), message.as_str());
            }
        }
        Difference::Value(path, value) => {
            let keys = keys_of(path);
            for (text, span, reached) in subject.texts(&keys) {
                if text == value {
                    spots.report_as(
                        Severity::Warning,
                        span,
                        reached.and(aims),
                        format!(
                            "`{}` of `{kind}` does not take `{value}` in `{region}`",
                            keys.join(".")
                        ),
                        "choose another value there, by a condition on `AWS::Partition`",
                    );
                }
            }
        }
        Difference::Required(path) => {
            let keys = keys_of(path);
            let Some((last, parents)) = keys.split_last() else {
                return;
            };
            for (node, reached) in subject.at(parents) {
                let is_open = node.is_mapping() && node.call().is_none();
                if is_open && node.get(last).is_none_or(is_no_value) {
                    spots.report_as(
                        Severity::Warning,
                        subject.kind_span,
                        reached.and(aims),
                        format!(
                            "`{}` of `{kind}` must be given in `{region}`",
                            keys.join(".")
                        ),
                        "add the property",
                    );
                }
            }
        }
    }
}

fn keys_of(path: &str) -> Vec<&str> {
    path.trim_start_matches('/').split('/').collect()
}
