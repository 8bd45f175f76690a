//! A path inside a function is known only at deployment.

use super::model::Rule;
use crate::diag::Severity;

pub(crate) static RULE: Rule = Rule {
    code: crate::artifact::code::PATH_IN_FUNCTION,
    name: "path-in-function",
    severity: Severity::Error,
    why: "a path inside a function is known at deployment only",
    help: "write the path out",
    sources: &["cli-package"],
    programs: &["cn-package"],
    ..Rule::BASE
};
