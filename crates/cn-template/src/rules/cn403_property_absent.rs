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
        title: "property or value that is not available",
    },
    name: "property-absent",
    severity: Severity::Warning,
    why: "CloudFormation fails with `extraneous key [...] is not permitted`",
    help: "remove it in China with `!If [IsChina, !Ref AWS::NoValue, ...]`",
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
                "`{}` of `{kind}` is not available in `{region}`",
                keys.join(".")
            );
            for (span, reached) in subject.given(&keys) {
                spots.report_message(span, reached.and(aims), message.as_str());
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
                            "`{}` of `{kind}` does not support `{value}` in `{region}`",
                            keys.join(".")
                        ),
                        "choose another value in China with a condition on `AWS::Partition`",
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
                        format!("`{}` of `{kind}` is required in `{region}`", keys.join(".")),
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
