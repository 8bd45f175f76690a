//! A path that differs in each turn of a loop can be packaged only if all its values are known.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::LOOP,
    name: "loop-path",
    severity: Severity::Error,
    why: "a path that differs in each iteration of `Fn::ForEach` can be packaged only if all its values are known",
    help: "write the collection of the loop as a list of literals",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
