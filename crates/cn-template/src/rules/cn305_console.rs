//! No pseudo parameter gives these hosts.

use super::model::{Does, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN305",
        title: "host name of the console or of sign-in",
    },
    name: "console",
    severity: Severity::Warning,
    why: "no pseudo parameter returns these host names",
    help: "look up the host name by `AWS::Partition` in a mapping",
    sources: &["cdk-region-info", "cn-console"],
    does: Does::FIXED,
    looks: &[Look::Named("ConsoleHost"), Look::Named("SignInHost")],
    ..Rule::BASE
};
