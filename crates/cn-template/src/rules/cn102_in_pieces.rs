//! A literal in pieces, or in a document built from pieces, cannot be changed with certainty.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN102",
        title: "split literal of another partition",
    },
    name: "in-pieces",
    severity: Severity::Error,
    why: "the tools cannot safely change a literal that is split into pieces, or that is part of a document built from pieces",
    help: "write it in one `Fn::Sub`, with `${AWS::Partition}` and `${AWS::URLSuffix}`",
    ..Rule::BASE
};
