//! CloudFront in China has no functions, no Lambda@Edge and no origin access control.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN415",
        title: "CloudFront in China does not run code at the edge",
    },
    name: "edge-code",
    severity: Severity::Error,
    why: "CloudFront in China does not support CloudFront Functions, Lambda@Edge and origin access control",
    help: "remove it in China with `!If [IsChina, !Ref AWS::NoValue, ...]`, and do its work at the origin",
    sources: &["cfn-lint-schema", "cn-cloudfront"],
    looks: &[Look::Absent(&[
        Absent::kind("AWS::CloudFront::OriginAccessControl")
            .saying("`AWS::CloudFront::OriginAccessControl` is not available in China")
            .help("use an origin access identity in China, with a condition on `AWS::Partition`"),
        Absent::kind("AWS::CloudFront::Function")
            .saying("`AWS::CloudFront::Function` is not available in China")
            .help("remove it in China with a condition on `AWS::Partition`"),
        Absent::kind("AWS::CloudFront::KeyValueStore")
            .saying("`AWS::CloudFront::KeyValueStore` is not available in China")
            .help("remove it in China with a condition on `AWS::Partition`"),
        Absent::property(
            "AWS::CloudFront::Distribution",
            &[
                "DistributionConfig",
                "DefaultCacheBehavior",
                "FunctionAssociations",
            ],
        ),
        Absent::property(
            "AWS::CloudFront::Distribution",
            &[
                "DistributionConfig",
                "DefaultCacheBehavior",
                "LambdaFunctionAssociations",
            ],
        ),
        Absent::property(
            "AWS::CloudFront::Distribution",
            &[
                "DistributionConfig",
                "CacheBehaviors",
                "FunctionAssociations",
            ],
        ),
        Absent::property(
            "AWS::CloudFront::Distribution",
            &[
                "DistributionConfig",
                "CacheBehaviors",
                "LambdaFunctionAssociations",
            ],
        ),
        Absent::property(
            "AWS::CloudFront::Distribution",
            &["DistributionConfig", "Origins", "OriginAccessControlId"],
        )
        .saying("CloudFront in China does not support origin access control")
        .help("use `S3OriginConfig.OriginAccessIdentity` in China"),
    ])],
    ..Rule::BASE
};
