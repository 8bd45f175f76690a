//! CloudFormation reads artifacts only from S3, and takes values as they are written.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN620",
        title: "template that is not packaged",
    },
    name: "not-packaged",
    severity: Severity::Error,
    why: "CloudFormation reads code and nested templates only from S3, and values of another partition do not work in the region",
    help: "run `cn-package` first, and deploy the template that it writes",
    sources: &["cli-package"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
