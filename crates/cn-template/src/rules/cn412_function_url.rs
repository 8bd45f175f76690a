//! Function URLs do not exist in China, although the registry lists the type in one region.

use super::model::{Absent, Look, Rule};
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN412",
        title: "Lambda function URLs are not available in China",
    },
    name: "function-url",
    severity: Severity::Error,
    why: "the CloudFormation registry lists the type in one region, but according to the documentation, function URLs are not available",
    help: "put API Gateway or a load balancer in front of the function, with a condition on `AWS::Partition`",
    sources: &["cn-lambda"],
    looks: &[Look::Absent(&[
        Absent::kind("AWS::Lambda::Url"),
        Absent::property("AWS::Serverless::Function", &["FunctionUrlConfig"]),
        Absent::property("AWS::Lambda::Permission", &["FunctionUrlAuthType"]),
    ])],
    ..Rule::BASE
};
