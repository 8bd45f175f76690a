//! The rewrite does not reach a file that is already in a bucket.

use super::model::{Look, Rule, Spots};
use crate::diag::{Code, Severity};
use crate::look::subject::Subject;
use crate::tree::Node;

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN503",
        title: "file that is not packaged",
    },
    name: "remote-file",
    severity: Severity::Warning,
    why: "the tools cannot rewrite a file that is already in a bucket",
    help: "set the property to the local file, and let `cn-package` upload it",
    sources: &["cfn-include"],
    looks: &[Look::Resource(look)],
    ..Rule::BASE
};

fn look(subject: &Subject<'_, '_>, spots: &mut Spots<'_>) {
    let path: &[&str] = match subject.kind {
        "AWS::Serverless::Api" | "AWS::Serverless::HttpApi" | "AWS::Serverless::StateMachine" => {
            &["DefinitionUri"]
        }
        "AWS::StepFunctions::StateMachine" => &["DefinitionS3Location"],
        "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => &["BodyS3Location"],
        _ => return,
    };
    for (node, aims) in subject.at(path) {
        if is_remote(node) {
            spots.report_message(
                node.span,
                subject.view.in_regions(aims),
                "the file is already in a bucket, so its literals are not rewritten",
            );
        }
    }
}

fn is_remote(node: &Node) -> bool {
    if let Some(text) = node.as_str() {
        return text.starts_with("s3://") || text.starts_with("https://");
    }
    let bucket = node.get("Bucket").or_else(|| node.get("S3Bucket"));
    node.call().is_none() && bucket.is_some_and(|bucket| bucket.as_str().is_some())
}
