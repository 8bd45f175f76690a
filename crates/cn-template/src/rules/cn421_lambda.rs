//! Several features of Lambda are not available in China.
//!
//! These are code signing, keys for archives, recursive-loop detection, SnapStart beyond Java, and
//! several settings of event sources.

use super::model::{Absent, Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::look::aim::Aims;
use crate::look::phrase::Phrase;
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN421",
        title: "Lambda feature that is not available in China",
    },
    name: "lambda",
    severity: Severity::Error,
    why: "code signing, KMS keys for deployment packages, recursive loop detection, SnapStart for runtimes other than Java, and several settings of event source mappings are not available in China",
    help: "remove it in China with `!If [IsChina, !Ref AWS::NoValue, ...]`",
    sources: &["cn-lambda"],
    looks: &[
        Look::Absent(&[
            Absent::property("AWS::Lambda::Function", &["CodeSigningConfigArn"])
                .saying("`CodeSigningConfigArn` is not available in China"),
            Absent::property("AWS::Lambda::Function", &["Code", "SourceKMSKeyArn"])
                .saying("`SourceKMSKeyArn` is not available in China"),
            Absent::property("AWS::Lambda::Function", &["SourceKMSKeyArn"])
                .saying("`SourceKMSKeyArn` is not available in China"),
            Absent::property("AWS::Lambda::Function", &["RecursiveLoop"])
                .saying("`RecursiveLoop` is not available in China"),
            Absent::property("AWS::Serverless::Function", &["CodeSigningConfigArn"])
                .saying("`CodeSigningConfigArn` is not available in China"),
            Absent::property("AWS::Serverless::Function", &["Code", "SourceKMSKeyArn"])
                .saying("`SourceKMSKeyArn` is not available in China"),
            Absent::property("AWS::Serverless::Function", &["SourceKMSKeyArn"])
                .saying("`SourceKMSKeyArn` is not available in China"),
            Absent::property("AWS::Serverless::Function", &["RecursiveLoop"])
                .saying("`RecursiveLoop` is not available in China"),
            Absent::property(MAPPING, &["ProvisionedPollerConfig"]).saying(
                "`ProvisionedPollerConfig` of an event source mapping is not available in China",
            ),
            Absent::property(MAPPING, &["MetricsConfig"])
                .saying("`MetricsConfig` of an event source mapping is not available in China"),
            Absent::property(MAPPING, &["Tags"])
                .saying("`Tags` of an event source mapping is not available in China"),
            Absent::property(MAPPING, &["LoggingConfig"])
                .saying("`LoggingConfig` of an event source mapping is not available in China"),
            Absent::property(
                MAPPING,
                &[
                    "AmazonManagedKafkaEventSourceConfig",
                    "SchemaRegistryConfig",
                ],
            )
            .saying("`SchemaRegistryConfig` of an event source mapping is not available in China"),
            Absent::property(
                MAPPING,
                &["SelfManagedKafkaEventSourceConfig", "SchemaRegistryConfig"],
            )
            .saying("`SchemaRegistryConfig` of an event source mapping is not available in China"),
        ]),
        Look::Resource(look),
    ],
    ..Rule::BASE
};

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    match subject.kind {
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => snap_start(subject, spots),
        "AWS::Lambda::EventInvokeConfig" => destination(subject, spots),
        _ => {}
    }
}

/// Reports SnapStart for other runtimes than Java.
fn snap_start(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let mut limited = Aims::NONE;
    for (text, _, aims) in subject.texts(&["Runtime"]) {
        if text.starts_with("python") || text.starts_with("dotnet") {
            limited = limited.or(aims);
        }
    }
    for (text, span, aims) in subject.texts(&["SnapStart", "ApplyOn"]) {
        if text == "PublishedVersions" {
            let aims = subject.view.in_regions(aims.and(limited));
            spots.report_message(span, aims, "SnapStart in China supports only Java");
        }
    }
}

/// Reports a bucket as the destination of failed invocations.
fn destination(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    for (node, aims) in subject.at(&["DestinationConfig", "OnFailure", "Destination"]) {
        let Some(phrase) = Phrase::of(node) else {
            continue;
        };
        if phrase.text.starts_with("arn:") && phrase.text.contains(":s3:::") {
            spots.report_as(
                Severity::Error,
                node.span,
                subject.view.in_regions(aims),
                "S3 as a destination for failed invocations is not available in China",
                "send failed invocations to SQS or SNS in China",
            );
        }
    }
}
