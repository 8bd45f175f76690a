//! CloudFront in China uses certificates from IAM.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN413",
        title: "CloudFront in China does not support certificates from ACM",
    },
    name: "certificate",
    severity: Severity::Error,
    why: "CloudFront in China uses certificates from IAM",
    help: "upload the certificate to IAM and set `IamCertificateId`, with a condition on `AWS::Partition`",
    sources: &["cn-cloudfront"],
    looks: &[Look::Absent(&[Absent::property(
        "AWS::CloudFront::Distribution",
        &[
            "DistributionConfig",
            "ViewerCertificate",
            "AcmCertificateArn",
        ],
    )])],
    ..Rule::BASE
};
