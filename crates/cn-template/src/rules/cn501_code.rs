//! The tools never change code, because `${` and quotes have another meaning in each language.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN501",
        title: "literal of another partition in code",
    },
    name: "code",
    severity: Severity::Warning,
    why: "the tools never change code: `${` and quotes mean something else in each language",
    help: "pass `AWS::Partition` and `AWS::URLSuffix` as environment variables, or read the partition at run time from the second field of any ARN",
    ..Rule::BASE
};

/// The next step for code that CloudFormation itself puts together.
pub(crate) const IN_PLACE: &str =
    "write `${AWS::Partition}` and `${AWS::URLSuffix}` in the text, and add `Fn::Sub` to it";
