//! CodeStar connections do not exist in China, so pipelines cannot use them.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN430",
        title: "connections to source providers are not available in China",
    },
    name: "source-connection",
    severity: Severity::Error,
    why: "CodeStar connections are not available in China, so pipelines cannot use them",
    help: "use CodeCommit or S3 as the source in China",
    sources: &["cfn-lint-types", "cn-codecommit"],
    looks: &[Look::Absent(&[Absent::value(
        "AWS::CodePipeline::Pipeline",
        &["Stages", "Actions", "ActionTypeId", "Provider"],
        &["CodeStarSourceConnection"],
    )])],
    ..Rule::BASE
};
