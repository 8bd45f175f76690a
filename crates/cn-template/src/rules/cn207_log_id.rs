//! Each partition has its own canonical ID.

use super::model::{Does, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN207",
        title: "canonical user ID of CloudFront log delivery",
    },
    name: "log-id",
    severity: Severity::Warning,
    why: "CloudFront delivers logs as a different canonical user in each partition",
    help: "look up the ID by `AWS::Partition` in a mapping",
    sources: &["terraform-aws"],
    does: Does::FIXED,
    looks: &[Look::Named("CloudFrontLogId")],
    ..Rule::BASE
};
