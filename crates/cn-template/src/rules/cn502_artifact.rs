//! The tools never change code.

use super::model::Rule;
use crate::diag::{Code, Severity};

pub(crate) static RULE: Rule = Rule {
    code: Code {
        id: "CN502",
        title: "literal of another partition in an artifact",
    },
    name: "artifact",
    severity: Severity::Note,
    why: "the tools never change code",
    help: "read the partition at run time from the second field of any ARN; AWS SDKs derive host names from the region",
    programs: &["cn-check"],
    ..Rule::BASE
};
