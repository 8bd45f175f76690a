//! ECR in China does not support pull-through caches.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN424",
        title: "ECR pull through cache rules do not work in China",
    },
    name: "pull-through",
    severity: Severity::Error,
    why: "the CloudFormation registry lists the type, but ECR in China does not support pull through caches",
    help: "copy the images to a repository in China, and put the rule under a condition on `AWS::Partition`",
    sources: &["eks-hybrid-868"],
    looks: &[Look::Absent(&[Absent::kind(
        "AWS::ECR::PullThroughCacheRule",
    )])],
    ..Rule::BASE
};
