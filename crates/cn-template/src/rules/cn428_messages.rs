//! SMS, mobile push and email of SNS are restricted in China.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN428",
        title: "messages to phones and mailboxes are restricted in China",
    },
    name: "messages",
    severity: Severity::Warning,
    why: "SMS, mobile push and email of SNS are restricted in China",
    help: "test it there; SMS goes through providers in China",
    sources: &["cn-iam"],
    looks: &[Look::Absent(&[
        Absent::value("AWS::SNS::Subscription", &["Protocol"], &PROTOCOLS),
        Absent::value("AWS::SNS::Topic", &["Subscription", "Protocol"], &PROTOCOLS),
    ])],
    ..Rule::BASE
};

const PROTOCOLS: [&str; 4] = ["sms", "application", "email", "email-json"];
