//! The CDK refuses deployment alarms of ECS services in China; its list may be outdated.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN425",
        title: "the AWS CDK rejects deployment alarms in China",
    },
    name: "alarms",
    severity: Severity::Note,
    why: "the AWS CDK rejects deployment alarms of ECS services in China, but its list may be outdated",
    help: "test the alarms in China: the list of the AWS CDK may be outdated",
    sources: &["cdk-ecs"],
    looks: &[Look::Absent(&[Absent::property(
        "AWS::ECS::Service",
        &["DeploymentConfiguration", "Alarms"],
    )])],
    ..Rule::BASE
};
