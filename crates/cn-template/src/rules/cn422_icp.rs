//! Public HTTP endpoints need an ICP recordal of the account.
//!
//! Until then, API Gateway answers 401 or 403.

use super::model::{Absent, Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN422",
        title: "public endpoint that needs an ICP recordal",
    },
    name: "icp",
    severity: Severity::Note,
    why: "public HTTP endpoints in China need an ICP recordal of the account; until then, API Gateway returns 401 or 403",
    help: "file the recordal before go-live; until then, public HTTP requests fail with 401 or 403, or get no response",
    sources: &["cn-api-gateway"],
    once: true,
    looks: &[
        Look::Absent(&[
            Absent::value(
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                &["Scheme"],
                &["internet-facing"],
            )
            .saying(
                "an internet-facing load balancer needs an ICP recordal of the account in China",
            ),
            Absent::value(
                "AWS::ElasticLoadBalancing::LoadBalancer",
                &["Scheme"],
                &["internet-facing"],
            )
            .saying(
                "an internet-facing load balancer needs an ICP recordal of the account in China",
            ),
            Absent::property("AWS::S3::Bucket", &["WebsiteConfiguration"])
                .saying("a public website needs an ICP recordal of the account in China"),
        ]),
        Look::Resource(look),
    ],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    match subject.kind {
        "AWS::ApiGateway::Method" => method(subject, spots),
        "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName" => spots.report_message(
            subject.kind_span,
            subject.view.in_regions(subject.present),
            "a custom domain name needs an ICP recordal of the account in China",
        ),
        _ => {}
    }
}

/// Reports a method that anybody can call; a Lambda authorizer does not count as protection.
fn method(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let methods = subject.texts(&["HttpMethod"]);
    if methods.iter().any(|(method, ..)| *method == "OPTIONS") {
        return;
    }
    for (text, span, aims) in subject.texts(&["AuthorizationType"]) {
        if matches!(text, "NONE" | "CUSTOM") {
            spots.report_message(
                span,
                subject.view.in_regions(aims),
                "an API method without IAM authorization needs an ICP recordal of the account in China",
            );
        }
    }
}
