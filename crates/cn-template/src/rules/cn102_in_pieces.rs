//! A literal in pieces, or in a document built from pieces, cannot be changed with certainty.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN102",
        title: "literal of another partition in pieces",
    },
    name: "in-pieces",
    severity: Severity::Error,
    why: "a literal that is cut into pieces, or that is part of a document built from pieces, cannot be changed with certainty",
    help: "write it in one piece, with `${AWS::Partition}` and `${AWS::URLSuffix}` in `Fn::Sub`",
    ..Rule::BASE
};
