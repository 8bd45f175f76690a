//! CloudFront and what stands before it.
//!
//! # Source
//!
//! AWS China documentation, CloudFront and WAF; what people changed when they
//! moved distributions.

use super::super::rule::code;
use super::{Subject, is_no_value};
use crate::diag::{Diagnostic, Severity};

pub(super) fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    match subject.kind {
        "AWS::CloudFront::Distribution" => distribution(subject, found),
        "AWS::WAFv2::WebACL"
        | "AWS::WAFv2::IPSet"
        | "AWS::WAFv2::RuleGroup"
        | "AWS::WAFv2::RegexPatternSet" => {
            for (_, span) in subject
                .texts(&["Scope"])
                .into_iter()
                .filter(|(text, _)| *text == "CLOUDFRONT")
            {
                found.push(subject.found(
                    code::WEB_ACL,
                    Severity::Error,
                    span,
                    "WAF is regional only in China",
                    "keep the web ACL of the distribution under a condition on `AWS::Partition`; `Scope: REGIONAL` protects load balancers and APIs",
                ));
            }
        }
        _ => {}
    }
}

fn distribution(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let has_aliases = subject
        .at(&["DistributionConfig", "Aliases"])
        .iter()
        .any(|node| !is_no_value(node));
    if !has_aliases && subject.properties.is_some() {
        found.push(subject.found(
            code::ALIASES,
            Severity::Error,
            subject.kind_span,
            "the distribution has no alternate domain name, and `cloudfront.cn` serves nothing by itself",
            "add `Aliases` with a name that has ICP recordal, and `ViewerCertificate.IamCertificateId`",
        ));
    }
    subject.forbid(
        found,
        &["DistributionConfig", "ViewerCertificate", "AcmCertificateArn"],
        code::CERTIFICATE,
        Severity::Error,
        "CloudFront in China takes no certificate from ACM",
        "upload the certificate to IAM and give `IamCertificateId`, under a condition on `AWS::Partition`",
    );
    for behavior in ["DefaultCacheBehavior", "CacheBehaviors"] {
        for property in ["FunctionAssociations", "LambdaFunctionAssociations"] {
            subject.forbid(
                found,
                &["DistributionConfig", behavior, property],
                code::EDGE_CODE,
                Severity::Error,
                "CloudFront in China runs no code at the edge",
                "drop it there with `!If [IsChina, !Ref AWS::NoValue, ...]` and do its work at the origin",
            );
        }
    }
    subject.forbid(
        found,
        &["DistributionConfig", "Origins", "OriginAccessControlId"],
        code::EDGE_CODE,
        Severity::Error,
        "CloudFront in China has no origin access control",
        "use `S3OriginConfig.OriginAccessIdentity` there",
    );
    settings(subject, found);
}

/// Settings that people changed.
fn settings(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (text, span) in subject.texts(&["DistributionConfig", "PriceClass"]) {
        if matches!(text, "PriceClass_100" | "PriceClass_200") {
            found.push(subject.found(
                code::DISTRIBUTION,
                Severity::Warning,
                span,
                format!("price class `{text}` is about edge locations outside China"),
                "write `PriceClass_All` there",
            ));
        }
    }
    for (text, span) in subject.texts(&["DistributionConfig", "IPV6Enabled"]) {
        if text.eq_ignore_ascii_case("true") {
            found.push(subject.found(
                code::DISTRIBUTION,
                Severity::Warning,
                span,
                "CloudFront in China does not serve IPv6",
                "write `false` there",
            ));
        }
    }
    subject.forbid(
        found,
        &["DistributionConfig", "Logging"],
        code::DISTRIBUTION,
        Severity::Note,
        "people dropped standard logs when they moved distributions to China",
        "test it there: the log bucket needs another canonical id",
    );
}
