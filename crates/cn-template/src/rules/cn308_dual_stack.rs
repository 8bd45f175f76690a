//! No pseudo parameter gives the dual-stack suffix.

use super::model::{Does, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN308",
        title: "dual-stack host name",
    },
    name: "dual-stack",
    severity: Severity::Warning,
    why: "no pseudo parameter returns the dual-stack suffix",
    help: "look up the suffix by `AWS::Partition` in a mapping",
    sources: &["botocore-partitions"],
    does: Does::FIXED,
    looks: &[Look::Named("DualStackSuffix")],
    ..Rule::BASE
};
