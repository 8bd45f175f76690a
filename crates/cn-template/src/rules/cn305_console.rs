//! No pseudo parameter gives these hosts.

use super::model::{Does, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN305",
        title: "console or sign-in host",
    },
    name: "console",
    severity: Severity::Warning,
    why: "no pseudo parameter gives these hosts",
    help: "map the host by `AWS::Partition`",
    sources: &["cdk-region-info", "cn-console"],
    does: Does::FIXED,
    looks: &[Look::Named("ConsoleHost"), Look::Named("SignInHost")],
    ..Rule::BASE
};
