//! Key storage differs, and there is no OCSP in China.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN426",
        title: "private certificate authorities differ in China",
    },
    name: "private-ca",
    severity: Severity::Warning,
    why: "private certificate authorities in China use another key storage standard and do not support OCSP",
    help: "choose the value for China with a condition on `AWS::Partition`",
    sources: &["cn-privateca"],
    looks: &[Look::Absent(&[
        Absent::value(
            "AWS::ACMPCA::CertificateAuthority",
            &["KeyStorageSecurityStandard"],
            &[
                "FIPS_140_2_LEVEL_2_OR_HIGHER",
                "FIPS_140_2_LEVEL_3_OR_HIGHER",
            ],
        )
        .saying("private certificate authorities in China use another key storage standard")
        .help("write `CCPC_LEVEL_1_OR_HIGHER` in China"),
        Absent::property(
            "AWS::ACMPCA::CertificateAuthority",
            &["RevocationConfiguration", "OcspConfiguration"],
        )
        .saying("private certificate authorities in China do not support OCSP")
        .help("publish certificate revocation lists in China"),
    ])],
    ..Rule::BASE
};
