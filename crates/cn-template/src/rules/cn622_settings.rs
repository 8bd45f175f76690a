//! Settings of a deployment exclude each other.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN622",
        title: "conflicting settings",
    },
    name: "settings",
    severity: Severity::Error,
    why: "CloudFormation does not accept these settings of a deployment together",
    help: "remove one of the settings",
    sources: &["cfn-express"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
