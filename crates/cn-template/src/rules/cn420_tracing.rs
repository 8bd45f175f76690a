//! According to the documentation, X-Ray does not trace Lambda in China.
//!
//! The registry contradicts the documentation.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN420",
        title: "X-Ray tracing may not be available",
    },
    name: "tracing",
    severity: Severity::Note,
    why: "according to the documentation, X-Ray does not trace Lambda in China, but the registry says otherwise",
    help: "keep it, and look for traces after the first deployment",
    sources: &["cn-lambda", "sam-policies"],
    looks: &[Look::Absent(&[
        Absent::value(
            "AWS::Lambda::Function",
            &["TracingConfig", "Mode"],
            &["Active"],
        )
        .saying(DOUBT),
        Absent::value("AWS::Serverless::Function", &["Tracing"], &["Active"]).saying(DOUBT),
    ])],
    ..Rule::BASE
};

const DOUBT: &str = "according to the documentation, X-Ray does not trace Lambda in China, but the registry says otherwise";
