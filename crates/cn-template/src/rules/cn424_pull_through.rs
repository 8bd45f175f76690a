//! ECR in China does not support pull-through caches.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN424",
        title: "pull-through caches do not work in China",
    },
    name: "pull-through",
    severity: Severity::Error,
    why: "the registry lists the type, but ECR in China pulls no image through its cache",
    help: "copy the images to a repository in China, and keep the rule under a condition on `AWS::Partition`",
    sources: &["eks-hybrid-868"],
    looks: &[Look::Absent(&[Absent::kind(
        "AWS::ECR::PullThroughCacheRule",
    )])],
    ..Rule::BASE
};
