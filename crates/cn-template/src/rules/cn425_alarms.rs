//! The CDK refuses deployment alarms of ECS services in China; its list may be outdated.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN425",
        title: "the CDK refuses deployment alarms in China",
    },
    name: "alarms",
    severity: Severity::Note,
    why: "the CDK refuses deployment alarms of ECS services in China; its list may be old",
    help: "test it there: the CDK's list may be old",
    sources: &["cdk-ecs"],
    looks: &[Look::Absent(&[Absent::property(
        "AWS::ECS::Service",
        &["DeploymentConfiguration", "Alarms"],
    )])],
    ..Rule::BASE
};
