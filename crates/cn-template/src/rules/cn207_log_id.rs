//! Each partition has its own canonical ID.

use super::model::{Does, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN207",
        title: "canonical ID of CloudFront's log delivery",
    },
    name: "log-id",
    severity: Severity::Warning,
    why: "each partition has its own canonical ID",
    help: "map the ID by `AWS::Partition`",
    sources: &["terraform-aws"],
    does: Does::FIXED,
    looks: &[Look::Named("CloudFrontLogId")],
    ..Rule::BASE
};
