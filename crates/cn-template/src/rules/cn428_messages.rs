//! SNS in China sends no SMS and no mobile push, and has no message data protection.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN428",
        title: "SNS in China does not support SMS and mobile push",
    },
    name: "messages",
    severity: Severity::Error,
    why: "according to the documentation, SMS, mobile push and message data protection are not available in China",
    help: "send messages through a provider in China, and put the subscription under a condition on `AWS::Partition`",
    sources: &["cn-sns"],
    looks: &[Look::Absent(&[
        Absent::value("AWS::SNS::Subscription", &["Protocol"], &PROTOCOLS),
        Absent::value("AWS::SNS::Topic", &["Subscription", "Protocol"], &PROTOCOLS),
        Absent::property("AWS::SNS::Topic", &["DataProtectionPolicy"])
            .saying("SNS in China does not support message data protection")
            .help("remove it in China with `!If [IsChina, !Ref AWS::NoValue, ...]`"),
    ])],
    ..Rule::BASE
};

const PROTOCOLS: [&str; 2] = ["sms", "application"];
