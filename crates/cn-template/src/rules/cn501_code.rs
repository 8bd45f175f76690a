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
    help: "pass `AWS::Partition` and `AWS::URLSuffix` in as environment variables, or ask at run time: the second field of any ARN is the partition",
    ..Rule::BASE
};

/// The next step for code that CloudFormation itself puts together.
pub(crate) const IN_PLACE: &str =
    "write `${AWS::Partition}` and `${AWS::URLSuffix}` in place, with `Fn::Sub` before the text";
