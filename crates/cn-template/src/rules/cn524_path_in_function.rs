//! A path inside a function is known only at deployment.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::PATH_IN_FUNCTION,
    name: "path-in-function",
    severity: Severity::Error,
    why: "the value of a function is known only at deployment",
    help: "write the path as a literal",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
