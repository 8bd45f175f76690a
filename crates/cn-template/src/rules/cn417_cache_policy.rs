//! CloudFront in China does not support cache policies.
//!
//! It answers `The parameter CachePolicyId can't be set for this region`.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN417",
        title: "CloudFront in China does not support cache policies",
    },
    name: "cache-policy",
    severity: Severity::Error,
    why: "CloudFront fails with `The parameter CachePolicyId can't be set for this region`",
    help: "in China, set `ForwardedValues` and the TTLs of the behavior, with `!If` and a condition on `AWS::Partition`",
    sources: &["cdk-31033", "saas-boost-387"],
    looks: &[Look::Absent(&[
        Absent::property(
            DISTRIBUTION,
            &[
                "DistributionConfig",
                "DefaultCacheBehavior",
                "CachePolicyId",
            ],
        ),
        Absent::property(
            DISTRIBUTION,
            &["DistributionConfig", "CacheBehaviors", "CachePolicyId"],
        ),
        Absent::property(
            DISTRIBUTION,
            &[
                "DistributionConfig",
                "DefaultCacheBehavior",
                "OriginRequestPolicyId",
            ],
        )
        .saying(ORIGIN),
        Absent::property(
            DISTRIBUTION,
            &[
                "DistributionConfig",
                "CacheBehaviors",
                "OriginRequestPolicyId",
            ],
        )
        .saying(ORIGIN),
        Absent::kind("AWS::CloudFront::CachePolicy")
            .severity(Severity::Warning)
            .help(UNUSED),
        Absent::kind("AWS::CloudFront::OriginRequestPolicy")
            .severity(Severity::Warning)
            .saying(ORIGIN)
            .help(UNUSED),
    ])],
    ..Rule::BASE
};

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const ORIGIN: &str = "CloudFront in China does not support origin request policies";
const UNUSED: &str =
    "put it under a condition on `AWS::Partition`: no behavior in China can use it";
