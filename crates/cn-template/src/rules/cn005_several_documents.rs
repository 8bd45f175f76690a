//! CloudFormation reads the first document of a file and ignores the others.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::tree::code::SEVERAL_DOCUMENTS,
    name: "several-documents",
    severity: Severity::Error,
    why: "CloudFormation reads the first document of a file and ignores the others",
    help: "put each document into a file of its own",
    sources: &["cfn-template"],
    programs: &["cn-check", "cn-package", "cn-deploy"],
    ..Rule::BASE
};
