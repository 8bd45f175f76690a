//! CloudFront in China uses certificates from IAM.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN413",
        title: "CloudFront in China takes no certificate from ACM",
    },
    name: "certificate",
    severity: Severity::Error,
    why: "CloudFront in China takes certificates from IAM",
    help: "upload the certificate to IAM and give `IamCertificateId`, under a condition on `AWS::Partition`",
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
