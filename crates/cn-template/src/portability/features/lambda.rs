//! Lambda: features that China does not have.
//!
//! # Source
//!
//! AWS China documentation, Lambda, list of differences (Chinese text).

use super::super::rule::code;
use super::Subject;
use crate::diag::{Diagnostic, Severity};

const DROP: &str = "drop it there with `!If [IsChina, !Ref AWS::NoValue, ...]`";

pub(super) fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    match subject.kind {
        "AWS::Lambda::Url" => found.push(url(subject, subject.kind_span)),
        "AWS::Lambda::Function" => {
            function(subject, found);
            tracing(subject, &["TracingConfig", "Mode"], found);
        }
        "AWS::Serverless::Function" => {
            for node in subject.at(&[]) {
                if let Some(entry) = node.entry("FunctionUrlConfig") {
                    found.push(url(subject, entry.key.span));
                }
            }
            function(subject, found);
            tracing(subject, &["Tracing"], found);
        }
        "AWS::Serverless::Api" | "AWS::ApiGateway::Stage" => {
            tracing(subject, &["TracingEnabled"], found);
        }
        "AWS::Lambda::EventSourceMapping" => event_source(subject, found),
        "AWS::Lambda::EventInvokeConfig" => destination(subject, found),
        "AWS::Lambda::Permission" => subject.forbid(
            found,
            &["FunctionUrlAuthType"],
            code::FUNCTION_URL,
            Severity::Error,
            "Lambda function URLs do not exist in China",
            "put API Gateway or a load balancer before the function",
        ),
        _ => {}
    }
}

fn url(subject: &Subject<'_, '_>, span: crate::source::Span) -> Diagnostic {
    subject.found(
        code::FUNCTION_URL,
        Severity::Error,
        span,
        "Lambda function URLs do not exist in China",
        "put API Gateway or a load balancer before the function, under a condition on `AWS::Partition`",
    )
}

fn function(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for path in [
        &["CodeSigningConfigArn"][..],
        &["Code", "SourceKMSKeyArn"],
        &["SourceKMSKeyArn"],
        &["RecursiveLoop"],
    ] {
        let name = path.last().copied().unwrap_or_default();
        let message = format!("`{name}` is not available in China");
        subject.forbid(found, path, code::LAMBDA, Severity::Error, &message, DROP);
    }
    let is_limited = subject
        .texts(&["Runtime"])
        .iter()
        .any(|(text, _)| text.starts_with("python") || text.starts_with("dotnet"));
    let is_on = |text: &str| text == "PublishedVersions";
    if is_limited {
        for (_, span) in subject
            .texts(&["SnapStart", "ApplyOn"])
            .into_iter()
            .filter(|(text, _)| is_on(text))
        {
            found.push(subject.found(
                code::LAMBDA,
                Severity::Error,
                span,
                "SnapStart in China is for Java only",
                DROP,
            ));
        }
    }
}

fn tracing(subject: &Subject<'_, '_>, path: &[&str], found: &mut Vec<Diagnostic>) {
    for (text, span) in subject.texts(path) {
        if text == "Active" || text.eq_ignore_ascii_case("true") {
            found.push(subject.found(
                code::TRACING,
                Severity::Note,
                span,
                "the documentation says that X-Ray does not trace Lambda in China, the registry says otherwise",
                "keep it and look for traces after the first deployment",
            ));
        }
    }
}

fn event_source(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for path in [
        &["ProvisionedPollerConfig"][..],
        &["MetricsConfig"],
        &["Tags"],
        &["LoggingConfig"],
        &[
            "AmazonManagedKafkaEventSourceConfig",
            "SchemaRegistryConfig",
        ],
        &["SelfManagedKafkaEventSourceConfig", "SchemaRegistryConfig"],
    ] {
        let name = path.last().copied().unwrap_or_default();
        let message = format!("`{name}` of an event source mapping is not available in China");
        subject.forbid(found, path, code::LAMBDA, Severity::Error, &message, DROP);
    }
}

/// A bucket as the destination of failed invocations.
fn destination(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for node in subject.at(&["DestinationConfig", "OnFailure", "Destination"]) {
        let Some(phrase) = crate::portability::phrase::Phrase::of(node) else {
            continue;
        };
        if phrase.text.starts_with("arn:") && phrase.text.contains(":s3:::") {
            found.push(subject.found(
                code::LAMBDA,
                Severity::Error,
                node.span,
                "S3 as destination of failed invocations is not available in China",
                "send them to SQS or SNS there",
            ));
        }
    }
}
