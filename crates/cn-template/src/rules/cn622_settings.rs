//! Settings of a deployment exclude each other.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN622",
        title: "settings that exclude each other",
    },
    name: "settings",
    severity: Severity::Error,
    why: "CloudFormation does not take these settings of a deployment together",
    help: "leave one of the settings out",
    sources: &["cfn-express"],
    programs: &["cn-deploy"],
    ..Rule::BASE
};
