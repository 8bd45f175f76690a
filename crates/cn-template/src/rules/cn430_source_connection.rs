//! CodeStar connections do not exist in China, so pipelines cannot use them.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN430",
        title: "connections to source providers do not exist in China",
    },
    name: "source-connection",
    severity: Severity::Error,
    why: "CodeStar connections, and so pipelines that use one, do not exist in China",
    help: "take the source from CodeCommit or S3 there",
    sources: &["cfn-lint-types", "cn-codecommit"],
    looks: &[Look::Absent(&[Absent::value(
        "AWS::CodePipeline::Pipeline",
        &["Stages", "Actions", "ActionTypeId", "Provider"],
        &["CodeStarSourceConnection"],
    )])],
    ..Rule::BASE
};
