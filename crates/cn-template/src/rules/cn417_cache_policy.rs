//! CloudFront in China does not support cache policies.
//!
//! It answers `The parameter CachePolicyId can't be set for this region`.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN417",
        title: "CloudFront in China takes no cache policy",
    },
    name: "cache-policy",
    severity: Severity::Error,
    why: "CloudFront answers `The parameter CachePolicyId can't be set for this region`",
    help: "write `ForwardedValues` and the TTLs into the behavior there, with `!If` on a condition on `AWS::Partition`",
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
const ORIGIN: &str = "CloudFront in China takes no origin request policy";
const UNUSED: &str = "no behavior can use it there: keep it under a condition on `AWS::Partition`";
