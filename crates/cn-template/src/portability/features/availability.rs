//! Types, properties, values and mapping rows that a region does not have.

use std::collections::BTreeSet;

use super::super::condition::Conditions;
use super::super::rule::code;
use super::{Subject, is_no_value};
use crate::china::{self, Availability, Difference};
use crate::diag::{Diagnostic, Severity};
use crate::partition::Partition;
use crate::portability::Target;
use crate::tree::{Call, Function, Kind, Node, Template};

pub(super) fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    if subject.logical_id != "Globals" {
        found.extend(resource_type(subject));
    }
    if subject.properties.is_some() {
        schema(subject, found);
    }
    instance_class(subject, found);
}

fn resource_type(subject: &Subject<'_, '_>) -> Option<Diagnostic> {
    let (kind, region) = (subject.kind, subject.region);
    // Function URLs have a rule of their own, whatever the registry lists.
    let is_for_others = kind == "AWS::CDK::Metadata" || kind == "AWS::Lambda::Url";
    if !kind.starts_with("AWS::") || kind.starts_with("AWS::Serverless::") || is_for_others {
        return None;
    }
    let is_absent = china::is_absent_in_china(kind);
    match china::resource_type(kind, region) {
        Availability::Yes => None,
        Availability::Unknown => Some(subject.found(
            code::TYPE_UNKNOWN,
            Severity::Note,
            subject.kind_span,
            format!("`{kind}` is in no table here, so nothing is known of it in `{region}`"),
            "look it up with `aws cloudformation describe-type` in the region",
        )),
        Availability::No => {
            let (code, message) = match special(kind) {
                Some(code) => (code, format!("`{kind}` does not exist in China")),
                None if is_absent => (
                    code::TYPE_ABSENT,
                    format!("`{kind}` does not exist in China"),
                ),
                None => (
                    code::TYPE_ABSENT_HERE,
                    format!(
                        "`{kind}` does not exist in `{region}`, only in the other region of China"
                    ),
                ),
            };
            Some(subject.found(
                code,
                Severity::Error,
                subject.kind_span,
                message,
                advice(kind),
            ))
        }
    }
}

/// Types that a rule of its own speaks of.
fn special(kind: &str) -> Option<crate::diag::Code> {
    if kind.starts_with("AWS::Cognito::UserPool") {
        return Some(code::USER_POOL);
    }
    let edge = [
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::Function",
        "AWS::CloudFront::KeyValueStore",
    ];
    edge.contains(&kind).then_some(code::EDGE_CODE)
}

/// What people did instead, by the beginning of the type.
const ADVICE: [(&str, &str); 12] = [
    (
        "AWS::Cognito::",
        "sign users in with another OIDC provider, or verify tokens in a Lambda authorizer; keep the resource under a condition on `AWS::Partition`",
    ),
    (
        "AWS::CloudFront::OriginAccessControl",
        "use an origin access identity in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::CloudFront::",
        "drop it in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::CodeStar",
        "take the source from CodeCommit or S3 in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::CodeConnections",
        "take the source from CodeCommit or S3 in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::AppRunner::",
        "run the container on ECS in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::OpenSearchServerless::",
        "use an OpenSearch domain in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::MSK::Serverless",
        "use a provisioned MSK cluster in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::SES::",
        "send mail through a provider in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::Lambda::CodeSigning",
        "drop code signing in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::Signer::",
        "drop code signing in China, under a condition on `AWS::Partition`",
    ),
    (
        "AWS::ECR::PublicRepository",
        "use a private repository in China, under a condition on `AWS::Partition`",
    ),
];

fn advice(kind: &str) -> &'static str {
    ADVICE
        .iter()
        .find(|(prefix, _)| kind.starts_with(prefix))
        .map_or("put the resource, and what refers to it, under a condition on `AWS::Partition` or `AWS::Region`", |(_, help)| help)
}

/// Properties and values that the schema of the region does not know.
fn schema(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for difference in china::schema_differences(subject.kind, subject.region) {
        match difference {
            Difference::Property(path) => {
                let keys: Vec<&str> = path.trim_start_matches('/').split('/').collect();
                let message = format!(
                    "`{}` of `{}` is not known in `{}`",
                    keys.join("."),
                    subject.kind,
                    subject.region
                );
                subject.forbid(
                    found,
                    &keys,
                    code::PROPERTY_ABSENT,
                    Severity::Warning,
                    &message,
                    "drop it there with `!If [IsChina, !Ref AWS::NoValue, ...]`; creation fails with `extraneous key [...] is not permitted`",
                );
            }
            Difference::Value(path, value) => {
                let keys: Vec<&str> = path.trim_start_matches('/').split('/').collect();
                for (_, span) in subject
                    .texts(&keys)
                    .into_iter()
                    .filter(|(text, _)| *text == value)
                {
                    found.push(subject.found(
                        code::PROPERTY_ABSENT,
                        Severity::Warning,
                        span,
                        format!(
                            "`{}` of `{}` does not take `{value}` in `{}`",
                            keys.join("."),
                            subject.kind,
                            subject.region
                        ),
                        "choose another value there, by a condition on `AWS::Partition`",
                    ));
                }
            }
            Difference::Required(path) => {
                let keys: Vec<&str> = path.trim_start_matches('/').split('/').collect();
                let Some((last, parents)) = keys.split_last() else {
                    continue;
                };
                for node in subject
                    .at(parents)
                    .into_iter()
                    .filter(|node| node.is_mapping() && node.call().is_none())
                {
                    if node.get(last).is_none_or(is_no_value) {
                        found.push(subject.found(
                            code::PROPERTY_ABSENT,
                            Severity::Warning,
                            subject.kind_span,
                            format!(
                                "`{}` of `{}` must be given in `{}`",
                                keys.join("."),
                                subject.kind,
                                subject.region
                            ),
                            "add the property",
                        ));
                    }
                }
            }
        }
    }
}

/// Instance classes, written out or as a parameter's default.
fn instance_class(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let property = match subject.kind {
        "AWS::RDS::DBInstance" => "DBInstanceClass",
        "AWS::RDS::DBCluster" => "DBClusterInstanceClass",
        "AWS::DAX::Cluster" => "NodeType",
        _ => return,
    };
    for node in subject.at(&[property]) {
        let written = match node.call() {
            Some(Call {
                function: Function::Ref,
                argument,
                ..
            }) => argument
                .as_str()
                .and_then(|name| {
                    subject
                        .template
                        .parameters()
                        .find(|parameter| parameter.name == name)
                })
                .and_then(|parameter| parameter.default),
            _ => Some(node),
        };
        let Some((class, span)) = written.and_then(|node| Some((node.as_str()?, node.span))) else {
            continue;
        };
        let name = format!("{}/{property}", subject.kind);
        if china::instance_class(&name, class, subject.region) == Availability::No {
            found.push(subject.found(
                code::CLASS_ABSENT,
                Severity::Warning,
                span,
                format!(
                    "instance class `{class}` is not offered in `{}`",
                    subject.region
                ),
                "make the class a parameter, or map it by `AWS::Region`",
            ));
        }
    }
}

/// Mappings that are asked for a row they do not have.
pub(super) fn mappings(
    template: &Template,
    target: &Target,
    conditions: &Conditions<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let maps = template
        .root()
        .get("Mappings")
        .map(Node::entries)
        .unwrap_or_default();
    let mut asked = BTreeSet::new();
    for section in ["Resources", "Outputs", "Conditions"] {
        if let Some(node) = template.root().get(section) {
            lookups(node, conditions, &mut asked);
        }
    }
    for (map, pseudo) in asked {
        let Some(entry) = maps.iter().find(|entry| entry.key.as_str() == Some(map)) else {
            continue;
        };
        let row = match pseudo {
            "AWS::Region" => target.region.as_str(),
            "AWS::Partition" => target.region.partition().id(),
            _ => continue,
        };
        if entry.value.get(row).is_none() && has_rows_like(&entry.value, row) {
            found.push(
                Diagnostic::warning(code::MAP_ROWS, format!("mapping `{map}` has no row `{row}`"))
                    .at(template.source(), entry.key.span, format!("looked up by `{pseudo}`"))
                    .help("add the row; without it creation fails with `Template error: Unable to get mapping`"),
            );
        }
    }
}

/// Whether other rows are regions or partitions at all: a loop's map may be of another kind.
fn has_rows_like(map: &Node, row: &str) -> bool {
    let is_region = Partition::of_region(row).is_some();
    map.entries()
        .iter()
        .filter_map(|entry| entry.key.as_str())
        .any(|key| {
            if is_region {
                Partition::of_region(key).is_some()
            } else {
                key.starts_with("aws")
            }
        })
}

/// Collects `Fn::FindInMap` calls whose first key is a pseudo parameter.
fn lookups<'t>(
    node: &'t Node,
    conditions: &Conditions<'t>,
    asked: &mut BTreeSet<(&'t str, &'t str)>,
) {
    let condition = node.get("Condition").and_then(Node::as_str);
    if node.get("Type").is_some()
        && condition.and_then(|name| conditions.holds(name)) == Some(false)
    {
        return;
    }
    if let Some(call) = node.call() {
        match (call.function, call.argument.items()) {
            (Function::FindInMap, [map, first, _]) => {
                let pseudo = first
                    .call()
                    .filter(|call| call.function == Function::Ref)
                    .and_then(|call| call.argument.as_str());
                asked.extend(map.as_str().zip(pseudo));
            }
            (Function::If, [name, then, otherwise]) => {
                let holds = name.as_str().and_then(|name| conditions.holds(name));
                if holds != Some(false) {
                    lookups(then, conditions, asked);
                }
                if holds != Some(true) {
                    lookups(otherwise, conditions, asked);
                }
                return;
            }
            _ => {}
        }
    }
    match &node.kind {
        Kind::Sequence(items) => items
            .iter()
            .for_each(|item| lookups(item, conditions, asked)),
        Kind::Mapping(mapping) => mapping
            .entries
            .iter()
            .for_each(|entry| lookups(&entry.value, conditions, asked)),
        Kind::Tagged(tagged) => lookups(&tagged.value, conditions, asked),
        Kind::Scalar(_) => {}
    }
}
