//! Price classes and IPv6 of CloudFront apply to edge locations outside China.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN416",
        title: "distribution setting that differs in China",
    },
    name: "distribution",
    severity: Severity::Warning,
    why: "the price classes and IPv6 of CloudFront apply to edge locations outside China",
    help: "choose the value for China with a condition on `AWS::Partition`",
    sources: &["cn-cloudfront", "dlt-cn"],
    looks: &[Look::Absent(&[
        Absent::value(
            DISTRIBUTION,
            &["DistributionConfig", "PriceClass"],
            &["PriceClass_100"],
        )
        .saying("price class `PriceClass_100` applies to edge locations outside China")
        .help("write `PriceClass_All` in China"),
        Absent::value(
            DISTRIBUTION,
            &["DistributionConfig", "PriceClass"],
            &["PriceClass_200"],
        )
        .saying("price class `PriceClass_200` applies to edge locations outside China")
        .help("write `PriceClass_All` in China"),
        Absent::value(
            DISTRIBUTION,
            &["DistributionConfig", "IPV6Enabled"],
            &["true"],
        )
        .saying("CloudFront in China does not support IPv6")
        .help("write `false` in China"),
    ])],
    ..Rule::BASE
};

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
